//! How the credential travels: one carrier at a time, chosen per gateway, beside the gateway's own cookies.

use appwrite_session_core::{Carrier, Gateway, Method};

use crate::{
    journal::{Listener, of_client},
    support::{Server, World, on_all, sign_in, status, until},
};

const ALL: [Carrier; 3] = [Carrier::Cookie, Carrier::FallbackCookies, Carrier::SessionHeader];

#[test]
fn every_carrier_is_accepted_by_a_gateway_that_asks_appwrite() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        for carrier in ALL {
            let client = world.client_by(carrier);
            let before = world.server.journal().len();
            assert_eq!(status(&client, "/gateway/whoami").await, Ok(200), "{carrier:?}");
            let journal = world.server.journal();
            let [call, validation] = &journal[before..] else { panic!("{:?}", &journal[before..]) };
            assert_eq!(call.carriers(), [carrier.header_name().as_str()]);
            assert!(validation.by_gateway && validation.path == "/v1/account");
            assert_eq!(validation.status, Some(200), "Appwrite answers what the gateway passed on");
            assert_eq!(call.blob(), validation.blob());
        }
    });
}

/// An id with padding in its blob is where a percent-encoded credential breaks (contract §1.6).
#[test]
fn every_carrier_works_for_ids_of_every_length() {
    on_all(async |world: &World| {
        for id in ["u1", "user-22", "user-alice", "user-alice-of-the-longest-kind-036ch"] {
            let person = world.server.person_with_id(id);
            for carrier in ALL {
                let client = world.client_by(carrier);
                sign_in(&client, &person).await;
                assert_eq!(status(&client, "/gateway/whoami").await, Ok(200), "{carrier:?} {id}");
            }
        }
    });
}

#[test]
fn each_gateway_gets_its_own_carrier() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let second = Server::start(world.server.profile()).await;
        let client = world
            .bare()
            .gateway(Gateway::new(world.server.gateway()).carrier(Carrier::SessionHeader))
            .gateway(Gateway::new(second.gateway()).carrier(Carrier::FallbackCookies))
            .build()
            .unwrap();
        assert_eq!(status(&client, "/gateway/open").await, Ok(200));
        assert_eq!(status(&client, &format!("{}/gateway/open", second.gateway())).await, Ok(200));
        assert_eq!(world.server.journal().last().unwrap().carriers(), ["x-appwrite-session"]);
        assert_eq!(second.journal().last().unwrap().carriers(), ["x-fallback-cookies"]);
        assert_eq!(world.server.journal().last().unwrap().blob(), second.journal().last().unwrap().blob());
    });
}

#[test]
fn a_sticky_cookie_is_kept_beside_the_session_and_replaced_when_set_anew() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let sent = async || {
            status(&client, "/gateway/whoami").await.unwrap();
            let journal = world.server.journal();
            of_client(&journal, "GET", "/gateway/whoami").last().unwrap().header("cookie").unwrap().to_owned()
        };
        let bare = sent().await;
        assert!(bare.starts_with("a_session_demo=") && !bare.contains(';'));
        status(&client, "/gateway/sticky?value=node-1").await.unwrap();
        let with_one = sent().await;
        assert!(with_one.starts_with(&bare) && with_one.ends_with("=node-1"), "{}", with_one.len());
        status(&client, "/gateway/sticky?value=node-2").await.unwrap();
        let with_other = sent().await;
        assert!(with_other.ends_with("=node-2") && !with_other.contains("node-1"));
    });
}

#[test]
fn a_sticky_cookie_comes_along_with_the_other_carriers_too() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        for carrier in [Carrier::FallbackCookies, Carrier::SessionHeader] {
            let client = world.client_by(carrier);
            status(&client, "/gateway/sticky?value=node-1").await.unwrap();
            assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
            let journal = world.server.journal();
            let sent = of_client(&journal, "GET", "/gateway/whoami").pop().unwrap();
            assert!(sent.header("cookie").unwrap().ends_with("=node-1"));
            assert_eq!(sent.carriers(), [carrier.header_name().as_str()]);
        }
    });
}

#[test]
fn a_sticky_cookie_is_not_sent_to_another_origin() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let second = Server::start(world.server.profile()).await;
        let client = world.bare().gateway(world.server.gateway()).gateway(second.gateway()).build().unwrap();
        status(&client, "/gateway/sticky?value=node-1").await.unwrap();
        status(&client, &format!("{}/gateway/open", second.gateway())).await.unwrap();
        client.account().await.unwrap();
        let elsewhere = second.journal().pop().unwrap();
        assert!(!elsewhere.header("cookie").unwrap().contains("node-1"), "ports are origins, too");
        let journal = world.server.journal();
        for seen in journal.iter().filter(|seen| seen.listener == Listener::Appwrite) {
            assert!(seen.by_gateway || seen.header("cookie").is_none(), "nor to Appwrite");
        }
    });
}

#[test]
fn a_gateway_cannot_overwrite_the_session_cookie() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        status(&client, "/gateway/open").await.unwrap();
        let journal = world.server.journal();
        let own = journal.last().unwrap().header("cookie").unwrap().to_owned();
        status(&client, "/gateway/sticky?value=node-1&session=1").await.unwrap();
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        let journal = world.server.journal();
        let sent = of_client(&journal, "GET", "/gateway/whoami")[0].header("cookie").unwrap().to_owned();
        assert_eq!(sent.matches("a_session_").count(), 1);
        assert!(
            sent.starts_with(&own) && sent.contains("node-1"),
            "the sticky cookie is kept, the other is not"
        );
    });
}

#[test]
fn the_apps_own_cookies_are_merged_and_its_session_cookies_are_not() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let sent = client
            .request(Method::GET, "/gateway/whoami")
            .header("Cookie", "theme=dark; a_session_demo=of-the-app; a_session_demo_legacy=x")
            .send()
            .await
            .unwrap();
        assert_eq!(sent.status(), 200);
        let journal = world.server.journal();
        let cookie = of_client(&journal, "GET", "/gateway/whoami")[0].header("cookie").unwrap().to_owned();
        assert!(cookie.ends_with("; theme=dark") && cookie.matches("a_session_").count() == 1);
    });
}

#[test]
fn the_gateways_cookies_go_with_the_user() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let sent = async || {
            status(&client, "/gateway/open").await.unwrap();
            let journal = world.server.journal();
            of_client(&journal, "GET", "/gateway/open").last().unwrap().header("cookie").unwrap().to_owned()
        };
        status(&client, "/gateway/sticky?value=node-1").await.unwrap();
        assert!(sent().await.contains("node-1"));
        client.sign_out().await.unwrap();
        sign_in(&client, &person).await;
        assert!(!sent().await.contains("node-1"), "after a sign-out");

        status(&client, "/gateway/sticky?value=node-2").await.unwrap();
        sign_in(&client, &world.server.person()).await;
        assert!(!sent().await.contains("node-2"), "after another's sign-in");

        status(&client, "/gateway/sticky?value=node-3").await.unwrap();
        world.server.revoke_everybody();
        assert!(client.account().await.is_err());
        sign_in(&client, &person).await;
        assert!(!sent().await.contains("node-3"), "after the session's end");
    });
}

#[test]
fn a_late_answer_leaves_no_cookie_for_the_next_user() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let held = world.server.hold_after("GET", "/gateway/sticky");
        let mut call = Box::pin(status(&client, "/gateway/sticky?value=node-1"));
        until(&mut call, held.reached()).await;
        sign_in(&client, &world.server.person()).await;
        held.release();
        assert_eq!(call.await, Ok(200), "it is the first user's answer");
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        let journal = world.server.journal();
        let sent = of_client(&journal, "GET", "/gateway/whoami").pop().unwrap();
        assert!(!sent.header("cookie").unwrap().contains("node-1"));
    });
}
