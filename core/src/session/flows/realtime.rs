//! Listens to Appwrite's realtime socket. What is heard is a hint, and leads to a probe.

use std::time::Duration;

use crate::{
    appwrite::realtime::{Broken, Heard},
    session::{Held, Session},
};

/// The longest wait before a socket is opened again.
const LONGEST: Duration = Duration::from_secs(300);

impl Session {
    /// Listens until the client is closed. See [`listen`](crate::SessionClient::listen).
    pub(crate) async fn listen(&self) {
        tokio::select! {
            () = self.hear() => {}
            () = self.tasks.closed() => {}
        }
    }

    async fn hear(&self) {
        let mut failures = 0;
        loop {
            let held = self.somebody().await;
            let broken = tokio::select! {
                broken = self.hear_of(&held, &mut failures) => broken,
                // The credential of somebody who is not signed in any more is not heard with.
                () = self.leaves(&held) => continue,
            };
            failures += 1;
            let wait = match broken {
                Broken::Refused => LONGEST,
                Broken::Off => Duration::from_secs(1 << u32::min(failures - 1, 8)).min(LONGEST),
            };
            tracing::debug!(failures, refused = broken == Broken::Refused, "the realtime socket broke");
            // Not all at once, when a server comes back.
            let wait = wait.mul_f64(0.5 + fastrand::f64() / 2.0);
            self.appwrite().pause_after_failure(wait).await;
        }
    }

    /// Waits until somebody is signed in.
    async fn somebody(&self) -> Held {
        loop {
            self.publisher.wait_for(|view| view.is_signed_in()).await;
            if let Ok(held) = self.now() {
                return held;
            }
        }
    }

    /// Hears until the socket breaks. One that is known to the server makes the failures before it forgotten.
    async fn hear_of(&self, held: &Held, failures: &mut u32) -> Broken {
        let mut socket = match self.appwrite().open_socket(&held.credential).await {
            Ok(socket) => socket,
            Err(broken) => return broken,
        };
        loop {
            let heard = tokio::select! {
                heard = socket.next() => heard,
                () = self.appwrite().silence() => socket.look_after().await.map(|()| Heard::Nothing),
            };
            match heard {
                Ok(Heard::Known(true)) => *failures = 0,
                Ok(Heard::Known(false) | Heard::Hint) => {
                    self.hinted(held).await;
                }
                Ok(Heard::Nothing) => {}
                Err(broken) => return broken,
            }
        }
    }
}
