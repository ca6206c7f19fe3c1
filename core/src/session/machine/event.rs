//! What the machine is told, and what it asks for.

use std::time::{Duration, SystemTime};

use crate::{
    credential::Credential,
    model::{Factor, User},
    session::{
        attempt::{Attempt, Decision},
        record::Record,
    },
    store::StoreError,
};

/// Numbers the credentials that a client has held, in order. What is learned about one is applied only to that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Epoch(pub(crate) u64);

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The store was read. The number is what a decision would have that is made now.
    Read(Reading, Decision),
    /// The store took the record, except so many of its oldest revocations, for which there was no room.
    Written { left_out: usize },
    /// The store held something other than what was read last, and was left as it is.
    Conflict(Reading),
    /// The store could not do what it was asked.
    StoreFailed(StoreError),
    /// The store did not answer in time. What it was asked is still under way.
    StoreHangs,
    /// The app came to the foreground: read the store again, and try again whatever failed.
    Refresh,
    /// Somebody needs to know what the store holds now: read it again.
    Look,
    /// The time to try again has come, or the network has changed.
    Retry,
    /// Appwrite created a session. The session's id and expiry are unknown if only the head of the answer arrived.
    SignInAnswered {
        attempt: Attempt,
        credential: Credential,
        session_id: String,
        expires_at: Option<SystemTime>,
    },
    /// The app brings the session that one of Appwrite's own SDKs left on the device.
    Import { attempt: Attempt, credential: Credential },
    /// The app signs out: of any session, or only of the one whose credential has the epoch `of`.
    SignOut { attempt: Attempt, of: Option<Epoch> },
    /// Appwrite deleted every session of the user who holds the credential of `epoch`.
    SignedOutEverywhere { attempt: Attempt, epoch: Epoch },
    /// Appwrite was asked about the credential of `epoch`.
    Probed { epoch: Epoch, finding: Finding },
    /// Appwrite accepted the second factor of the credential of `epoch`.
    FactorAccepted { epoch: Epoch },
    /// Appwrite told the id or the expiry of the session of `epoch`.
    SessionLearned { epoch: Epoch, session_id: String, expires_at: Option<SystemTime> },
    /// A revocation was tried.
    RevocationTried { credential: Credential, result: Revoked },
}

/// What Appwrite says about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It lives, and this is its user.
    Alive(User),
    /// It lives, and Appwrite wants one of these factors before it is of use. The list is empty if Appwrite could not be asked.
    MfaPending(Vec<Factor>),
    /// Appwrite does not know it any more.
    Ended,
    /// Nothing: no answer, or one that decides nothing.
    Unknown,
}

/// What became of one try to revoke a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// The session is gone.
    Done,
    /// It could not be revoked now.
    Later,
    /// Appwrite refuses to revoke it as long as nothing changes, for example because the user is blocked.
    Refused,
    /// Appwrite will never revoke it, for example because the project was deleted.
    Never,
}

/// What the store holds.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    /// What was read or written last.
    Same,
    /// Nothing.
    Nothing,
    /// A record.
    Found(Box<Record>),
    /// What was there cannot be read and was set aside.
    Lost,
    /// A record of an installation of the app before this one.
    Reinstalled(Box<Record>),
}

/// Something to be done, in the order of the list.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Tell everybody what [`Machine::view`](super::Machine::view) says now.
    Publish,
    /// Forget the cookies of gateways, which belong to the credential before.
    ForgetGatewayCookies,
    /// Ask the store. Answered by [`Event::Read`], [`Event::Written`], [`Event::Conflict`] or [`Event::StoreFailed`].
    Store(StoreCall),
    /// Revoke this session at Appwrite. Answered by [`Event::RevocationTried`].
    Revoke(Credential),
    /// Ask Appwrite whether the credential of this epoch lives. Answered by [`Event::Probed`].
    Probe(Epoch),
    /// Send [`Event::Retry`] after this time, in place of an earlier time.
    RetryIn(Duration),
}

/// A call of the store. There is at most one at a time.
#[derive(Clone, Debug)]
pub(crate) enum StoreCall {
    /// Read the record.
    Read,
    /// Replace what was read or written last by this record; an empty record is removed.
    Write(Box<Record>),
}

/// What became of an event at once. What the store makes of it is known later; see
/// [`Machine::is_saved`](super::Machine::is_saved).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was applied, or it was no news.
    Applied,
    /// The credential is kept, under this epoch.
    Kept(Epoch),
    /// A later attempt was called before; nothing else came of this one.
    Superseded,
    /// The very credential is held already.
    AlreadyHeld,
    /// Another credential is held.
    Declined,
}
