//! What is stored of a session: one versioned record per store key, with frozen fixtures.
//!
//! To change the record: add a variant to [`Versioned`], keep reading the older ones, add a fixture, edit none.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::attempt::Decision;
use crate::{
    Secret,
    credential::Credential,
    json,
    model::{Factor, User},
};

/// Everything that outlives the process: the session, and sessions that Appwrite must still be told to revoke.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) session: Option<StoredSession>,
    pub(crate) revocations: Vec<Credential>,
    /// The installation of the app that wrote the record, where the app wants to notice another one.
    pub(crate) installation: Option<String>,
    /// The last sign-in, sign-out or import that the record knows of; zero in records of older versions.
    pub(crate) decision: Decision,
}

/// A session as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredSession {
    pub(crate) credential: Credential,
    pub(crate) session_id: String,
    pub(crate) user: Option<User>,
    pub(crate) expires_at: Option<SystemTime>,
    /// The factors to choose from, if one is still missing.
    pub(crate) missing_factors: Option<Vec<Factor>>,
}

#[derive(Serialize)]
#[serde(tag = "version")]
enum Versioned<'a> {
    #[serde(rename = "1")]
    V1(&'a V1),
}

/// What every version has. Read before the rest, which so is read once, and into types that hide it.
#[derive(Deserialize)]
struct Version<'a> {
    version: &'a str,
}

#[derive(Serialize, Deserialize)]
struct V1 {
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<V1Session>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    revocations: Vec<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    installation: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    decision: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Serialize, Deserialize)]
struct V1Session {
    credential: Zeroizing<String>,
    session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<V1User>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_factors: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
struct V1User {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl Record {
    /// Whether there is nothing worth storing.
    pub(crate) fn is_empty(&self) -> bool {
        self.session.is_none() && self.revocations.is_empty()
    }

    /// Whether both say the same. The installation is not compared: it is the store's affair.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let sessions = match (&self.session, &other.session) {
            (None, None) => true,
            (Some(one), Some(other)) => one.is_same(other),
            _ => false,
        };
        let queued =
            |credential: &Credential, list: &[Credential]| list.iter().any(|one| one.is_same(credential));
        sessions
            && self.decision == other.decision
            && self.revocations.len() == other.revocations.len()
            && self.revocations.iter().all(|credential| queued(credential, &other.revocations))
    }

    /// The record as text of at most `longest` bytes, or `None` if even the session alone is longer. The number is how many
    /// revocations were left out.
    ///
    /// What does not fit is left out: the user's name and e-mail address first, which only the first screen needs, then the oldest
    /// revocations, which this process still remembers.
    pub(crate) fn encode(&self, longest: usize) -> Option<(Secret, usize)> {
        let mut record = V1 {
            session: self.session.as_ref().map(V1Session::from),
            revocations: self.revocations.iter().map(blob).collect(),
            installation: self.installation.clone(),
            decision: self.decision.0,
        };
        loop {
            let mut wiped = json::to_wiped(&Versioned::V1(&record))?;
            let text = Secret::new(String::from_utf8(std::mem::take(&mut *wiped)).ok()?);
            if text.expose().len() <= longest {
                return Some((text, self.revocations.len() - record.revocations.len()));
            }
            let user = record.session.as_mut().and_then(|session| session.user.take());
            if user.is_none() {
                if record.revocations.is_empty() {
                    return None;
                }
                record.revocations.remove(0);
            }
        }
    }

    /// Reads a record of any version; `None` if it is none, or one of a newer app.
    pub(crate) fn decode(text: &Secret) -> Option<Self> {
        // The text of the store is read here, back into types that hide it.
        let text = text.expose();
        let record: V1 = match json::read(text)? {
            Version { version: "1" } => json::read(text)?,
            Version { .. } => return None,
        };
        let session = match record.session {
            Some(session) => Some(StoredSession::read(session)?),
            None => None,
        };
        let revocations = record.revocations.iter().filter_map(|blob| Credential::parse(blob)).collect();
        let decision = Decision::of_record(record.decision);
        Some(Self { session, revocations, installation: record.installation, decision })
    }
}

/// The blob for the store, which is the one place where a credential rests.
fn blob(credential: &Credential) -> Zeroizing<String> {
    Zeroizing::new(credential.blob().expose().to_owned())
}

impl From<&StoredSession> for V1Session {
    fn from(session: &StoredSession) -> Self {
        let seconds =
            |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|t| t.as_secs());
        Self {
            credential: blob(&session.credential),
            session_id: session.session_id.clone(),
            user: session.user.clone().map(|user| V1User { id: user.id, name: user.name, email: user.email }),
            expires_at: session.expires_at.and_then(seconds),
            missing_factors: session
                .missing_factors
                .as_ref()
                .map(|factors| factors.iter().map(|factor| factor.as_str().to_owned()).collect()),
        }
    }
}

impl StoredSession {
    fn is_same(&self, other: &Self) -> bool {
        // Only whole seconds are stored.
        let seconds = |time: Option<SystemTime>| {
            time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).map(|time| time.as_secs())
        };
        self.credential.is_same(&other.credential)
            && self.session_id == other.session_id
            && self.user == other.user
            && seconds(self.expires_at) == seconds(other.expires_at)
            && self.missing_factors == other.missing_factors
    }

    fn read(stored: V1Session) -> Option<Self> {
        let time = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        Some(Self {
            credential: Credential::parse(&stored.credential)?,
            session_id: stored.session_id,
            user: stored.user.map(|user| User { id: user.id, name: user.name, email: user.email }),
            expires_at: stored.expires_at.and_then(time),
            missing_factors: stored
                .missing_factors
                .map(|names| names.iter().filter_map(|name| Factor::from_name(name)).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::samples::credential;

    /// Records that are on devices. These texts never change: to change one would be to forget how it is read.
    const SIGNED_IN: &str = include_str!("fixtures/v1-signed-in.json");
    const MFA_PENDING: &str = include_str!("fixtures/v1-mfa-pending.json");
    const REVOCATIONS: &str = include_str!("fixtures/v1-revocations.json");
    const INSTALLATION: &str = include_str!("fixtures/v1-installation.json");
    /// What Windows takes.
    const LONGEST: usize = 2_560;

    const DECISION: &str = include_str!("fixtures/v1-decision.json");

    fn decode(text: &str) -> Option<Record> {
        Record::decode(&Secret::from(text))
    }

    #[test]
    fn a_signed_in_record_is_read() {
        let session = decode(SIGNED_IN).and_then(|record| record.session).expect("a session");
        assert!(session.credential.is_same(&credential("6b04728f1f35584e8478", "00ff")));
        assert_eq!(session.session_id, "6b0472962518beeb479b");
        assert_eq!(session.user.expect("a user").email.as_deref(), Some("ada@example.com"));
        assert_eq!(session.expires_at, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_826_992_800)));
        assert_eq!(session.missing_factors, None);
    }

    #[test]
    fn a_record_that_lacks_a_factor_is_read() {
        let session = decode(MFA_PENDING).and_then(|record| record.session).expect("a session");
        assert_eq!(session.missing_factors, Some(vec![Factor::Totp, Factor::RecoveryCode]));
    }

    #[test]
    fn a_queue_of_revocations_is_read() {
        let record = decode(REVOCATIONS).expect("a record");
        assert!(record.session.is_none());
        assert_eq!(record.revocations.len(), 2);
    }

    #[test]
    fn a_record_that_names_its_installation_is_read() {
        let record = decode(INSTALLATION).expect("a record");
        assert_eq!(record.installation.as_deref(), Some("6b0472962518beeb479b6b0472962518"));
        assert!(record.session.is_some());
    }

    #[test]
    fn what_is_written_is_the_fixture() {
        for fixture in [SIGNED_IN, MFA_PENDING, REVOCATIONS, INSTALLATION, DECISION] {
            let record = decode(fixture).expect("a record");
            assert_eq!(record.encode(LONGEST).expect("a text").0.expose(), fixture.trim_end());
        }
    }

    #[test]
    fn a_record_that_numbers_its_decision_is_read() {
        assert_eq!(decode(DECISION).expect("a record").decision, Decision(1_795_478_400_000_000));
        assert_eq!(decode(SIGNED_IN).expect("a record").decision, Decision(0));
    }

    #[test]
    fn a_record_is_never_longer_than_the_smallest_store_takes() {
        let user = User { id: "ada".to_owned(), name: "n".repeat(600), email: Some("e".repeat(320)) };
        let session = StoredSession {
            credential: credential("ada", &"f".repeat(256)),
            session_id: "s".repeat(36),
            user: Some(user),
            expires_at: None,
            missing_factors: None,
        };
        let revocations = (0..16).map(|n| credential(&format!("user-{n}"), &"0".repeat(256))).collect();
        let record = Record { session: Some(session), revocations, ..Record::default() };
        let (text, left_out) = record.encode(LONGEST).expect("a text");
        assert!(text.expose().len() <= LONGEST);
        let kept = Record::decode(&text).expect("a record");
        assert_eq!(kept.session.expect("the session").credential.user_id(), "ada");
        assert_eq!(kept.revocations.last().expect("the newest").user_id(), "user-15");
        assert_eq!((kept.revocations.len() + left_out, kept.revocations.len() > 1), (16, true));
        let endless = StoredSession {
            credential: credential("ada", &"f".repeat(3_000)),
            ..record.session.expect("one")
        };
        assert!(Record { session: Some(endless), ..Record::default() }.encode(LONGEST).is_none());
    }

    #[test]
    fn what_is_no_record_is_none() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"version":"2"}"#,
            r#"{"version":"1","session":{"credential":"x","session_id":"s"}}"#,
        ] {
            assert!(decode(text).is_none(), "{text:?} was taken for a record");
        }
    }
}
