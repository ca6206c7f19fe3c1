//! What the demo is played on: a mock Appwrite with a gateway, its journal, and a clock that can be put forward.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use appwrite_session_core::{
    Carrier, Clock, Error, Gateway, SessionClient, Sleep, SystemClock, store::MemoryStore,
};
use mock_appwrite::{Aim, Entry, Fault, MockAppwrite, Profile};

use crate::headers;

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// The mock, with one user.
pub(crate) struct Stage {
    pub(crate) mock: MockAppwrite,
    pub(crate) user_id: String,
    clock: ShiftedClock,
    store: MemoryStore,
    told: u64,
}

impl Stage {
    pub(crate) async fn set() -> io::Result<Self> {
        let mock = MockAppwrite::start(Profile::V1_9).await?;
        let user_id = mock.control().user(EMAIL, PASSWORD);
        Ok(Self { mock, user_id, clock: ShiftedClock::default(), store: MemoryStore::new(), told: 0 })
    }

    /// The app, started: a client on the one store of this device.
    pub(crate) fn start_app(&self, carrier: Carrier) -> Result<SessionClient, Error> {
        SessionClient::builder(&self.mock.endpoint(), self.mock.project())
            .gateway(Gateway::new(self.mock.gateway()).carrier(carrier))
            .store(self.store.clone())
            .clock(self.clock.clone())
            .build()
    }

    /// What came over the wire since this was asked last.
    pub(crate) fn news(&mut self) -> Vec<Entry> {
        let news = self.mock.control().journal_since(self.told);
        self.told = news.last().map_or(self.told, |entry| entry.seq);
        news
    }

    pub(crate) fn revoke_all(&self) {
        self.mock.control().revoke_sessions(&self.user_id);
    }

    /// How many sessions Appwrite has of the user.
    pub(crate) fn sessions(&self) -> usize {
        self.mock.control().sessions(&self.user_id).len()
    }

    /// Resets every connection to Appwrite from now on; the result tells when one was.
    pub(crate) fn cut(&self) -> u64 {
        self.mock.control().fault(Aim::path("/v1/*"), u32::MAX, Fault::ResetBefore)
    }

    pub(crate) fn mend(&self) {
        self.mock.control().clear_faults();
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(time.as_secs(), Ordering::Relaxed);
    }
}

/// One request as a line: who asked whom for what, and what was answered.
pub(crate) fn line(entry: &Entry) -> String {
    let from = if entry.caller == "client" { "app" } else { entry.caller };
    let to = if entry.listener == "appwrite" { "Appwrite" } else { entry.listener };
    let answer = entry.status.map_or("connection reset".to_owned(), |status| status.to_string());
    let request = format!("{} {}", entry.method, entry.path);
    format!("{from:>7} → {to:<8}  {request:<42} {answer}")
}

/// What authorized it, or that nothing did.
pub(crate) fn authorized_by(entry: &Entry) -> Vec<String> {
    let shown = headers::shown(entry.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if shown.is_empty() { vec!["no credential".to_owned()] } else { shown }
}

/// The device's clock, put forward by so many seconds.
#[derive(Clone, Debug, Default)]
struct ShiftedClock(Arc<AtomicU64>);

impl Clock for ShiftedClock {
    fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep(duration)
    }
}
