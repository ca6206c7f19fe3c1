//! That clients which are built as ever live in a world, see its network, its clock and its servers, and leave nothing behind.

use std::{sync::Arc, time::Duration};

use appwrite_session::{
    Carrier, ClientOptions, CoreClient, CoreError, CoreState, GatewayBody, GatewayOptions, GatewayReply,
    GatewayRequestOptions, Persistence, PresencePolicy,
};
use tokio::{runtime, time::timeout};

use crate::{
    AskedRequest, HandlerError, Identity, Line, RawAnswer, RawRequest, SiteHandler, StoreFault, TestWorld,
    WireError,
};

const GATEWAY: &str = "https://api.example.com";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";

/// Nothing listens there, on any machine.
fn endpoint(name: &str) -> String {
    format!("http://127.0.0.1:1/{name}/v1")
}

fn client(endpoint: &str) -> Arc<CoreClient> {
    client_that_stores(endpoint, Persistence::Durable)
}

/// Where no world is, the store would be that of the machine.
fn memory_only(endpoint: &str) -> Arc<CoreClient> {
    client_that_stores(endpoint, Persistence::MemoryOnly)
}

fn client_that_stores(endpoint: &str, persistence: Persistence) -> Arc<CoreClient> {
    let options = ClientOptions {
        endpoint: endpoint.to_owned(),
        project: "demo".to_owned(),
        gateways: vec![GatewayOptions {
            url: GATEWAY.to_owned(),
            carrier: Carrier::Cookie,
            pins: None,
            headers: Vec::new(),
            traced: false,
        }],
        account_slot: None,
        persistence,
        keychain_access_group: None,
        read_only: false,
        installation_marker: None,
        presence_policy: PresencePolicy::Default,
        connect_timeout_ms: None,
        idle_timeout_ms: None,
        total_timeout_ms: None,
        attempts: Some(1),
        response_limit: None,
        root_certificates: Vec::new(),
        endpoint_pins: None,
        proxy: None,
    };
    Arc::new(CoreClient::new(options, None, None, None).unwrap())
}

/// A world of its own for each test, at an endpoint of its own, with one user.
fn world(name: &str) -> (TestWorld, String) {
    let world = TestWorld::new("1.9".to_owned()).unwrap();
    world.claim(endpoint(name)).unwrap();
    let id = world.add_user(EMAIL.to_owned(), PASSWORD.to_owned(), false);
    (world, id)
}

/// As a thread of Kotlin or Swift: without a runtime of tokio's that drives timers.
fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { timeout(Duration::from_secs(30), test).await.unwrap() })
}

async fn sign_in(client: &CoreClient) -> Result<CoreState, CoreError> {
    client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await
}

async fn get(client: &CoreClient, target: &str) -> Result<GatewayReply, CoreError> {
    let options = GatewayRequestOptions {
        method: "GET".to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: GatewayBody::Bytes { bytes: Vec::new() },
        timeout_ms: None,
        repeatable: false,
        response_limit: None,
        observed: false,
    };
    Ok(client.request(options).unwrap().send().await?.unwrap())
}

fn code<T>(result: Result<T, CoreError>) -> (String, Option<String>) {
    match result {
        Err(CoreError::Failed { code, failure_cause, .. }) => (code, failure_cause),
        Ok(_) => ("ok".to_owned(), None),
    }
}

fn lines(world: &TestWorld) -> Vec<String> {
    let line = |entry: crate::WireEntry| {
        let status = entry.status.unwrap_or_default();
        format!("{} {} {} {} {status}", entry.caller, entry.method, entry.listener, entry.path)
    };
    world.journal_since(0).into_iter().map(line).collect()
}

#[test]
fn a_client_of_a_claimed_endpoint_lives_in_the_world_and_calls_its_gateway() {
    run(async {
        let (world, id) = world("lives");
        let client = client(&endpoint("lives"));
        assert!(matches!(sign_in(&client).await, Ok(CoreState::SignedIn { verified: true, .. })));
        let reply = get(&client, "/gateway/whoami").await.unwrap();
        assert_eq!(reply.status, 200);
        assert!(String::from_utf8(reply.body).unwrap().contains(&id));
        assert!(!world.is_store_empty());
        assert_eq!(
            lines(&world),
            [
                "client POST appwrite /v1/account/sessions/email 201",
                "client GET appwrite /v1/account 200",
                "client GET gateway /gateway/whoami 200",
                "gateway GET appwrite /v1/account 200",
            ]
        );
    });
}

#[test]
fn a_client_of_another_endpoint_or_of_a_world_that_is_gone_lives_on_this_device() {
    run(async {
        let (world, _) = world("gone");
        let refused = ("network".to_owned(), Some("refused".to_owned()));
        let elsewhere = memory_only(&endpoint("other"));
        assert_eq!(code(sign_in(&elsewhere).await), refused);
        assert_eq!(lines(&world), [""; 0]);
        drop(world);
        let late = memory_only(&endpoint("gone"));
        assert_eq!(code(sign_in(&late).await), refused);
    });
}

#[test]
fn a_client_stays_in_its_world_when_the_test_has_let_go_of_it() {
    run(async {
        let (world, _) = world("stays");
        let client = client(&endpoint("stays"));
        drop(world);
        assert!(sign_in(&client).await.is_ok());
    });
}

#[test]
fn without_a_network_calls_fail_and_what_is_pending_is_done_when_it_is_back() {
    run(async {
        let (world, id) = world("offline");
        let client = client(&endpoint("offline"));
        sign_in(&client).await.unwrap();
        world.set_online(false);
        assert_eq!(
            code(get(&client, "/gateway/open").await),
            ("network".to_owned(), Some("unreachable".to_owned()))
        );
        client.sign_out().await.unwrap();
        let sessions = async || {
            let path = format!("/users/{id}/sessions");
            world.control("GET".to_owned(), path, None).await.unwrap().body
        };
        assert_ne!(sessions().await, "[]");
        world.set_online(true);
        while sessions().await != "[]" {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn a_locked_store_is_read_when_it_is_unlocked() {
    run(async {
        let (world, _) = world("locked");
        let before = client(&endpoint("locked"));
        sign_in(&before).await.unwrap();
        before.shut_down().await;
        world.set_store_fault(Some(StoreFault::Locked));
        let client = client(&endpoint("locked"));
        assert_eq!(client.restored().await, Ok(CoreState::StorageLocked));
        let changes = client.changes();
        assert_eq!(changes.next().await.unwrap().state, CoreState::StorageLocked);
        world.set_store_fault(None);
        assert!(matches!(changes.next().await.unwrap().state, CoreState::SignedIn { .. }));
    });
}

/// Greets those whom it knows, and fails at `/fail`.
struct Greeter(std::sync::Weak<TestWorld>);

impl SiteHandler for Greeter {
    fn answer(&self, request: AskedRequest) -> Result<RawAnswer, HandlerError> {
        if request.url.ends_with("/fail") {
            return Err(HandlerError::Failed);
        }
        assert!(request.headers.iter().all(|line| !line.name.eq_ignore_ascii_case("cookie")));
        let world = self.0.upgrade().unwrap();
        Ok(match run(world.identify(request.number)).unwrap() {
            Identity::User { id } => RawAnswer {
                status: 200,
                headers: vec![Line { name: "X-Carrier".to_owned(), value: request.carrier }],
                body: format!("hello {id}").into_bytes(),
            },
            Identity::Refused { answer } => answer,
        })
    }
}

#[test]
fn a_handler_answers_for_its_origin_and_knows_who_asks() {
    run(async {
        let (world, id) = world("handler");
        let world = Arc::new(world);
        let client = client(&endpoint("handler"));
        sign_in(&client).await.unwrap();
        world.handle(format!("{GATEWAY}/"), Arc::new(Greeter(Arc::downgrade(&world)))).unwrap();
        let reply = get(&client, "/hello").await.unwrap();
        assert_eq!((reply.status, reply.body), (200, format!("hello {id}").into_bytes()));
        assert!(reply.headers.iter().any(|line| line.name == "x-carrier" && line.value == "cookie"));
        assert_eq!(get(&client, "/fail").await.unwrap().status, 500);
        world.control("DELETE".to_owned(), format!("/users/{id}/sessions"), None).await.unwrap();
        assert_eq!(code(get(&client, "/hello").await).0, "signed_out");
    });
}

#[test]
fn the_app_s_own_http_client_is_answered_without_sockets() {
    run(async {
        let (world, id) = world("own");
        let client = client(&endpoint("own"));
        sign_in(&client).await.unwrap();
        let url = format!("{GATEWAY}/gateway/whoami");
        let headers = client.authorize(url.clone()).await.unwrap().headers();
        let headers =
            headers.into_iter().map(|header| Line { name: header.name, value: header.value }).collect();
        let request = RawRequest { method: "GET".to_owned(), url, headers, body: Vec::new() };
        let answer = world.exchange(request.clone()).await.unwrap();
        assert!(String::from_utf8(answer.body).unwrap().contains(&id));
        let head = world.exchange(RawRequest { method: "HEAD".to_owned(), ..request.clone() }).await.unwrap();
        assert!(head.body.is_empty());
        let to = |url: &str| world.exchange(RawRequest { url: url.to_owned(), ..request.clone() });
        assert_eq!(to("https://nowhere.example.com/").await.err(), Some(WireError::NoServer));
        assert_eq!(to("nowhere").await.err(), Some(WireError::NoUrl));
        let fault = r#"{"path": "/gateway/whoami", "fault": {"kind": "reset_before"}}"#;
        world.control("POST".to_owned(), "/faults".to_owned(), Some(fault.to_owned())).await.unwrap();
        assert_eq!(world.exchange(request.clone()).await.err(), Some(WireError::Reset));
        world.set_online(false);
        assert_eq!(world.exchange(request).await.err(), Some(WireError::Offline));
    });
}

#[test]
fn a_session_ends_when_the_clocks_have_moved_past_its_end() {
    run(async {
        let (world, _) = world("clock");
        let client = client(&endpoint("clock"));
        sign_in(&client).await.unwrap();
        world.advance(400 * 24 * 3600 * 1000);
        assert_eq!(code(get(&client, "/gateway/whoami").await).0, "signed_out");
        // However far they are moved, no date overflows.
        (0..3).for_each(|_| world.advance(u64::MAX));
        assert_eq!(code(sign_in(&client).await).0, "ok");
    });
}
