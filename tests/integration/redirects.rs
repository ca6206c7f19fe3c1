//! Redirects: the credential follows within an origin, and nowhere else.

use appwrite_session_core::{Carrier, Error, ErrorCode, Gateway, Method};

use crate::{
    journal::{Listener, of_client},
    support::{Server, World, code, on_all, status, until},
};

fn redirect(status: u16, to: &str) -> String {
    let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
    format!("/gateway/redirect?status={status}&to={to}")
}

#[test]
fn within_the_origin_the_credential_goes_along() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for code in [301, 302, 303, 307, 308] {
            let absolute = format!("{}/gateway/whoami", world.server.gateway());
            for to in ["/gateway/whoami", &absolute] {
                let before = world.server.journal().len();
                let answer = client.get(&redirect(code, to)).send().await.unwrap();
                assert_eq!(answer.status(), 200, "{code} {to}");
                assert_eq!((answer.is_redirected(), answer.url()), (true, absolute.as_str()));
                let journal = world.server.journal();
                let calls: Vec<_> = journal[before..].iter().filter(|seen| !seen.by_gateway).collect();
                assert_eq!(calls.len(), 2);
                assert!(calls.iter().all(|call| call.carriers() == ["cookie"]));
            }
        }
    });
}

#[test]
fn off_the_list_nothing_goes_along_that_says_anything_about_the_user() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let port = world.server.gateway().rsplit(':').next().unwrap().to_owned();
        for carrier in [Carrier::Cookie, Carrier::FallbackCookies, Carrier::SessionHeader] {
            let client = world.client_by(carrier);
            status(&client, "/gateway/sticky?value=node-1").await.unwrap();
            for (code, to) in [
                (302, format!("{}/landing", world.server.foreign())),
                (307, format!("{}/landing", world.server.foreign())),
                // The same server by another name is another origin.
                (302, format!("http://localhost:{port}/landing")),
            ] {
                let answer = client
                    .request(Method::GET, &redirect(code, &to))
                    .header("Authorization", "Basic of-the-app")
                    .header("Cookie", "theme=dark")
                    .header("X-Api-Key", "canary")
                    .header("Proxy-Authorization", "Basic canary")
                    .header("X-CSRF-Token", "canary")
                    .header("Accept-Language", "de")
                    .send()
                    .await;
                assert!(answer.is_ok(), "{carrier:?} {to}: {answer:?}");
                let journal = world.server.journal();
                let landed = of_client(&journal, "GET", "/landing").pop().expect("the redirect is followed");
                assert_eq!(landed.carriers(), [""; 0], "{to}");
                for name in ["authorization", "cookie", "x-api-key", "proxy-authorization", "x-csrf-token"] {
                    assert_eq!(landed.header(name), None, "{to} {name}");
                }
                assert_eq!(landed.header("accept-language"), Some("de"));
            }
        }
        let journal = world.server.journal();
        assert!(
            journal.iter().any(|seen| seen.listener == Listener::Foreign),
            "it was reached, by nobody known"
        );
    });
}

#[test]
fn a_401_of_another_origin_says_nothing_about_the_session() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let port = world.server.gateway().rsplit(':').next().unwrap().to_owned();
        let before = world.server.count("GET", "/v1/account");
        let to = redirect(302, &format!("http://localhost:{port}/gateway/deny"));
        assert_eq!(status(&client, &to).await, Ok(401));
        assert_eq!(world.server.count("GET", "/v1/account"), before, "so Appwrite is not asked");
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn another_allowed_gateway_gets_its_own_carrier() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let second = Server::start(world.server.profile()).await;
        let client = world
            .bare()
            .gateway(world.server.gateway())
            .gateway(Gateway::new(second.gateway()).carrier(Carrier::SessionHeader))
            .build()
            .unwrap();
        let to = redirect(302, &format!("{}/gateway/open", second.gateway()));
        assert_eq!(status(&client, &to).await, Ok(200));
        let landed = second.journal().pop().unwrap();
        assert_eq!(landed.carriers(), ["x-appwrite-session"]);
        assert_eq!(landed.header("cookie"), None, "and not that of the first");
    });
}

#[test]
fn a_way_back_to_the_gateway_carries_nothing_again() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let second = Server::start(world.server.profile()).await;
        let client = world.bare().gateway(world.server.gateway()).build().unwrap();
        let back = format!("{}/gateway/whoami", world.server.gateway());
        let there = format!("{}{}", second.gateway(), redirect(302, &back));
        let probes = world.server.count("GET", "/v1/account");
        assert_eq!(status(&client, &redirect(302, &there)).await, Ok(401), "as nobody");
        assert_eq!(second.journal().len(), 1);
        assert!(second.journal()[0].carriers().is_empty(), "the stranger in between saw nothing");
        let journal = world.server.journal();
        assert!(of_client(&journal, "GET", "/gateway/whoami")[0].carriers().is_empty());
        assert_eq!(world.server.count("GET", "/v1/account"), probes, "and it says nothing about the session");
    });
}

#[test]
fn no_body_leaves_the_allowed_gateways() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let to = redirect(307, &format!("{}/landing", world.server.foreign()));
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let refused = client.request(method.clone(), &to).body("secret").send().await.unwrap_err();
            assert_eq!(refused, Error::InvalidRedirect, "{method}");
            assert!(refused.may_have_arrived(), "at the gateway it has");
        }
        let journal = world.server.journal();
        assert!(journal.iter().all(|seen| seen.listener != Listener::Foreign));
    });
}

#[test]
fn a_redirect_with_a_user_name_is_not_followed() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.journal().len();
        for to in [&world.server.gateway(), &world.server.foreign()] {
            let to = to.replace("http://", "http://user:pw@");
            let answer = status(&client, &redirect(302, &format!("{to}/gateway/open"))).await;
            assert_eq!(answer, Err(Error::InvalidRedirect), "{to}");
        }
        assert_eq!(world.server.journal().len() - before, 2, "the redirects only");
    });
}

#[test]
fn a_sign_out_between_two_hops_stops_the_call() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let to = redirect(302, "/gateway/open");
        let held = world.server.hold_before("GET", "/gateway/redirect");
        let mut call = Box::pin(status(&client, &to));
        until(&mut call, held.reached()).await;
        client.sign_out().await.unwrap();
        held.release();
        assert_eq!(code(call.await), Err("signed_out"));
        assert_eq!(world.server.count("GET", "/gateway/open"), 0);
    });
}

#[test]
fn a_post_becomes_a_get_or_stays_as_the_status_says() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        for (code, method, body) in [(303, "GET", ""), (302, "GET", ""), (307, "POST", "once")] {
            let before = world.server.journal().len();
            let to = redirect(code, "/gateway/echo");
            client.post(&to).body("once").send().await.unwrap();
            let journal = world.server.journal();
            let landed = &journal[before + 1];
            assert_eq!((landed.method.as_str(), landed.body.as_slice()), (method, body.as_bytes()), "{code}");
        }
    });
}

#[test]
fn a_redirect_without_end_or_sense_is_an_error() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let port = world.server.gateway().rsplit(':').next().unwrap().to_owned();
        let before = world.server.journal().len();
        // Eleven hops, each the redirect of the one inside.
        let endless = (0..12).fold("/gateway/open".to_owned(), |to, _| redirect(302, &to));
        assert_eq!(status(&client, &endless).await, Err(Error::InvalidRedirect));
        assert_eq!(world.server.journal().len() - before, 11, "ten are followed");
        for nowhere in ["ftp://127.0.0.1/", "javascript:alert(1)", &format!("http://127.0.0.1:{port}0000/")] {
            let answer = status(&client, &redirect(302, nowhere)).await.unwrap_err();
            assert_eq!(answer.code(), ErrorCode::InvalidRedirect, "{nowhere}");
        }
        assert_eq!(client.state().name(), "signed_in");
    });
}
