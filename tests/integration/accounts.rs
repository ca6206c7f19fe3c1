//! Several accounts on one device: listed without a request, switched without mixing, and signed out of one by one or all at once.

use appwrite_session_core::{
    Accounts, CallbackFault, ConfigError, Error, OAuth2, OAuth2Outcome, SessionClient, SignedOutReason,
    StoredAccount,
    store::{Operation, StoreError},
};

use crate::{
    journal::of_client,
    outside::callback,
    support::{PASSWORD, Person, Profile, World, code, on, on_all, reached, signed_out, status},
};

fn accounts(world: &World) -> Accounts {
    world.builder().build_accounts().unwrap()
}

async fn add(accounts: &Accounts, person: &Person) -> SessionClient {
    let client = accounts.add().await.unwrap();
    client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
    listed(accounts, |all| all.iter().any(|account| account.user.id == person.id)).await;
    client
}

/// Waits until the list is as wanted, which it is a moment after the client knows it.
async fn listed(accounts: &Accounts, wanted: impl Fn(&[StoredAccount]) -> bool) -> Vec<StoredAccount> {
    loop {
        let all = accounts.list().await.unwrap();
        if wanted(&all) {
            return all;
        }
        tokio::task::yield_now().await;
    }
}

async fn whoami(client: &SessionClient) -> String {
    client.get("/gateway/whoami").send().await.unwrap().json::<serde_json::Value>().unwrap()["userId"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn accounts_are_listed_after_a_restart_without_a_request() {
    on_all(async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts(world);
        assert!(all.list().await.unwrap().is_empty());
        let first = add(&all, &ada).await;
        let second = add(&all, &eve).await;
        all.switch_to(second.account_slot()).await.unwrap();
        all.close().await;
        assert_eq!(
            first.sign_in_with_email(&ada.email, PASSWORD).await.map(drop).map_err(|e| e.code().as_str()),
            Err("closed")
        );

        let before = world.server.journal().len();
        let all = accounts(world);
        let list = all.list().await.unwrap();
        let known: Vec<_> =
            list.iter().map(|account| (account.user.id.clone(), account.is_current)).collect();
        assert_eq!(known, [(ada.id.clone(), false), (eve.id.clone(), true)]);
        let current = all.current().await.unwrap();
        assert_eq!(current.restored().await.name(), "signed_in");
        assert_eq!(world.server.journal().len(), before, "no request");
        assert_eq!(whoami(&current).await, eve.id);
        let other = all.switch_to(&list[0].id).await.unwrap();
        assert_eq!(whoami(&other).await, ada.id);
        assert_eq!(all.current().await.unwrap().account_slot(), list[0].id);
    });
}

#[test]
fn a_switch_never_mixes_the_credentials_of_two_accounts() {
    on_all(async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts(world);
        let (first, second) = (add(&all, &ada).await, add(&all, &eve).await);
        let held = world.server.hold_many("GET", "/gateway/whoami", 2);
        let calls = tokio::spawn({
            let (first, second) = (first.clone(), second.clone());
            async move { tokio::join!(whoami(&first), whoami(&second)) }
        });
        held.reached_by(2).await;
        for client in [&second, &first, &second] {
            all.switch_to(client.account_slot()).await.unwrap();
        }
        held.release();
        assert_eq!(calls.await.unwrap(), (ada.id.clone(), eve.id.clone()));
        first.sign_out().await.unwrap();
        assert_eq!(whoami(&second).await, eve.id, "the other account goes on");
        assert_eq!(code(status(&first, "/gateway/whoami").await), Err("signed_out"));
    });
}

#[test]
fn signing_out_of_one_account_leaves_the_others_and_of_all_leaves_nothing() {
    on_all(async |world: &World| {
        let people = [world.server.person(), world.server.person(), world.server.person()];
        let all = accounts(world);
        let mut ids = Vec::new();
        for person in &people {
            ids.push(add(&all, person).await.account_slot().to_owned());
        }
        all.switch_to(&ids[0]).await.unwrap();
        all.sign_out(&ids[0]).await.unwrap();
        let list = all.list().await.unwrap();
        let known: Vec<_> = list.iter().map(|account| (account.id.clone(), account.is_current)).collect();
        assert_eq!(known, [(ids[1].clone(), false), (ids[2].clone(), true)], "the last one takes its place");
        for id in ["", "default", &ids[0]] {
            let unknown = Error::Config(ConfigError::NoAccount);
            assert_eq!(all.sign_out(id).await, Err(unknown.clone()), "{id}");
            assert_eq!(all.switch_to(id).await.map(drop), Err(unknown), "{id}");
        }
        all.sign_out_of_all().await.unwrap();
        assert!(all.list().await.unwrap().is_empty());
        all.current().await.unwrap().idle().await;
        for person in &people {
            world.server.until(|server| server.sessions(person).is_empty()).await;
        }
        let journal = world.server.journal();
        assert_eq!(of_client(&journal, "DELETE", "/v1/account/sessions/current").len(), 3);
    });
}

#[test]
fn a_sign_in_in_the_browser_finds_its_account_after_a_restart() {
    on_all(async |world: &World| {
        let all = accounts(world);
        let first = add(&all, &world.server.person()).await;
        all.switch_to(first.account_slot()).await.unwrap();
        let added = all.add().await.unwrap();
        let asked = || OAuth2::new("mock").callback(callback(&world.server));
        let start = added.begin_oauth2(asked()).await.unwrap();
        let url = world.server.browse(start.url.expose()).await;
        all.close().await;

        let all = accounts(world);
        let (client, outcome) = all.complete_oauth2(&url).await.unwrap();
        assert!(matches!(outcome, OAuth2Outcome::SignedIn(_)), "{outcome:?}");
        assert_eq!(client.account_slot(), added.account_slot());
        listed(&all, |all| all.len() == 2).await;
        assert_eq!(all.current().await.unwrap().account_slot(), first.account_slot(), "nothing was switched");
        let again = all.complete_oauth2(&url).await.map(drop).unwrap_err();
        assert_eq!(again, Error::CallbackRejected(CallbackFault::Replayed));
        let foreign = all.complete_oauth2("other://x").await.map(drop).unwrap_err();
        assert_eq!(foreign.code().as_str(), "callback_rejected");
    });
}

#[test]
fn an_account_whose_session_has_ended_is_still_listed() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let all = accounts(world);
        let client = add(&all, &person).await;
        world.server.revoke_all(&person);
        assert_eq!(code(client.account().await), Err("signed_out"));
        assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded));
        assert_eq!(all.list().await.unwrap()[0].user.id, person.id);
        client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(whoami(&client).await, person.id);
        client.profile().update_name("Ada").await.unwrap();
        listed(&all, |all| all[0].user.name == "Ada").await;
    });
}

#[test]
fn an_account_that_could_not_be_found_again_is_not_added() {
    on(Profile::V2_7, async |world: &World| {
        let all = accounts(world);
        world.store.fail(Operation::Load, StoreError::Locked);
        assert_eq!(code(all.list().await), Err("storage_locked"));
        assert_eq!(code(all.add().await.map(drop)), Err("storage_locked"));
        world.store.recover();
        world.store.fail(Operation::Save, StoreError::Unavailable);
        assert_eq!(code(all.add().await.map(drop)), Err("storage_unavailable"));
        world.store.recover();
        let client = add(&all, &world.server.person()).await;
        world.store.fail(Operation::Save, StoreError::Unavailable);
        let other = all.switch_to(client.account_slot()).await;
        assert_eq!(code(other.map(drop)), Err("storage_unavailable"), "and nothing was switched");
        assert!(!all.list().await.unwrap()[0].is_current);
        world.store.recover();
        all.switch_to(client.account_slot()).await.unwrap();
        assert!(all.list().await.unwrap()[0].is_current);
        let gate = world.store.hold(Operation::Save);
        let adding = tokio::spawn({
            let all = all.clone();
            async move { all.add().await }
        });
        reached(&gate);
        gate.release();
        adding.await.unwrap().unwrap();
        all.close().await;
        assert_eq!(code(all.list().await), Err("closed"));
    });
}
