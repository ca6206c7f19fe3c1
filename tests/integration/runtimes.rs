//! The runtime that a client was built in has ended, or is not the one that its caller runs in.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread,
};

use appwrite_session_core::{Retries, SessionClient};
use tokio::{runtime, task::block_in_place};

use crate::{
    observe::rest,
    server::Fault,
    support::{PASSWORD, World, code, on_all, sign_in, status},
};

/// What `work` comes to in a runtime that ends afterwards.
fn in_passing<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    block_in_place(|| thread::scope(|scope| scope.spawn(run).join().unwrap()))
}

/// What `future` comes to on a thread that knows no runtime, as in another executor.
fn outside<T: Send>(future: impl Future<Output = T> + Send) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let run = || {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            thread::park();
        }
    };
    block_in_place(|| thread::scope(|scope| scope.spawn(run).join().unwrap()))
}

#[test]
fn a_client_whose_runtime_has_ended_is_closed_and_its_session_is_kept() {
    on_all(async |world: &World| {
        let person = world.server.person();
        let client = in_passing(async {
            let client = world.client();
            sign_in(&client, &person).await;
            assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
            client
        });
        // A sign-out could not take effect, so nothing may be sent as a user who cannot be signed out.
        assert_eq!(code(client.sign_out().await), Err("closed"));
        assert_eq!(code(client.get("/gateway/whoami").send().await.map(drop)), Err("closed"));
        assert_eq!(code(client.sessions().await.map(drop)), Err("closed"));
        assert_eq!(world.server.count("GET", "/gateway/whoami"), 1);
        assert_eq!(rest(client.changes()).await.len(), 1, "the state that it had");
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_in");
    });
}

#[test]
fn a_client_whose_runtime_ends_before_the_store_was_read_keeps_nobody_waiting() {
    on_all(async |world: &World| {
        let client = in_passing(async { world.client() });
        assert_eq!(client.restored().await.name(), "restoring");
        assert_eq!(client.resume().await.name(), "restoring");
        assert_eq!(code(client.get("/gateway/whoami").send().await.map(drop)), Err("closed"));
        assert_eq!(code(client.authorize("/gateway/whoami").await.map(drop)), Err("closed"));
        assert_eq!(code(client.account().await.map(drop)), Err("closed"));
        let person = world.server.person();
        let signed_in = client.sign_in_with_email(&person.email, PASSWORD).await;
        assert_eq!(code(signed_in.map(drop)), Err("closed"));
        client.close().await;
    });
}

#[test]
fn a_client_can_be_used_outside_every_runtime() {
    on_all(async |world: &World| {
        let (endpoint, project) = (world.server.endpoint(), world.server.project());
        // With the device's own clock, by which an attempt waits for the next.
        let builder = SessionClient::builder(&endpoint, &project).store(world.store.clone());
        let client = builder.gateway(world.server.gateway()).retries(Retries::default()).build().unwrap();
        let person = world.server.person();
        let called = outside(async {
            client.sign_up_with_email("outside@example.com", PASSWORD, None).await?;
            client.sign_in_with_email(&person.email, PASSWORD).await?;
            world.server.fault_times("GET", "/gateway/whoami", Fault::UnavailableFor(0), 1);
            let answered = client.get("/gateway/whoami").send().await?.status();
            let refused = client.get("/gateway/deny").send().await?.status();
            let sessions = client.sessions().await?.len();
            client.sign_out().await?;
            Ok((answered.as_u16(), refused.as_u16(), sessions))
        });
        assert_eq!(code(called), Ok((200, 401, 1)));
        assert_eq!(world.server.count("GET", "/gateway/whoami"), 2);
        outside(client.close());
    });
}
