//! What every test needs: a world with a server, a clock and a store; and how to stop a future half way.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use appwrite_session_core::{
    Carrier, Error, Gateway, ManualClock, Method, Result, Retries, Secret, Sent, SessionClient,
    SessionClientBuilder, SessionState, SignedOutReason, Timeouts,
    store::{FaultyStore, Gate, MemoryStore, Persistence, SecureStore, StoreError, StoreKey},
};
use tokio::{runtime, select, task::block_in_place, time::timeout};

pub(crate) use crate::server::{Fault, Person, Profile, Server};

/// A real second or so, where a test provokes a real timeout of a socket.
pub(crate) const SHORT: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(1),
    total: Duration::from_secs(3),
    store: Duration::from_secs(10),
};

/// Never tries again, so that a fault is seen at once.
pub(crate) const ONCE: Retries =
    Retries { attempts: 1, base: Duration::from_millis(250), longest: Duration::from_secs(5) };

/// No test takes longer than this.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) const PASSWORD: &str = "correct horse battery";

/// What is no id of anything, and would address something else in a path.
pub(crate) const ODD_IDS: [&str; 9] = ["", ".", "..", "...", "a b", "a/b", "%2e%2e", "a?b", "\u{e9}"];

/// A store that says that it is durable, as a device's own is.
#[derive(Clone, Default)]
pub(crate) struct Kept(MemoryStore);

impl SecureStore for Kept {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.0.load(key)
    }

    fn save(&self, key: &StoreKey, record: &Secret) -> Result<(), StoreError> {
        self.0.save(key, record)
    }

    fn clear(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.clear(key)
    }

    fn quarantine(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.quarantine(key)
    }

    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }
}

pub(crate) type Store = FaultyStore<Kept>;

/// One Appwrite with its gateways, one device with its store, and the time.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) clock: ManualClock,
    pub(crate) store: Store,
}

/// Runs `test` in a world of each profile.
pub(crate) fn on_all(test: impl AsyncFn(&World)) {
    for profile in Profile::ALL {
        on(profile, &test);
    }
}

/// Runs `test` in a world of `profile`, and then looks where the credential went.
pub(crate) fn on(profile: Profile, test: impl AsyncFn(&World)) {
    run(async {
        let world = World::start(profile).await;
        test(&world).await;
        crate::journal::assert_credential_stayed_home(&world.server.journal());
    });
}

/// An origin where nobody listens. While the socket is kept, no server of another test gets its port.
pub(crate) fn nobody() -> (tokio::net::TcpSocket, String) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let origin = format!("http://{}", socket.local_addr().unwrap());
    (socket, origin)
}

/// Runs `test` on threads of its own, for a minute at most.
pub(crate) fn run(test: impl Future<Output = ()>) {
    run_for(LONGEST, test);
}

/// Runs `test` on threads of its own, for `longest` at most.
pub(crate) fn run_for(longest: Duration, test: impl Future<Output = ()>) {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { timeout(longest, test).await.expect("a test ends in time") });
}

impl World {
    pub(crate) async fn start(profile: Profile) -> Self {
        let server = Server::start(profile).await;
        Self { server, clock: ManualClock::new(), store: FaultyStore::new(Kept::default()) }
    }

    /// A client of this device with one gateway.
    pub(crate) fn builder(&self) -> SessionClientBuilder {
        self.bare().gateway(self.server.gateway())
    }

    /// A client of this device without a gateway.
    pub(crate) fn bare(&self) -> SessionClientBuilder {
        SessionClient::builder(&self.server.endpoint(), &self.server.project())
            .store(self.store.clone())
            .clock(self.clock.clone())
            .retries(ONCE)
    }

    pub(crate) fn client(&self) -> SessionClient {
        self.builder().build().unwrap()
    }

    /// A client whose gateway gets the credential by `carrier`.
    pub(crate) fn client_by(&self, carrier: Carrier) -> SessionClient {
        self.bare().gateway(Gateway::new(self.server.gateway()).carrier(carrier)).build().unwrap()
    }

    /// The key of the device's record.
    pub(crate) fn key(&self) -> StoreKey {
        StoreKey::new(&self.server.endpoint(), &self.server.project(), "default")
    }

    /// Whether the device has a record that says who is signed in, which is the last thing that a sign-in saves.
    pub(crate) fn has_record_of(&self, person: &Person) -> bool {
        // Exposed to be searched: the store is the test's own.
        self.store
            .inner()
            .load(&self.key())
            .unwrap()
            .is_some_and(|record| record.expose().contains(&person.email))
    }

    /// Makes the device forget its record, for the next round.
    pub(crate) fn forget(&self) {
        self.store.inner().clear(&self.key()).unwrap();
    }

    /// A client with somebody signed in, and who it is.
    pub(crate) async fn signed_in(&self) -> (SessionClient, Person) {
        let (client, person) = (self.client(), self.server.person());
        sign_in(&client, &person).await;
        (client, person)
    }

    /// Somebody who needs a second factor, on a client that waits for it.
    pub(crate) async fn mfa_pending(&self) -> (SessionClient, Person) {
        let (client, person) = (self.client(), self.server.person());
        self.server.require_totp(&person);
        let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
        assert_eq!(state.name(), "mfa_required");
        (client, person)
    }

    /// Lets time pass on the device, second by second, until `wanted` holds.
    pub(crate) async fn as_time_passes(&self, wanted: impl Fn() -> bool) {
        while !wanted() {
            self.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    }

    /// Whatever was left for later is done now; then every session that Appwrite has of `person` is the one that a restart on
    /// this store restores and Appwrite accepts, or there is none and the device is signed out.
    pub(crate) async fn assert_nothing_is_orphaned(&self, person: &Person) -> SessionState {
        let client = self.client();
        let state = client.restored().await;
        resumed(&client).await;
        let alive = self.server.sessions(person).len();
        match &state {
            SessionState::SignedIn { .. } => {
                assert_eq!(client.account().await.unwrap().user.id, person.id);
                assert_eq!(alive, 1, "one session, the stored one");
            }
            SessionState::MfaRequired { .. } => {
                assert_eq!(client.account().await, Err(Error::MfaRequired(Sent::Something)));
                assert_eq!(alive, 1, "one session, the stored one");
            }
            SessionState::SignedOut { reason: SignedOutReason::NoSession } => {
                assert_eq!(alive, 0, "signed out, so every session is revoked");
            }
            other => panic!("{other:?} after a restart"),
        }
        client.close().await;
        state
    }
}

/// Signs `person` in.
pub(crate) async fn sign_in(client: &SessionClient, person: &Person) {
    let state = client.sign_in_with_email(&person.email, PASSWORD).await.unwrap();
    assert_eq!(state.name(), "signed_in");
}

/// What an error is known by.
pub(crate) fn code<T>(result: Result<T>) -> Result<T, &'static str> {
    result.map_err(|error| error.code().as_str())
}

pub(crate) fn signed_out(reason: SignedOutReason) -> SessionState {
    SessionState::SignedOut { reason }
}

/// Comes back to the foreground, and waits until everything that this leads to is done. Where the user stands then.
pub(crate) async fn resumed(client: &SessionClient) -> SessionState {
    client.resume().await;
    client.idle().await;
    client.state()
}

/// The status of a gateway's answer to a GET.
pub(crate) async fn status(client: &SessionClient, target: &str) -> Result<u16> {
    call(client, Method::GET, target).await
}

/// The status of a gateway's answer.
pub(crate) async fn call(client: &SessionClient, method: Method, target: &str) -> Result<u16> {
    client.request(method, target).send().await.map(|response| response.status().as_u16())
}

/// Polls `future` at most `times` times, then drops it. Whether it ended.
pub(crate) async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drives `future` until `moment` comes, then drops it.
pub(crate) async fn dropped_when<T>(future: impl Future<Output = T>, moment: impl Future<Output = ()>) {
    select! {
        biased;
        () = moment => {}
        _ = future => panic!("the future ended before it could be dropped"),
    }
}

/// Drives `future` until `moment` comes, and leaves it to be awaited.
pub(crate) async fn until<T>(
    future: &mut (impl Future<Output = T> + Unpin),
    moment: impl Future<Output = ()>,
) {
    select! {
        biased;
        () = moment => {}
        _ = future => panic!("the future ended before its moment"),
    }
}

/// Waits until a call of the store stands at `gate`.
pub(crate) fn reached<S>(gate: &Gate<S>) {
    assert!(block_in_place(|| gate.wait_until_reached(Duration::from_secs(20))), "no call of the store came");
}
