//! Captive portals: networks that answer in place of the server, until somebody has accepted their terms.
//!
//! TLS unmasks them (`ways_out`), so these come where a proxy ends TLS, or by http. They are no word of Appwrite or of the gateway.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use appwrite_session_core::{
    Error, ErrorCode, Method, SessionClient,
    store::{SecureStore as _, StoreKey},
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    limits::serve,
    support::{ONCE, PASSWORD, Profile, World, on, sign_in, status},
};

/// A page with a form, instead of the answer.
async fn page() -> (String, Arc<AtomicUsize>) {
    serve(async |mut stream: TcpStream| {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: portal=1\r\nConnection: close\r\n";
        let answer = format!("{head}Content-Length: 36\r\n\r\n<html><form action=\"/accept\"></html>");
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await
}

/// A redirect to the portal's page, with a page for those who do not follow it.
async fn redirect() -> (String, Arc<AtomicUsize>) {
    let (portal, _) = page().await;
    // It lives as long as the server, which is as long as the test's process.
    let portal: &'static str = portal.leak();
    serve(move |mut stream: TcpStream| async move {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: {portal}/login\r\nContent-Type: text/html\r\n");
        let answer = format!("{head}Connection: close\r\nContent-Length: 13\r\n\r\n<html></html>");
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await
}

#[test]
fn a_captive_portal_in_place_of_appwrite_is_an_appwrite_that_is_unavailable() {
    on(Profile::V1_9, async |world: &World| {
        for (portal, asked) in [page().await, redirect().await] {
            // A session from before, under the endpoint that is the portal's now.
            let builder = || {
                SessionClient::builder(&format!("{portal}/v1"), &world.server.project())
                    .store(world.store.clone())
                    .gateway(world.server.gateway())
                    .retries(ONCE)
            };
            let (before, person) = world.signed_in().await;
            before.close().await;
            let record = world.store.inner().load(&world.key()).unwrap().unwrap();
            let key = StoreKey::new(&format!("{portal}/v1"), &world.server.project(), "default");
            world.store.inner().save(&key, &record).unwrap();
            let client = builder().build().unwrap();
            assert_eq!(client.restored().await.name(), "signed_in");
            world.server.revoke_all(&person);
            assert_eq!(status(&client, "/gateway/whoami").await, Ok(401), "nobody can say why");
            for error in [
                client.account().await.map(drop).unwrap_err(),
                client.sign_in_with_email(&person.email, PASSWORD).await.map(drop).unwrap_err(),
                client.extend_session().await.map(drop).unwrap_err(),
            ] {
                assert_eq!(error.code(), ErrorCode::AppwriteUnavailable, "{error:?}");
                assert!(error.is_retryable());
            }
            assert_eq!(client.state().name(), "signed_in");
            assert!(asked.load(Ordering::SeqCst) > 3);
            client.close().await;
        }
    });
}

#[test]
fn a_captive_portal_in_place_of_a_gateway_is_no_answer_that_can_be_read_and_ends_nothing() {
    on(Profile::V1_9, async |world: &World| {
        for ((portal, _), put) in [(page().await, Ok(200)), (redirect().await, Err(Error::InvalidRedirect))] {
            let client = world.bare().gateway(portal.as_str()).build().unwrap();
            sign_in(&client, &world.server.person()).await;
            for method in [Method::GET, Method::POST] {
                let answer = client.request(method, "/orders").send().await.unwrap();
                let error = answer.json::<Vec<u8>>().unwrap_err();
                assert_eq!((error.code(), error.is_retryable()), (ErrorCode::InvalidResponse, false));
            }
            // What must not be sent elsewhere is not sent to the portal either.
            let seen = client.put("/orders").body("order").send().await;
            assert_eq!(seen.map(|answer| answer.status().as_u16()), put);
            assert_eq!(client.state().name(), "signed_in");
        }
    });
}
