//! Several accounts on one device: listed without a request, switched without mixing, and signed out of one by one or all at once.

use appwrite_session_core::{
    Accounts, CallbackFault, ConfigError, Error, OAuth2, OAuth2Outcome, Secret, SessionClient,
    SignedOutReason, StoredAccount,
    store::{Operation, SecureStore as _, StoreError, StoreKey},
};

use crate::{
    journal::of_client,
    outside::callback,
    reinstall::Folder,
    support::{
        Fault, PASSWORD, Person, Profile, World, code, on, on_all, reached, sign_in, signed_out, status,
    },
};

const CURRENT: &str = "/v1/account/sessions/current";

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

/// Waits until a client is signed out, and until all that this leads to is done.
async fn has_left(client: &SessionClient) {
    let mut changes = client.changes();
    while let Some(change) = changes.next().await {
        if change.state == signed_out(SignedOutReason::SignedOut) {
            return client.idle().await;
        }
    }
    panic!("it was closed before");
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

#[test]
fn the_state_is_told_when_the_store_was_read_and_after_every_change() {
    on(Profile::V1_9, async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        world.store.fail(Operation::Load, StoreError::Locked);
        let all = accounts(world);
        let mut changes = all.changes();
        assert_eq!(code(all.list().await), Err("storage_locked"));
        assert_eq!(all.state(), None, "nobody knows yet");
        let first = tokio::spawn(async move { (changes.next().await, changes) });
        world.store.recover();
        let (empty, mut changes) = first.await.unwrap();
        let empty = empty.unwrap();
        assert_eq!(
            (empty.number, empty.accounts.len(), empty.current.clone()),
            (1, 0, None),
            "read by itself"
        );
        assert_eq!(all.state(), Some(empty));

        let client = all.current().await.unwrap();
        assert_eq!(changes.next().await.unwrap().current.as_deref(), Some(client.account_slot()));
        sign_in(&client, &ada).await;
        let told = changes.next().await.unwrap();
        assert_eq!(told.accounts[0].user.id, ada.id, "nothing was asked of the accounts");
        assert!(told.accounts[0].is_current);
        let second = add(&all, &eve).await;
        all.switch_to(second.account_slot()).await.unwrap();
        let now = all.state().unwrap();
        assert_eq!((now.accounts.len(), now.current.as_deref()), (2, Some(second.account_slot())));
        while changes.next().await.unwrap() != now {}
        assert_eq!(all.changes().next().await, Some(now), "a new observer begins with what is");
        all.close().await;
        assert_eq!(changes.next().await, None);
        assert_eq!(changes.next().await, None);
    });
}

#[test]
fn the_client_of_an_account_is_given_without_a_switch() {
    on(Profile::V1_9, async |world: &World| {
        let all = accounts(world);
        let first = all.current().await.unwrap();
        let second = all.add().await.unwrap();
        sign_in(&second, &world.server.person()).await;
        assert_eq!(all.client(second.account_slot()).await.unwrap().change(), second.change());
        assert_eq!(all.current().await.unwrap().account_slot(), first.account_slot());
        assert_eq!(code(all.client("default").await.map(drop)), Err("config"));
    });
}

#[test]
fn a_user_who_is_added_again_takes_the_place_of_the_account_that_was_there() {
    on_all(async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts(world);
        let first = all.current().await.unwrap();
        sign_in(&first, &ada).await;
        let second = add(&all, &eve).await;
        let again = all.add().await.unwrap();
        sign_in(&again, &ada).await;
        let list = all.list().await.unwrap();
        let known: Vec<_> = list.iter().map(|account| (account.id.as_str(), account.is_current)).collect();
        assert_eq!(known, [(again.account_slot(), true), (second.account_slot(), false)], "at its place");
        has_left(&first).await;
        world.server.until(|server| server.sessions(&ada).len() == 1).await;
        assert_eq!(whoami(&all.current().await.unwrap()).await, ada.id);
        assert_eq!(whoami(&second).await, eve.id);
        let unknown = Err(Error::Config(ConfigError::NoAccount));
        assert_eq!(all.switch_to(first.account_slot()).await.map(drop), unknown);
        all.close().await;

        let all = accounts(world);
        assert_eq!(all.list().await.unwrap(), list, "also after a restart");
        assert_eq!(whoami(&all.current().await.unwrap()).await, ada.id);
    });
}

#[test]
fn a_session_that_was_signed_out_or_replaced_is_revoked_by_the_next_start_if_not_before() {
    on_all(async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts(world);
        let first = add(&all, &ada).await;
        let second = add(&all, &eve).await;
        world.server.fault("DELETE", CURRENT, Fault::Status500);
        let again = add(&all, &ada).await;
        listed(&all, |all| all.iter().all(|account| account.id != first.account_slot())).await;
        all.sign_out(second.account_slot()).await.unwrap();
        for client in [&first, &second] {
            has_left(client).await;
        }
        assert!(of_client(&world.server.journal(), "DELETE", CURRENT).len() >= 2, "it was tried");
        all.close().await;
        assert_eq!(world.server.sessions(&ada).len() + world.server.sessions(&eve).len(), 3, "none was told");
        world.server.heal();

        let all = accounts(world);
        assert_eq!(all.list().await.unwrap().len(), 1);
        world.server.until(|server| server.sessions(&eve).is_empty()).await;
        world.server.until(|server| server.sessions(&ada).len() == 1).await;
        let kept = all.current().await.unwrap();
        assert_eq!(all.list().await.unwrap()[0].id, again.account_slot());
        kept.idle().await;
        all.close().await;

        let before = world.server.journal().len();
        let all = accounts(world);
        assert_eq!(all.list().await.unwrap().len(), 1);
        all.close().await;
        assert_eq!(world.server.journal().len(), before, "what has left is forgotten");
    });
}

#[test]
fn who_signs_in_again_with_the_client_of_an_account_that_was_signed_out_is_listed_again() {
    on(Profile::V1_9, async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts(world);
        let client = add(&all, &ada).await;
        // While Appwrite has not been told yet, and after that.
        for person in [&eve, &ada] {
            let held = world.server.hold_before("DELETE", CURRENT);
            all.sign_out(client.account_slot()).await.unwrap();
            held.reached().await;
            if person.id == ada.id {
                held.release();
                world.server.until(|server| server.sessions(&eve).is_empty()).await;
                client.idle().await;
                sign_in(&client, person).await;
            } else {
                sign_in(&client, person).await;
                assert_eq!(all.list().await.unwrap()[0].user.id, person.id, "while it is leaving");
                held.release();
                world.server.until(|server| server.sessions(&ada).is_empty()).await;
                client.idle().await;
            }
            let list = all.list().await.unwrap();
            assert_eq!((list.len(), list[0].user.id.as_str()), (1, person.id.as_str()));
            assert_eq!(whoami(&client).await, person.id);
        }
        all.close().await;
        let all = accounts(world);
        assert_eq!(all.list().await.unwrap()[0].user.id, ada.id);
        assert_eq!(whoami(&all.client(client.account_slot()).await.unwrap()).await, ada.id);
    });
}

#[test]
fn a_sign_in_that_the_list_did_not_hear_of_before_the_process_ended_is_found() {
    on(Profile::V1_9, async |world: &World| {
        let ada = world.server.person();
        let all = accounts(world);
        let slot = all.add().await.unwrap().account_slot().to_owned();
        all.close().await;
        // As the process leaves it that is killed between the two.
        let client = world.builder().account_slot(&slot).build().unwrap();
        sign_in(&client, &ada).await;
        client.close().await;
        let all = accounts(world);
        listed(&all, |all| all.iter().any(|account| account.user.id == ada.id)).await;
        assert_eq!(whoami(&all.client(&slot).await.unwrap()).await, ada.id);
    });
}

#[test]
fn who_signed_in_just_before_the_accounts_were_closed_is_listed_at_the_next_start() {
    on(Profile::V1_9, async |world: &World| {
        let folder = Folder::new();
        let marked = || world.builder().forget_after_reinstall(folder.marker());
        for builder in
            [|world: &World, _: &dyn Fn() -> _| world.builder(), |_: &World, marked: &dyn Fn() -> _| marked()]
        {
            let ada = world.server.person();
            let all = builder(world, &marked).build_accounts().unwrap();
            sign_in(&all.current().await.unwrap(), &ada).await;
            all.close().await;
            all.close().await;
            let all = builder(world, &marked).build_accounts().unwrap();
            assert!(all.list().await.unwrap().iter().any(|account| account.user.id == ada.id));
            all.sign_out_of_all().await.unwrap();
            all.close().await;
        }
    });
}

#[test]
fn after_the_app_was_installed_anew_nobody_is_listed_and_every_session_is_revoked() {
    on(Profile::V1_9, async |world: &World| {
        let people = [world.server.person(), world.server.person()];
        let folder = Folder::new();
        let accounts = || world.builder().forget_after_reinstall(folder.marker()).build_accounts().unwrap();
        let all = accounts();
        for person in &people {
            add(&all, person).await;
        }
        all.close().await;
        let all = accounts();
        assert_eq!(all.list().await.unwrap().len(), 2, "the same installation");
        all.close().await;

        folder.remove();
        let all = accounts();
        assert!(all.list().await.unwrap().is_empty());
        for person in &people {
            world.server.until(|server| server.sessions(person).is_empty()).await;
        }
        add(&all, &people[0]).await;
        all.close().await;
        let all = accounts();
        assert_eq!(all.list().await.unwrap()[0].user.id, people[0].id);
    });
}

/// The key of the list of accounts: that of a slot whose name no account has.
fn list_key(world: &World) -> StoreKey {
    StoreKey::new(&world.server.endpoint(), &world.server.project(), "#accounts")
}

fn stored_list(world: &World) -> Option<String> {
    let stored = world.store.inner().load(&list_key(world)).unwrap();
    // Exposed to be looked at: the store is the test's own.
    stored.map(|text| text.expose().to_owned())
}

fn store_list(world: &World, text: &str) {
    world.store.inner().save(&list_key(world), &Secret::from(text)).unwrap();
}

#[test]
fn a_session_of_an_account_that_was_signed_out_offline_is_revoked_after_a_restart() {
    on_all(async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts(world);
        let (first, _) = (add(&all, &ada).await, add(&all, &eve).await);
        world.server.fault("DELETE", "/v1/account/sessions/current", Fault::ResetBefore);
        all.sign_out(first.account_slot()).await.unwrap();
        first.idle().await;
        all.close().await;
        world.server.heal();
        assert_eq!(world.server.sessions(&ada).len(), 1, "Appwrite was not reached");

        let all = accounts(world);
        let list = all.list().await.unwrap();
        assert_eq!(list.iter().map(|account| &account.user.id).collect::<Vec<_>>(), [&eve.id]);
        world.server.until(|server| server.sessions(&ada).is_empty()).await;
        assert_eq!(world.server.sessions(&eve).len(), 1);
        all.close().await;
        let all = accounts(world);
        all.switch_to(&list[0].id).await.unwrap();
        // Nothing is left to do in its slot, so it is forgotten.
        while stored_list(world).unwrap().contains("leaving") {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn an_account_is_listed_from_the_moment_that_its_sign_in_has_returned() {
    on_all(async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts(world);
        let first = all.add().await.unwrap();
        // The list cannot be stored any more, so a restart has to find the account by its record.
        let before = stored_list(world).unwrap();
        first.sign_in_with_email(&ada.email, PASSWORD).await.unwrap();
        assert_eq!(all.list().await.unwrap()[0].user.id, ada.id);
        all.close().await;
        store_list(world, &before);

        let all = accounts(world);
        let list = all.list().await.unwrap();
        assert_eq!((list.len(), &list[0].user.id, &*list[0].id), (1, &ada.id, first.account_slot()));
        let pending = all.add().await.unwrap();
        world.server.require_totp(&eve);
        assert_eq!(pending.sign_in_with_email(&eve.email, PASSWORD).await.unwrap().name(), "mfa_required");
        assert_eq!(all.list().await.unwrap().len(), 1, "a factor is missing");
        all.sign_out_of_all().await.unwrap();
        assert_eq!(pending.state(), signed_out(SignedOutReason::SignedOut));
        for person in [&ada, &eve] {
            world.server.until(|server| server.sessions(person).is_empty()).await;
        }
    });
}

#[test]
fn a_client_whose_account_was_signed_out_can_sign_in_again_and_is_listed_again() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let all = accounts(world);
        let client = add(&all, &person).await;
        all.sign_out(client.account_slot()).await.unwrap();
        assert!(all.list().await.unwrap().is_empty());
        client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(all.list().await.unwrap()[0].user.id, person.id);
        all.close().await;
        let all = accounts(world);
        let list = all.list().await.unwrap();
        assert_eq!(list.len(), 1, "no session is stored where nobody looks");
        assert_eq!(whoami(&all.switch_to(&list[0].id).await.unwrap()).await, person.id);
    });
}

#[test]
fn two_processes_that_add_accounts_lose_none() {
    on_all(async |world: &World| {
        let (ada, eve) = (world.server.person(), world.server.person());
        let (one, two) = (accounts(world), accounts(world));
        assert!(one.list().await.unwrap().is_empty() && two.list().await.unwrap().is_empty());
        let (first, second) = (add(&one, &ada).await, add(&two, &eve).await);
        one.switch_to(first.account_slot()).await.unwrap();
        two.sign_out(second.account_slot()).await.unwrap();
        let third = add(&two, &world.server.person()).await;
        one.close().await;
        two.close().await;
        let all = accounts(world).list().await.unwrap();
        let known: Vec<_> = all.iter().map(|account| (&*account.id, account.is_current)).collect();
        assert_eq!(known, [(first.account_slot(), true), (third.account_slot(), false)]);
    });
}

#[test]
fn a_list_that_is_damaged_or_of_a_newer_version_loses_no_account() {
    on(Profile::V2_7, async |world: &World| {
        let person = world.server.person();
        let all = accounts(world);
        let client = add(&all, &person).await;
        all.close().await;
        let slot = client.account_slot();
        for text in [
            format!(
                r#"{{"version":"9","accounts":[{{"slot":"{slot}","owner":7}}],"current":"no slot at all"}}"#
            ),
            format!(
                r#"{{"accounts":["x",{{"slot":"{slot}","user":null}},{{"slot":"../../x"}},{{"slot":"{slot}"}}]}}"#
            ),
        ] {
            store_list(world, &text);
            let all = accounts(world);
            let list = all.list().await.unwrap();
            assert_eq!((list.len(), &*list[0].id, &list[0].user.id), (1, slot, &person.id), "{text}");
            assert_eq!(all.current().await.unwrap().restored().await, signed_out(SignedOutReason::NoSession));
            let (code, _) = (all.complete_oauth2("my-app://x").await.map(drop).unwrap_err().code(), ());
            assert_eq!(code.as_str(), "callback_rejected");
            all.close().await;
        }
        store_list(world, "no list");
        let all = accounts(world);
        assert!(all.list().await.unwrap().is_empty());
        let aside = world.store.inner().load(&list_key(world).quarantine()).unwrap();
        assert!(aside.is_some(), "what cannot be read is set aside");
        add(&all, &person).await;
        assert!(world.store.inner().load(&list_key(world).quarantine()).unwrap().is_none());
    });
}

#[test]
fn accounts_that_only_read_write_nothing_and_see_what_the_app_has_changed() {
    on(Profile::V2_7, async |world: &World| {
        let all = accounts(world);
        let reader = world.builder().read_only().build_accounts().unwrap();
        let writes = || {
            let count = |operation| world.store.calls(operation);
            count(Operation::Save) + count(Operation::Clear) + count(Operation::Quarantine)
        };
        let before = writes();
        for refused in [reader.current().await.map(drop), reader.add().await.map(drop)] {
            assert_eq!(refused, Err(Error::Config(ConfigError::ReadOnly)));
        }
        assert_eq!(writes(), before);
        let person = world.server.person();
        let client = add(&all, &person).await;
        all.switch_to(client.account_slot()).await.unwrap();
        let before = writes();
        assert_eq!(reader.list().await.unwrap()[0].user.id, person.id);
        assert_eq!(whoami(&reader.current().await.unwrap()).await, person.id);
        for refused in [
            reader.switch_to(client.account_slot()).await.map(drop),
            reader.sign_out(client.account_slot()).await,
        ] {
            assert_eq!(refused, Err(Error::Config(ConfigError::ReadOnly)));
        }
        assert_eq!(writes(), before);
    });
}

#[test]
fn a_client_that_the_app_has_closed_is_built_anew() {
    on(Profile::V2_7, async |world: &World| {
        let all = accounts(world);
        let (first, second) = (add(&all, &world.server.person()).await, all.add().await.unwrap());
        let start = second.begin_oauth2(OAuth2::new("mock").callback(callback(&world.server))).await.unwrap();
        let url = world.server.browse(start.url.expose()).await;
        first.close().await;
        let (client, _) = all.complete_oauth2(&url).await.unwrap();
        assert_eq!(client.account_slot(), second.account_slot());
        let again = all.switch_to(first.account_slot()).await.unwrap();
        assert_eq!(status(&again, "/gateway/whoami").await, Ok(200));
        again.profile().update_name("Ada").await.unwrap();
        listed(&all, |all| all[0].user.name == "Ada").await;
    });
}

#[test]
fn a_list_that_the_store_has_no_room_for_is_refused_and_many_accounts_are_kept() {
    on(Profile::V2_7, async |world: &World| {
        let all = accounts(world);
        let mut clients = Vec::new();
        let refused = loop {
            match all.add().await {
                Ok(client) => clients.push(client),
                Err(error) => break error,
            }
        };
        assert_eq!(refused.code().as_str(), "storage_unavailable");
        assert!(clients.len() > 300, "{}", clients.len());
        all.close().await;
        let all = accounts(world);
        assert!(all.list().await.unwrap().is_empty());
        let client = add(&all, &world.server.person()).await;
        let stored = stored_list(world).unwrap();
        assert_eq!(
            stored.matches("slot").count(),
            1,
            "accounts that nobody signed in to are dropped: {stored}"
        );
        assert_eq!(all.list().await.unwrap()[0].id, client.account_slot());
    });
}

#[test]
fn accounts_of_an_installation_before_are_neither_listed_nor_signed_in() {
    on(Profile::V2_7, async |world: &World| {
        let marker =
            std::env::temp_dir().join(format!("appwrite-session-accounts-{:016x}", fastrand::u64(..)));
        let accounts = || world.builder().forget_after_reinstall(&marker).build_accounts().unwrap();
        let (ada, eve) = (world.server.person(), world.server.person());
        let all = accounts();
        add(&all, &ada).await;
        let second = add(&all, &eve).await;
        all.switch_to(second.account_slot()).await.unwrap();
        all.close().await;
        let all = accounts();
        assert_eq!(all.list().await.unwrap().len(), 2, "a restart is no reinstallation");
        all.close().await;

        std::fs::remove_file(&marker).unwrap();
        let all = accounts();
        assert!(all.list().await.unwrap().is_empty());
        assert_eq!(all.current().await.unwrap().restored().await, signed_out(SignedOutReason::NoSession));
        for person in [&ada, &eve] {
            world.server.until(|server| server.sessions(person).is_empty()).await;
        }
        assert!(!stored_list(world).unwrap().contains("example.com"), "no name and no address is left");
        add(&all, &ada).await;
        all.close().await;
        assert_eq!(accounts().list().await.unwrap().len(), 1);
        let _ = std::fs::remove_file(&marker);
    });
}
