//! Hooks, default headers and traces: what they add, and that they neither see nor replace the credential.

use std::sync::{Arc, Mutex};

use appwrite_session_core::{
    CallBegins, CallEnded, Carrier, ConfigError, Error, Gateway, GatewayHooks, Retries,
};

use crate::{
    journal::{Seen, of_client},
    server::{Fault, Profile},
    support::{World, on, on_all, status},
};

/// Notes what it sees, and adds a header to every call.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl GatewayHooks for Notes {
    fn before(&self, call: &mut CallBegins<'_>) {
        let path = call.url().split_once("/gateway/").map(|(_, path)| path.to_owned()).unwrap_or_default();
        let own = call.header("x-own").unwrap_or("none").to_owned();
        call.set_header("X-Trace", "7").unwrap();
        for name in ["Cookie", "X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT", "Authorization"]
        {
            assert_eq!(call.header(name), None);
        }
        for name in ["X-Appwrite-Session", "x-fallback-cookies", "X-Appwrite-JWT", "Host", "Content-Length"] {
            assert!(
                matches!(call.set_header(name, "mine"), Err(ConfigError::ReservedHeader { .. })),
                "{name}"
            );
        }
        assert!(matches!(call.set_header("X-Odd", "a\r\nb"), Err(ConfigError::Header { .. })));
        self.note(format!("{} {path} {own}", call.method()));
        assert!(!format!("{call:?}").contains("a_session_"));
    }

    fn after(&self, call: &CallEnded<'_>) {
        let path = call.url().split_once("/gateway/").map(|(_, path)| path.to_owned()).unwrap_or_default();
        let result = match call.result() {
            Ok(status) => status.as_u16().to_string(),
            Err(error) => error.code().as_str().to_owned(),
        };
        assert!(!call.duration().is_zero());
        self.note(format!("{} {path} → {result}", call.method()));
    }
}

fn last(world: &World, path: &str) -> Seen {
    of_client(&world.server.journal(), "GET", path).pop().unwrap().clone()
}

#[test]
fn hooks_see_each_call_once_and_never_the_credential() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        for carrier in
            [Carrier::Cookie, Carrier::SessionHeader, Carrier::FallbackCookies, Carrier::AccessToken]
        {
            let notes = Notes::default();
            let gateway = Gateway::new(world.server.gateway()).carrier(carrier);
            let client = world.bare().gateway(gateway).hooks(notes.clone()).build().unwrap();
            client.restored().await;
            let answer = client.get("/gateway/whoami").header("X-Own", "1").send().await.unwrap();
            assert_eq!(answer.status(), 200, "{carrier:?}");
            let seen = last(world, "/gateway/whoami");
            assert_eq!(seen.header("x-trace"), Some("7"));
            assert_eq!(status(&client, "/gateway/redirect?to=/gateway/whoami").await.unwrap(), 200);
            assert_eq!(last(world, "/gateway/whoami").header("x-trace"), Some("7"));
            assert_eq!(
                notes.taken(),
                [
                    "GET whoami 1",
                    "GET whoami → 200",
                    "GET redirect?to=/gateway/whoami none",
                    "GET redirect?to=/gateway/whoami → 200",
                ],
                "{carrier:?}: the exchange for a token is none of the app's calls"
            );
            client.close().await;
        }
    });
}

#[test]
fn a_call_that_fails_is_told_once_whatever_it_took() {
    on(Profile::V1_9, async |world: &World| {
        world.signed_in().await.0.close().await;
        let notes = Notes::default();
        let quick = Retries { attempts: 2, base: std::time::Duration::ZERO, ..Retries::default() };
        let builder = world.bare().gateway(world.server.gateway()).retries(quick);
        let client = builder.hooks(notes.clone()).build().unwrap();
        client.restored().await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 2);
        assert!(client.get("/gateway/open").send().await.is_err());
        assert_eq!(world.server.count("GET", "/gateway/open"), 2);
        // What is refused before anything could be sent is no call.
        assert!(client.get("https://elsewhere.example.com/").send().await.is_err());
        let mut stream = client.get("/gateway/bytes/10").stream().await.unwrap();
        while stream.next().await.is_some() {}
        assert_eq!(
            notes.taken(),
            ["GET open none", "GET open → network", "GET bytes/10 none", "GET bytes/10 → 200"]
        );
    });
}

/// Panics in both functions.
struct Panics;

impl GatewayHooks for Panics {
    fn before(&self, _: &mut CallBegins<'_>) {
        panic!("the app's own fault");
    }

    fn after(&self, _: &CallEnded<'_>) {
        panic!("the app's own fault");
    }
}

#[test]
fn a_hook_that_panics_stops_no_call() {
    on(Profile::V1_9, async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.bare().gateway(world.server.gateway()).hooks(Panics).build().unwrap();
        client.restored().await;
        assert_eq!(status(&client, "/gateway/whoami").await.unwrap(), 200);
    });
}

#[test]
fn default_headers_go_to_their_gateway_and_nowhere_else() {
    on(Profile::V1_9, async |world: &World| {
        world.signed_in().await.0.close().await;
        let gateway = Gateway::new(world.server.gateway())
            .header("X-Api-Key", "key-of-the-app")
            .header("Accept-Language", "de")
            .header("Cookie", "theme=dark");
        assert!(!format!("{gateway:?}").contains("key-of-the-app"));
        let client = world.bare().gateway(gateway).build().unwrap();
        client.restored().await;
        client.get("/gateway/whoami").header("accept-language", "fr").send().await.unwrap();
        let seen = last(world, "/gateway/whoami");
        assert_eq!(
            (seen.header("x-api-key"), seen.header("accept-language")),
            (Some("key-of-the-app"), Some("fr"))
        );
        assert!(seen.header("cookie").unwrap().contains("theme=dark") && seen.carriers() == ["cookie"]);
        let landing = format!("{}/landing", world.server.foreign());
        client.get(&format!("/gateway/redirect?to={landing}")).send().await.unwrap();
        let landed = last(world, "/landing");
        assert_eq!(
            (landed.header("x-api-key"), landed.header("cookie"), landed.header("accept-language")),
            (None, None, None)
        );
        // The client's own question of a diagnosis gets through as well.
        client.diagnose().await;
        assert_eq!(last(world, "/_gateway/session").header("x-api-key"), Some("key-of-the-app"));
    });
}

#[test]
fn a_default_header_that_no_call_could_set_is_refused() {
    on(Profile::V1_9, async |world: &World| {
        let built = |carrier, name: &str, value: &str| {
            let gateway = Gateway::new(world.server.gateway()).carrier(carrier).header(name, value);
            world.bare().gateway(gateway).build().map(drop)
        };
        for name in ["X-Appwrite-Session", "X-Fallback-Cookies", "X-Appwrite-JWT", "Host", "Content-Length"] {
            let refused = built(Carrier::Cookie, name, "1");
            assert!(matches!(refused, Err(Error::Config(ConfigError::ReservedHeader { .. }))), "{name}");
        }
        assert!(matches!(
            built(Carrier::AccessToken, "Authorization", "1"),
            Err(Error::Config(ConfigError::ReservedHeader { .. }))
        ));
        assert!(built(Carrier::Cookie, "Authorization", "Basic of-the-app").is_ok());
        assert!(matches!(
            built(Carrier::Cookie, "X-Odd", "a\nb"),
            Err(Error::Config(ConfigError::Header { .. }))
        ));
    });
}

#[test]
fn each_call_of_a_traced_gateway_is_a_trace_and_each_attempt_a_span() {
    on(Profile::V1_9, async |world: &World| {
        world.signed_in().await.0.close().await;
        let gateway = Gateway::new(world.server.gateway()).traced();
        let quick = Retries { attempts: 2, base: std::time::Duration::ZERO, ..Retries::default() };
        let client = world.bare().gateway(gateway).retries(quick).build().unwrap();
        client.restored().await;
        world.server.fault_times("GET", "/gateway/open", Fault::ResetBefore, 1);
        assert_eq!(status(&client, "/gateway/open").await.unwrap(), 200);
        assert_eq!(status(&client, "/gateway/open").await.unwrap(), 200);
        let journal = world.server.journal();
        let traces: Vec<Vec<String>> = of_client(&journal, "GET", "/gateway/open")
            .iter()
            .map(|seen| seen.header("traceparent").unwrap().split('-').map(str::to_owned).collect())
            .collect();
        let [first, again, second] = traces.as_slice() else { panic!("{traces:?}") };
        for parts in &traces {
            let [version, trace, span, flags] = parts.as_slice() else { panic!("{parts:?}") };
            assert_eq!((version.as_str(), trace.len(), span.len(), flags.as_str()), ("00", 32, 16, "01"));
            assert!(trace.bytes().chain(span.bytes()).all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')));
        }
        assert_eq!(first[1], again[1]);
        assert_ne!(first[2], again[2]);
        assert_ne!(first[1], second[1]);
        let landing = format!("{}/landing", world.server.foreign());
        client.get(&format!("/gateway/redirect?to={landing}")).send().await.unwrap();
        assert_eq!(last(world, "/landing").header("traceparent"), None);
        let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        client.get("/gateway/open").header("traceparent", own).send().await.unwrap();
        assert_eq!(last(world, "/gateway/open").header("traceparent"), Some(own));
    });
}

/// Keeps what `Debug` shows.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<String>>);

impl GatewayHooks for Shown {
    fn before(&self, call: &mut CallBegins<'_>) {
        self.0.lock().unwrap().push_str(&format!("{call:?}"));
    }

    fn after(&self, call: &CallEnded<'_>) {
        self.0.lock().unwrap().push_str(&format!("{call:?}"));
    }
}

#[test]
fn what_hooks_get_shows_nothing_of_the_apps_data() {
    on(Profile::V1_9, async |world: &World| {
        world.signed_in().await.0.close().await;
        let shown = Shown::default();
        let client = world.bare().gateway(world.server.gateway()).hooks(shown.clone()).build().unwrap();
        client.restored().await;
        let call = client.get("/gateway/open").header("X-Api-Key", "canary").query([("email", "canary")]);
        call.send().await.unwrap();
        let shown = shown.0.lock().unwrap();
        assert!(shown.contains("CallBegins") && shown.contains("CallEnded"));
        assert!(!shown.contains("canary"), "{shown}");
    });
}
