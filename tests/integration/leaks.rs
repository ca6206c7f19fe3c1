//! Canary secrets appear in no log line at TRACE, no `Debug`, no error and no panic message.
//!
//! The log is global, so the story is told in a process of its own: this test starts itself again.

use std::{
    env, fmt, io, panic,
    process::Command,
    sync::{Arc, Mutex},
};

use appwrite_session_core::{
    CallBegins, CallEnded, Carrier, Error, ErrorCode, Factor, Gateway, GatewayHooks, Method, Multipart, Pins,
    Proxy, Secret, SessionClient, UploadFile,
    store::{Operation, SecureStore as _, StoreError},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::{
    forward::{Forward, How},
    journal::Seen,
    support::{Fault, PASSWORD, SHORT, World, on_all, resumed, sign_in, status},
    tls::TlsFront,
};

const TELLER: &str = "APPWRITE_SESSION_LEAK_TELLER";
const CANARY: &str = "canary-7f3a9";
const CANARY_PASSWORD: &str = "canary-7f3a9-password";

/// Hooks of an app that shows all that it is told.
struct Looks(Heard);

impl GatewayHooks for Looks {
    fn before(&self, call: &mut CallBegins<'_>) {
        call.set_header("x-signature", CANARY).unwrap();
        self.0.debug(call);
    }

    fn after(&self, call: &CallEnded<'_>) {
        self.0.debug(call);
    }
}

/// Everything that was logged, said or printed.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    fn note(&self, text: &str) {
        let mut heard = self.0.lock().unwrap();
        heard.extend_from_slice(text.as_bytes());
        heard.push(b'\n');
    }

    fn debug(&self, value: &impl fmt::Debug) {
        self.note(&format!("{value:?} {value:#?}"));
    }

    fn error(&self, error: &Error) {
        self.debug(error);
        self.note(&error.to_string());
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            self.note(&format!("{cause} {cause:?}"));
            source = cause.source();
        }
    }

    /// Looks inside a client, in every form in which it can be seen.
    async fn inside(&self, client: &SessionClient) {
        let diagnosis = client.diagnose().await;
        self.debug(&diagnosis);
        self.note(&diagnosis.to_string());
        self.debug(&client.metrics());
    }

    /// Notes what came of a call, and gives the error that is expected.
    fn failed<T: fmt::Debug>(&self, outcome: Result<T, Error>) {
        self.error(&outcome.expect_err("this part of the story is one of failures"));
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Heard {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn no_secret_is_logged_shown_or_told() {
    if env::var_os(TELLER).is_some() {
        return tell();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "leaks::no_secret_is_logged_shown_or_told", "--nocapture"])
        .env(TELLER, "1")
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    assert!(output.status.success(), "{printed}");
    assert!(!printed.contains(CANARY) && !printed.contains("eyJpZCI6"), "a secret was printed");
}

fn tell() {
    let heard = Heard::default();
    // All targets, also those of the HTTP libraries, and what they log through `log`.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(heard.clone())
        .init();
    let noted = heard.clone();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        noted.note(&info.to_string());
        usual(info);
    }));
    on_all(async |world: &World| {
        let mut secrets = vec![CANARY.to_owned()];
        sign_ins(world, &heard, &mut secrets).await;
        calls(world, &heard).await;
        stores(world, &heard).await;
        proxies(world, &heard, &mut secrets).await;
        configs(world, &heard);
        for blob in world.server.journal().iter().filter_map(Seen::blob) {
            // The secret inside the blob, too, for whatever would decode it.
            let inside: Value = serde_json::from_slice(&BASE64_STANDARD.decode(&blob).unwrap()).unwrap();
            secrets.extend([blob, inside["secret"].as_str().unwrap().to_owned()]);
        }
        let text = heard.text();
        for proof in [
            "credential/accepted",
            "credential/mfa_required",
            "failures/reset",
            "probes_ended",
            "session changed",
            "the store panics",
            "hyper_util",
            "answered",
        ] {
            assert!(text.contains(proof), "nothing was heard of {proof:?}");
        }
        assert!(secrets.len() > 10);
        for secret in &secrets {
            if let Some(at) = text.find(secret.as_str()) {
                let from = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
                // The line up to the secret says where it came from.
                panic!("a secret was told: {}", &text[from..at]);
            }
        }
        assert!(!text.contains("eyJpZCI6"), "no blob of anybody");
    });
    let _ = panic::take_hook();
}

async fn sign_ins(world: &World, heard: &Heard, secrets: &mut Vec<String>) {
    let client = world.client();
    let account = client.sign_up_with_email("told@example.com", CANARY_PASSWORD, None).await.unwrap();
    heard.debug(&account);
    heard.failed(client.sign_up_with_email("told@example.com", CANARY_PASSWORD, None).await);
    heard.failed(client.sign_up_with_email(CANARY, CANARY_PASSWORD, None).await);
    heard.failed(client.sign_in_with_email("told@example.com", &format!("{CANARY}-wrong")).await);
    heard.failed(client.sign_in_with_token("nobody", &format!("{CANARY}-token")).await);
    heard.debug(&client.sign_in_with_email("told@example.com", CANARY_PASSWORD).await.unwrap());

    let person = world.server.person();
    let token = world.server.token(&person);
    heard.debug(&client.sign_in_with_token(&person.id, &token).await.unwrap());
    heard.debug(&client.sessions().await.unwrap());
    heard.debug(&client.extend_session().await.unwrap());
    heard.debug(&client);
    heard.debug(&client.changes());
    heard.debug(&client.change());
    heard.inside(&client).await;
    // A token of a few digits could be part of any number.
    secrets.extend(Some(token).filter(|token| token.len() > 16));

    world.server.require_totp(&person);
    heard.failed(client.account().await);
    heard.inside(&client).await;
    let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
    heard.debug(&challenge);
    heard.failed(client.complete_mfa_challenge(&challenge, CANARY).await);
    let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
    heard.debug(&client.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap());
    client.sign_out().await.unwrap();
    resumed(&client).await;
    heard.failed(client.account().await);
    heard.inside(&client).await;
    client.close().await;
    heard.failed(client.account().await);
    heard.inside(&client).await;
}

async fn calls(world: &World, heard: &Heard) {
    world.signed_in().await.0.close().await;
    for carrier in [Carrier::Cookie, Carrier::FallbackCookies, Carrier::SessionHeader] {
        let gateway =
            Gateway::new(world.server.gateway()).carrier(carrier).header("x-api-key", CANARY).traced();
        heard.debug(&gateway);
        let client =
            world.bare().timeouts(SHORT).gateway(gateway).hooks(Looks(heard.clone())).build().unwrap();
        let request = client
            .post(&format!("/gateway/echo?token={CANARY}"))
            .header("Authorization", &format!("Basic {CANARY}"))
            .header("Cookie", &format!("own={CANARY}"))
            .body(CANARY);
        heard.debug(&request);
        heard.debug(&request.send().await.unwrap());
        let form =
            Multipart::new().text(CANARY, CANARY).file(CANARY, UploadFile::at(format!("/{CANARY}/photo")));
        heard.debug(&form);
        heard.failed(client.post("/gateway/echo").multipart(form).send().await);
        heard.failed(client.post("/gateway/echo").file(UploadFile::at(format!("/{CANARY}"))).send().await);
        heard.failed(client.get("/gateway/open").download_to(format!("/{CANARY}/folder/photo")).await);
        status(&client, &format!("/gateway/sticky?value={CANARY}")).await.unwrap();
        status(&client, "/gateway/open").await.unwrap();
        let cookie = client.authorize("/gateway/open").await.unwrap();
        let cookie = cookie.headers().get("cookie").unwrap();
        assert!(cookie.to_str().unwrap().contains(CANARY), "the gateway's cookie is kept");
        status(&client, "/gateway/deny").await.unwrap();
        let authorization = client.authorize("/gateway/open").await.unwrap();
        heard.debug(&authorization);
        heard.debug(&client.report_unauthorized(&authorization).await);
        let to = format!("{}/{CANARY}?{CANARY}", world.server.foreign());
        heard.failed(status(&client, &to).await);
        heard.failed(status(&client, &format!("http://ada:{CANARY}@127.0.0.1/")).await);
        heard.failed(status(&client, CANARY).await);
        heard.failed(client.get("/").header("x-appwrite-session", CANARY).send().await);
        heard.failed(client.get("/").header("x-own", &format!("{CANARY}\n")).send().await);
        let to = format!("/gateway/redirect?status=302&to=ftp://{CANARY}/");
        heard.failed(status(&client, &to).await);
        for fault in [Fault::ResetBefore, Fault::TruncateBody, Fault::Hang] {
            world.server.fault("GET", "/gateway/open", fault);
            heard.failed(status(&client, &format!("/gateway/open?token={CANARY}")).await);
            world.server.heal();
        }
        heard.inside(&client).await;
        let whoami = client.get("/gateway/whoami").send().await.unwrap();
        heard.error(&whoami.json::<u8>().unwrap_err());
    }
    let client = world.client();
    for fault in [Fault::Html401, Fault::Status500, Fault::RateLimited, Fault::WrongJson, Fault::ResetAfter] {
        world.server.fault("GET", "/v1/account", fault);
        heard.failed(client.account().await);
        world.server.heal();
    }
    client.sign_out().await.unwrap();
    resumed(&client).await;
    client.close().await;
}

async fn stores(world: &World, heard: &Heard) {
    let client = world.client();
    client.restored().await;
    world.store.panic_next(Operation::Save);
    sign_in(&client, &world.server.person()).await;
    world.store.fail(Operation::Save, StoreError::Unavailable);
    world.store.fail(Operation::Clear, StoreError::Locked);
    // Once Appwrite is told, there is nothing to be stored.
    world.server.fault("DELETE", "/v1/account/sessions/current", Fault::Status500);
    heard.failed(client.sign_out().await);
    heard.inside(&client).await;
    world.store.recover();
    world.server.heal();
    resumed(&client).await;
    client.close().await;

    let junk = Secret::new(format!("{{\"version\":\"1\",\"session\":\"{CANARY}\"}}"));
    heard.debug(&junk);
    world.store.inner().save(&world.key(), &junk).unwrap();
    let client = world.client();
    heard.debug(&client.restored().await);
    heard.inside(&client).await;
    heard.failed(status(&client, "/gateway/open").await);
    heard.debug(&world.store);
    client.close().await;
}

/// Calls through a proxy that takes the credentials, and through one that does not.
async fn proxies(world: &World, heard: &Heard, secrets: &mut Vec<String>) {
    let front = TlsFront::start(&world.server.gateway(), "gateway.test").await;
    let encoded = BASE64_STANDARD.encode(format!("{CANARY}:{CANARY}"));
    // The value lives as long as the process, as a constant of an app would.
    let right: &'static str = Box::leak(format!("Basic {encoded}").into_boxed_str());
    secrets.push(encoded);
    for (how, answer) in [(How::Wants(right), Ok(200)), (How::Wants("Basic other"), Err(ErrorCode::Proxy))] {
        let forward = Forward::start(how).await;
        let proxy = Proxy::at(forward.url()).credentials(CANARY, CANARY);
        heard.debug(&proxy);
        let builder = world.bare().gateway(front.origin("gateway.test").as_str());
        let client = builder.root_certificates(front.pem.as_str()).proxy(proxy).build().unwrap();
        heard.debug(&client);
        sign_in(&client, &world.server.person()).await;
        let seen = client.get("/gateway/whoami").send().await.map(|answer| answer.status().as_u16());
        if let Err(error) = &seen {
            heard.error(error);
        }
        assert_eq!(seen.map_err(|error| error.code()), answer);
        client.close().await;
    }
}

fn configs(world: &World, heard: &Heard) {
    // Refused when the client is built, and shown before.
    for url in
        [format!("http://{CANARY}:{CANARY}@proxy.test"), format!("http://[{CANARY}"), CANARY.to_owned()]
    {
        heard.debug(&Proxy::at(url));
    }
    heard.debug(&Gateway::new(format!("https://ada:{CANARY}@api.test/?{CANARY}")));
    let store = || world.store.clone();
    let gateway =
        |text: &str| SessionClient::builder("https://a.test/v1", "demo").store(store()).gateway(text);
    for builder in [
        SessionClient::builder(&format!("https://ada:{CANARY}@a.test/v1"), "demo").store(store()),
        SessionClient::builder(&format!("http://a.test/v1?{CANARY}"), "demo").store(store()),
        SessionClient::builder("https://a.test/v1", &format!("{CANARY} ")).store(store()),
        gateway(&format!("https://{CANARY}@api.test")),
        gateway(&format!("https://api.test/{CANARY}")),
        gateway(&format!("https://api.test/?{CANARY}")),
        gateway("https://api.test").root_certificates(CANARY),
        gateway("https://api.test").endpoint_pins(Pins::new([CANARY, CANARY])),
        gateway("https://api.test").proxy(Proxy::at(format!("http://{CANARY}:{CANARY}@proxy.test"))),
        gateway("https://api.test")
            .proxy(Proxy::at("http://proxy.test").credentials(format!("{CANARY}:"), CANARY)),
        gateway("https://api.test").account_slot(&format!("{CANARY}/")),
    ] {
        heard.failed(builder.build());
    }
    heard.debug(&Method::GET);
    assert_ne!(PASSWORD, CANARY_PASSWORD);
}

#[test]
fn the_listener_hears_what_it_must_not() {
    let heard = Heard::default();
    heard.debug(&http::HeaderValue::from_static("canary-7f3a9"));
    heard.error(&Error::OriginNotAllowed { origin: "https://canary-7f3a9.test".to_owned() });
    assert_eq!(heard.text().matches(CANARY).count(), 5);
}
