//! That nothing is lost when callers and clients on the other side of the border go away in the middle of something.

mod gateway;
mod log;

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use mock_appwrite::{Aim, Control, Fault, MockAppwrite, Profile};
use tokio::{
    runtime,
    time::{Instant, sleep, timeout},
};

use crate::{
    CoreAccounts, CoreClient, CoreError, HostStore, HostStoreError, Persistence, PresencePolicy,
    operation_names, options::ClientOptions, runtime::is_running,
};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";

/// The tests look at the one runtime of the process, so they take turns.
static TURN: Mutex<()> = Mutex::new(());

/// The host's store.
#[derive(Default)]
struct Records(Mutex<HashMap<String, String>>);

impl Records {
    fn has(&self, text: &str) -> bool {
        self.0.lock().unwrap().values().any(|record| record.contains(text))
    }
}

impl HostStore for Records {
    fn load(&self, key: String) -> Result<Option<String>, HostStoreError> {
        Ok(self.0.lock().unwrap().get(&key).cloned())
    }

    fn save(&self, key: String, record: String) -> Result<(), HostStoreError> {
        self.0.lock().unwrap().insert(key, record);
        Ok(())
    }

    fn clear(&self, key: String) -> Result<(), HostStoreError> {
        self.0.lock().unwrap().remove(&key);
        Ok(())
    }

    fn quarantine(&self, key: String, aside: String) -> Result<(), HostStoreError> {
        let mut records = self.0.lock().unwrap();
        let record = records.remove(&key);
        records.extend(record.map(|record| (aside, record)));
        Ok(())
    }

    fn persistence(&self) -> Result<Persistence, HostStoreError> {
        Ok(Persistence::Durable)
    }
}

fn client(mock: &MockAppwrite, store: &Arc<Records>) -> Arc<CoreClient> {
    Arc::new(CoreClient::new(options(mock), Some(store.clone()), None, None).unwrap())
}

fn options(mock: &MockAppwrite) -> ClientOptions {
    ClientOptions {
        endpoint: mock.endpoint(),
        project: mock.project().to_owned(),
        gateways: Vec::new(),
        account_slot: None,
        persistence: Persistence::Durable,
        keychain_access_group: None,
        read_only: false,
        installation_marker: None,
        presence_policy: PresencePolicy::Default,
        connect_timeout_ms: None,
        idle_timeout_ms: None,
        total_timeout_ms: None,
        attempts: None,
        response_limit: None,
        root_certificates: Vec::new(),
        endpoint_pins: None,
        proxy: None,
    }
}

/// Runs `test` with a server and a device, and then waits until the runtime of the clients has ended.
fn run<F: Future<Output = ()>>(test: impl FnOnce(MockAppwrite, Control, Arc<Records>) -> F) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let mock = MockAppwrite::start(Profile::V1_9).await.unwrap();
        let control = mock.control();
        control.rate_limits(false);
        timeout(Duration::from_secs(30), test(mock, control, Arc::default())).await.unwrap();
        until("the runtime ends", || !is_running()).await;
    });
}

/// Waits until `wanted` holds, which nothing signals.
async fn until(what: &str, wanted: impl Fn() -> bool) {
    let late = Instant::now() + Duration::from_secs(10);
    while !wanted() {
        assert!(Instant::now() < late, "waited in vain until {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

/// Polls a call once, as a caller does that is cancelled while it waits.
async fn begun<T>(mut call: std::pin::Pin<&mut impl Future<Output = T>>) {
    poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[test]
fn a_sign_in_whose_caller_and_client_are_gone_is_stored() {
    run(async |mock, control, store| {
        let user = control.user(EMAIL, PASSWORD);
        let held = control.fault(Aim::at("POST", "/v1/account/sessions/email"), 1, Fault::HoldAnswer);
        let client = client(&mock, &store);
        let mut signing_in = Box::pin({
            let client = client.clone();
            async move { client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await }
        });
        begun(signing_in.as_mut()).await;
        control.wait_for_hits(held, 1).await;
        drop(signing_in);
        assert_eq!(Arc::strong_count(&client), 1);
        drop(client);
        control.release(held);
        until("the session is stored", || store.has(EMAIL)).await;
        assert_eq!(control.sessions(&user).len(), 1);
    });
}

#[test]
fn a_second_factor_whose_caller_and_client_are_gone_is_stored() {
    run(async |mock, control, store| {
        let user = control.user(EMAIL, PASSWORD);
        control.require_mfa(&user);
        let client = client(&mock, &store);
        client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await.unwrap();
        assert!(!store.has(EMAIL), "nobody knows yet whose it is");
        let challenge = client.create_mfa_challenge(crate::Factor::Totp).await.unwrap();
        let held = control.fault(Aim::at("PUT", "/v1/account/mfa/challenge"), 1, Fault::HoldAnswer);
        let code = control.totp_code(&user).unwrap();
        let mut completing = Box::pin(client.complete_mfa_challenge(challenge.id, code));
        begun(completing.as_mut()).await;
        control.wait_for_hits(held, 1).await;
        drop(completing);
        drop(client);
        control.release(held);
        until("the session is stored", || store.has(EMAIL)).await;
    });
}

#[test]
fn a_sign_out_whose_client_is_gone_is_still_told_to_appwrite() {
    run(async |mock, control, store| {
        let user = control.user(EMAIL, PASSWORD);
        let client = client(&mock, &store);
        client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await.unwrap();
        let held = control.fault(Aim::at("DELETE", "/v1/account/sessions/current"), 1, Fault::Hold);
        client.sign_out().await.unwrap();
        control.wait_for_hits(held, 1).await;
        drop(client);
        control.release(held);
        until("the session is revoked", || control.sessions(&user).is_empty()).await;
        until("the record is empty", || !store.has("eyJ")).await;
    });
}

#[test]
fn a_client_that_is_shut_down_or_dropped_gives_the_runtime_back() {
    run(async |mock, control, store| {
        control.user(EMAIL, PASSWORD);
        for shuts_down in [true, false] {
            let client = client(&mock, &store);
            client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await.unwrap();
            assert!(is_running());
            if shuts_down {
                client.shut_down().await;
                until("the runtime ends although the client is still there", || !is_running()).await;
            }
            drop(client);
            until("the runtime ends", || !is_running()).await;
        }
    });
}

#[test]
fn an_operation_is_performed_by_its_name_and_its_error_says_more() {
    run(async |mock, control, store| {
        control.user(EMAIL, PASSWORD);
        let client = client(&mock, &store);
        client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await.unwrap();
        let call = |name: &str, arguments: &str| client.call(name.to_owned(), arguments.to_owned());
        let account = call("profile.updateName", r#"["Ada"]"#).await.unwrap();
        assert!(account.contains(r#""name":"Ada""#), "{account}");
        let CoreError::Failed { code, detail, .. } = call("passkeys.list", "[]").await.unwrap_err();
        assert_eq!((code.as_str(), detail.as_deref()), ("unsupported", Some("2.5")));
        let CoreError::Failed { code, .. } = call("no.operation", "[]").await.unwrap_err();
        assert_eq!(code, "config");
        assert!(operation_names().contains(&"profile.updateName".to_owned()));
    });
}

#[test]
fn accounts_that_are_shut_down_or_dropped_give_the_runtime_back() {
    run(async |mock, control, store| {
        control.user(EMAIL, PASSWORD);
        control.fault(Aim::at("DELETE", "/v1/account/sessions/current"), u32::MAX, Fault::Status(500));
        for shuts_down in [true, false] {
            let accounts = CoreAccounts::new(options(&mock), Some(store.clone()), None, None).unwrap();
            let id = accounts.call("current".to_owned(), "[]".to_owned()).await.unwrap();
            let client = accounts.client(id.trim_matches('"').to_owned()).await.unwrap();
            client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await.unwrap();
            let list = accounts.call("list".to_owned(), "[]".to_owned()).await.unwrap();
            assert!(list.contains(EMAIL) && accounts.state().unwrap().contains(&list), "{list}");
            // Appwrite cannot be told, and that is not waited for.
            accounts.call("signOut".to_owned(), format!("[{id}]")).await.unwrap();
            if shuts_down {
                accounts.shut_down().await;
                let CoreError::Failed { code, .. } =
                    accounts.client(id.trim_matches('"').to_owned()).await.err().unwrap();
                assert_eq!(code, "closed");
            }
            let changes = accounts.changes();
            drop((client, accounts));
            while changes.next().await.is_some() {}
            until("the runtime ends", || !is_running()).await;
        }
    });
}
