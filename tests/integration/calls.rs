//! Calls of a gateway: what is sent is what arrives, nothing leaves for another origin, and a call can be stopped.

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use appwrite_session_core::{Cause, ConfigError, Error, ErrorCode, Method, Phase};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

use crate::{
    journal::of_client,
    support::{Fault, SHORT, World, call, nobody, on_all, status, until},
};

#[test]
fn every_method_headers_and_bytes_arrive_as_they_were_given() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::HEAD,
        ] {
            let before = world.server.journal().len();
            let response = client
                .request(method.clone(), "/gateway/echo?a=1&b=%20x")
                .header("X-Trace", "abc 123")
                .header("Authorization", "Basic of-the-app")
                .header("Content-Type", "application/x-thing")
                .body("line one\r\nline two")
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 200, "{method}");
            let journal = world.server.journal();
            let sent: Vec<_> = journal[before..].iter().filter(|seen| !seen.by_gateway).collect();
            let [seen] = sent[..] else { panic!("one request: {sent:?}") };
            assert_eq!((seen.method.as_str(), seen.path.as_str()), (method.as_str(), "/gateway/echo"));
            assert_eq!(seen.query, "a=1&b=%20x");
            assert_eq!(seen.header("x-trace"), Some("abc 123"));
            assert_eq!(seen.header("authorization"), Some("Basic of-the-app"));
            assert_eq!(seen.header("content-type"), Some("application/x-thing"));
            assert_eq!(seen.body, b"line one\r\nline two");
            assert_eq!(seen.header("origin"), None);
            if method != Method::HEAD {
                assert_eq!(response.bytes().as_ref(), b"line one\r\nline two");
            }
        }
    });
}

#[test]
fn json_goes_out_and_comes_back() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let sent = json!({ "name": "Ada", "tags": ["a", "\u{e9}"], "n": 1.5 });
        let response = client.post("/gateway/echo").json(&sent).send().await.unwrap();
        let journal = world.server.journal();
        let seen = of_client(&journal, "POST", "/gateway/echo")[0];
        assert_eq!(serde_json::from_slice::<Value>(&seen.body).unwrap(), sent);
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(response.json::<Value>(), Ok(sent));
        assert_eq!(response.json::<Vec<u8>>(), Err(Error::InvalidResponse(None)));
    });
}

#[test]
fn every_status_is_an_answer_and_every_byte_comes_back() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for code in [200, 400, 403, 404, 409, 418, 422, 500, 501] {
            assert_eq!(status(&client, &format!("/gateway/status/{code}")).await, Ok(code));
        }
        assert_eq!(client.state().name(), "signed_in");
        for length in [0, 1, 1_000_000] {
            let response = client.get(&format!("/gateway/bytes/{length}")).send().await.unwrap();
            assert_eq!(response.bytes().len(), length);
        }
    });
}

#[test]
fn a_call_to_anywhere_else_does_not_leave() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.journal().len();
        let gateway = world.server.gateway();
        let port = gateway.rsplit(':').next().unwrap().to_owned();
        for target in [
            world.server.foreign(),
            format!("{}/gateway/open", world.server.foreign()),
            format!("{}/account", world.server.endpoint()),
            format!("http://localhost:{port}/gateway/open"),
            format!("https://127.0.0.1:{port}/gateway/open"),
            format!("//{}/gateway/open", world.server.foreign().trim_start_matches("http://")),
            "https://evil.example/gateway/open".to_owned(),
        ] {
            let refused = status(&client, &target).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::OriginNotAllowed, "{target}");
            assert_eq!(client.authorize(&target).await.unwrap_err().code(), ErrorCode::OriginNotAllowed);
        }
        let user_info = gateway.replace("http://", "http://ada:pw@");
        assert_eq!(status(&client, &user_info).await.unwrap_err().code(), ErrorCode::Config);
        assert_eq!(world.server.journal().len(), before, "no request");
    });
}

#[test]
fn the_credentials_own_headers_cannot_be_set() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.journal().len();
        for name in ["X-Appwrite-Session", "x-fallback-cookies", "X-Appwrite-JWT", "Host", "bad name"] {
            let refused = client.get("/gateway/open").header(name, "x").send().await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::Config, "{name}");
        }
        assert_eq!(world.server.journal().len(), before, "no request");
    });
}

#[test]
fn authorized_headers_are_what_the_client_sends_itself() {
    use appwrite_session_core::Carrier;
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        for carrier in [Carrier::Cookie, Carrier::FallbackCookies, Carrier::SessionHeader] {
            let client = world.client_by(carrier);
            status(&client, "/gateway/sticky?value=node-1").await.unwrap();
            let before = world.server.journal().len();
            let headers =
                client.authorize(&format!("{}/gateway/open", world.server.gateway())).await.unwrap();
            assert_eq!(world.server.journal().len(), before, "no request is made");

            status(&client, "/gateway/open").await.unwrap();
            let journal = world.server.journal();
            let sent = journal.last().unwrap();
            for (name, value) in headers.headers() {
                assert_eq!(sent.header(name.as_str()), value.to_str().ok(), "{carrier:?} {name}");
            }
            let carried = sent.carriers();
            assert_eq!(carried, [carrier.header_name().as_str()]);
            let headers = headers.headers();
            assert!(headers.contains_key(carrier.header_name()));
            let with_cookie = sent.header("cookie").is_some();
            assert_eq!(headers.len(), if with_cookie && carrier != Carrier::Cookie { 2 } else { 1 });
            assert!(headers.values().all(|value| value.is_sensitive()));
        }
    });
}

#[test]
fn a_gateway_that_hangs_or_stalls_ends_in_a_timeout() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.builder().timeouts(SHORT).build().unwrap();
        for fault in [Fault::Hang, Fault::StallBody] {
            world.server.fault("GET", "/gateway/open", fault);
            let error = status(&client, "/gateway/open").await.unwrap_err();
            assert_eq!(
                (error.code(), error.cause()),
                (ErrorCode::Timeout, Some(Cause::TimedOut(Phase::Idle))),
                "{fault:?}"
            );
            world.server.heal();
        }
        let patient = world.client();
        world.server.fault("GET", "/gateway/open", Fault::Hang);
        let hurried = patient.get("/gateway/open").timeout(Duration::from_millis(100)).send().await;
        let cause = hurried.unwrap_err().cause();
        assert_eq!(cause, Some(Cause::TimedOut(Phase::Total)), "a call can have its own time");
        world.server.heal();
        assert_eq!(status(&patient, "/gateway/open").await, Ok(200));
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn a_gateway_that_is_not_there_is_a_network_error() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let (_port, nobody) = nobody();
        let client = world.bare().gateway(nobody).build().unwrap();
        let error = call(&client, Method::POST, "/orders").await.unwrap_err();
        assert_eq!((error.code(), error.cause()), (ErrorCode::Network, Some(Cause::Refused)));
        assert!(!error.may_have_arrived());
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn dropping_a_call_ends_its_connection_and_leaves_the_session() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = format!("http://{}", listener.local_addr().unwrap());
        let client = world.bare().gateway(gateway).build().unwrap();
        client.restored().await;
        let before = client.change();
        let mut call = Box::pin(status(&client, "/orders"));
        let mut connection = None;
        until(&mut call, async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            connection = Some(stream);
        })
        .await;
        drop(call);
        let mut rest = Vec::new();
        // Reads to the end: it comes only when the client closes, which is what aborting a request means.
        let ended = connection.unwrap().read_to_end(&mut rest).await;
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
        assert_eq!(client.change(), before);
        client.account().await.unwrap();
    });
}

#[test]
fn without_a_gateway_a_path_goes_nowhere() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.bare().build().unwrap();
        assert_eq!(status(&client, "/gateway/open").await.unwrap_err().code(), ErrorCode::Config);
    });
}

#[test]
fn query_form_and_repeated_headers_arrive() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let answer = client
            .post("/gateway/echo?a=1")
            .query([("q", "x & y"), ("q", "\u{e9}")])
            .form([("name", "Ada L."), ("tag", "a=b")])
            .append_header("X-Tag", "one")
            .append_header("X-Tag", "two")
            .send()
            .await
            .unwrap();
        assert!(answer.is_success());
        let journal = world.server.journal();
        let seen = of_client(&journal, "POST", "/gateway/echo")[0];
        assert_eq!(seen.query, "a=1&q=x+%26+y&q=%C3%A9");
        assert_eq!(seen.body, b"name=Ada+L.&tag=a%3Db");
        assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
        let tags: Vec<_> = seen.headers.iter().filter(|(name, _)| name == "x-tag").collect();
        assert_eq!(tags.len(), 2);
    });
}

#[test]
fn json_of_another_status_is_an_error_with_the_problem() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let answer = client.get("/gateway/problem/auth_unavailable").send().await.unwrap();
        assert!(!answer.is_success());
        assert!(answer.json_of_any_status::<Value>().is_ok());
        let error = answer.json::<Value>().unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnexpectedStatus);
        assert!(error.is_retryable(), "503");
        let Error::UnexpectedStatus(unexpected) = &error else { panic!("{error:?}") };
        assert_eq!(unexpected.status(), 503);
        assert_eq!(unexpected.problem().unwrap().kind(), "auth_unavailable");
        assert_eq!(answer.error_for_status().unwrap_err(), error);
        let plain = client.get("/gateway/status/404").send().await.unwrap().error_for_status().unwrap_err();
        let Error::UnexpectedStatus(unexpected) = &plain else { panic!("{plain:?}") };
        assert!(unexpected.problem().is_none() && !plain.is_retryable());
    });
}

#[test]
fn json_may_begin_with_a_byte_order_mark() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let answer = client.post("/gateway/echo").body("\u{feff}[1]").send().await.unwrap();
        assert_eq!(answer.json::<Vec<u8>>(), Ok(vec![1]));
    });
}

#[test]
fn an_answer_over_its_limit_is_an_error_of_its_own() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let call = client.get("/gateway/bytes/1001").response_limit(1000).send().await;
        let error = call.unwrap_err();
        assert_eq!((error.code(), error.cause()), (ErrorCode::ResponseTooLarge, Some(Cause::TooLarge)));
        assert!(!error.is_retryable());
        assert_eq!(world.server.count("GET", "/gateway/bytes/1001"), 1);
        assert!(client.get("/gateway/bytes/1000").response_limit(1000).send().await.is_ok());
    });
}

#[test]
fn a_url_that_cannot_be_sent_is_told_apart() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.journal().len();
        let long = client.get(&format!("/{}", "a".repeat(70_000))).send().await.unwrap_err();
        assert_eq!(long, Error::Config(ConfigError::UrlTooLong));
        let long = client.get("/a").query([("q", "a".repeat(70_000))]).send().await.unwrap_err();
        assert_eq!(long, Error::Config(ConfigError::UrlTooLong));
        let socket = client.get("wss://api.example.com/a").send().await.unwrap_err();
        assert_eq!(socket, Error::Config(ConfigError::WebSocket));
        assert_eq!(world.server.journal().len(), before, "no request");
    });
}

#[test]
fn a_length_that_is_not_the_bodys_is_refused_before_the_next_call_is_read_as_its_rest() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.journal().len();
        for (method, length, body) in
            [(Method::GET, "5", ""), (Method::POST, "4", "12345"), (Method::POST, "6", "12345")]
        {
            let call = client.request(method, "/gateway/echo").header("Content-Length", length).body(body);
            assert_eq!(call.send().await.unwrap_err(), Error::Config(ConfigError::ContentLength), "{length}");
        }
        let twice = client.post("/gateway/echo").append_header("Content-Length", "1").body("1");
        let twice = twice.append_header("content-length", "1").send().await;
        assert_eq!(twice.unwrap_err(), Error::Config(ConfigError::ContentLength));
        let chunked =
            client.post("/gateway/echo").header("Transfer-Encoding", "chunked").body("1").send().await;
        assert!(matches!(chunked, Err(Error::Config(ConfigError::ReservedHeader { .. }))), "{chunked:?}");
        assert_eq!(world.server.journal().len(), before, "no request");
        let right = client.post("/gateway/echo").body("12345").header("Content-Length", "5").send().await;
        assert_eq!(right.unwrap().text(), "12345");
    });
}

#[test]
fn a_call_ends_in_its_own_time_while_the_probe_hangs() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let probe = world.server.hold_before("GET", "/v1/account");
        let started = Instant::now();
        let answer = client.get("/gateway/deny").timeout(Duration::from_millis(200)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "the gateway's own answer");
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        assert_eq!(client.state().name(), "signed_in");
        drop(probe);
    });
}
