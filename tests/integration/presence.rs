//! User presence: where the app requires it, the session is used only after it was confirmed, and nobody is asked needlessly.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use appwrite_session_core::{Error, PresencePolicy, SessionClient, UserPresence};

use crate::support::{World, on_all, resumed, sign_in, status};

const WHOAMI: &str = "/gateway/whoami";
const MINUTE: Duration = Duration::from_secs(60);

/// A user who answers as told, and counts how often that was asked for.
#[derive(Clone, Default)]
struct User(Arc<Answers>);

#[derive(Default)]
struct Answers {
    asked: AtomicUsize,
    refuses: AtomicBool,
    panics: AtomicBool,
}

impl User {
    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    fn refuses(&self, refuses: bool) {
        self.0.refuses.store(refuses, Ordering::SeqCst);
    }
}

impl UserPresence for User {
    fn confirm(&self) -> bool {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        assert!(!self.0.panics.load(Ordering::SeqCst), "told to panic");
        !self.0.refuses.load(Ordering::SeqCst)
    }
}

/// The next start of an app with somebody signed in.
async fn restarted(world: &World, policy: PresencePolicy, user: &User) -> SessionClient {
    world.signed_in().await.0.close().await;
    world.builder().require_presence(policy, user.clone()).build().unwrap()
}

#[test]
fn a_restore_asks_nobody_and_the_first_call_asks_once() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Default, &user).await;
        assert_eq!(client.restored().await.name(), "signed_in");
        resumed(&client).await;
        assert_eq!(user.asked(), 0);
        for _ in 0..3 {
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
        }
        client.account().await.unwrap();
        assert_eq!(user.asked(), 1);
    });
}

#[test]
fn a_refusal_sends_nothing_and_is_no_sign_out() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Default, &user).await;
        user.refuses(true);
        let before = world.server.journal().len();
        assert_eq!(status(&client, WHOAMI).await, Err(Error::PresenceRequired));
        assert_eq!(client.authorize(WHOAMI).await.unwrap_err(), Error::PresenceRequired);
        assert_eq!(client.account().await, Err(Error::PresenceRequired));
        assert_eq!(client.sessions().await, Err(Error::PresenceRequired));
        assert_eq!(client.sign_out_everywhere().await, Err(Error::PresenceRequired));
        assert_eq!(world.server.journal().len(), before, "no request");
        assert_eq!(client.state().name(), "signed_in");
        user.refuses(false);
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
    });
}

#[test]
fn a_host_that_panics_has_not_confirmed() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Default, &user).await;
        user.0.panics.store(true, Ordering::SeqCst);
        assert_eq!(status(&client, WHOAMI).await, Err(Error::PresenceRequired));
        user.0.panics.store(false, Ordering::SeqCst);
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
    });
}

#[test]
fn nobody_who_signs_in_or_out_is_asked() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = world.builder().require_presence(PresencePolicy::Default, user.clone()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200), "a sign-in confirms the presence");
        client.close().await;
        let client = world.builder().require_presence(PresencePolicy::Always, user.clone()).build().unwrap();
        client.restored().await;
        client.sign_out().await.unwrap();
        assert_eq!(user.asked(), 0);
    });
}

#[test]
fn always_asks_for_each_use_and_a_401_is_none() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Always, &user).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        assert_eq!(status(&client, "/gateway/deny").await, Ok(401));
        assert_eq!(user.asked(), 2);
    });
}

/// A user who takes the time to answer.
struct Slow(mpsc::Sender<mpsc::Sender<bool>>);

impl UserPresence for Slow {
    fn confirm(&self) -> bool {
        let (answer, answered) = mpsc::channel();
        self.0.send(answer).unwrap();
        answered.recv().unwrap()
    }
}

#[test]
fn calls_that_wait_for_an_answer_share_it() {
    on_all(async |world: &World| {
        for (answer, expected) in [(true, Ok(200)), (false, Err(Error::PresenceRequired))] {
            world.signed_in().await.0.close().await;
            let (sender, asked) = mpsc::channel();
            let host = Slow(sender);
            let client = world.builder().require_presence(PresencePolicy::Always, host).build().unwrap();
            client.restored().await;
            let calls: Vec<_> = (0..50)
                .map(|_| {
                    let client = client.clone();
                    tokio::spawn(async move { status(&client, WHOAMI).await })
                })
                .collect();
            let question = tokio::task::block_in_place(|| asked.recv().unwrap());
            // Whoever comes while the dialog is shown joins; the others have been polled once when this one ends.
            tokio::task::yield_now().await;
            question.send(answer).unwrap();
            let mut late = 0;
            for call in calls {
                while !call.is_finished() {
                    if let Ok(question) = asked.try_recv() {
                        late += 1;
                        question.send(answer).unwrap();
                    }
                    tokio::task::yield_now().await;
                }
                assert_eq!(call.await.unwrap(), expected);
            }
            assert!(late < 10, "{late} further dialogs for 50 calls");
            client.close().await;
        }
    });
}

#[test]
fn a_confirmation_for_a_time_runs_out() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Session(MINUTE), &user).await;
        for (passed, asked) in [(0, 1), (60, 1), (1, 2)] {
            world.clock.advance(Duration::from_secs(passed));
            assert_eq!(status(&client, WHOAMI).await, Ok(200));
            assert_eq!(user.asked(), asked, "after {passed} s more");
        }
    });
}

#[test]
fn an_app_that_was_away_for_long_asks_when_it_is_back_and_not_before() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Lifecycle(MINUTE), &user).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        client.pause();
        world.clock.advance(MINUTE);
        assert_eq!(status(&client, WHOAMI).await, Ok(200), "a short absence");
        resumed(&client).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        assert_eq!(user.asked(), 1);

        client.pause();
        world.clock.advance(MINUTE + Duration::from_secs(1));
        assert_eq!(status(&client, WHOAMI).await, Err(Error::PresenceRequired));
        assert_eq!(user.asked(), 1, "nobody is asked in the background");
        resumed(&client).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        assert_eq!(user.asked(), 2);
    });
}

#[test]
fn an_app_that_starts_in_the_background_asks_nobody() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Default, &user).await;
        client.pause();
        assert_eq!(client.restored().await.name(), "signed_in");
        assert_eq!(status(&client, WHOAMI).await, Err(Error::PresenceRequired));
        assert_eq!(user.asked(), 0);
        resumed(&client).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
    });
}

#[test]
fn setting_the_clock_back_does_not_make_a_confirmation_last_longer() {
    on_all(async |world: &World| {
        let user = User::default();
        let client = restarted(world, PresencePolicy::Session(MINUTE), &user).await;
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        world.clock.advance(MINUTE + Duration::from_secs(1));
        world.clock.set_back(Duration::from_secs(30));
        assert_eq!(status(&client, WHOAMI).await, Ok(200));
        assert_eq!(user.asked(), 2, "a confirmation of 61 seconds ago, although the clock says 31");
    });
}
