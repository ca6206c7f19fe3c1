//! What a gateway's 401 to a request that the app sent by itself means.

use appwrite_session_core as core;

/// What a gateway's 401 to an authorized request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Verdict {
    /// The same user has another credential by now. Authorize the request again, and send it once more if it is idempotent.
    TryAgain,
    /// Appwrite accepts the credential: the 401 is the gateway's own decision.
    SessionLives,
    /// The session needs a second factor.
    MfaRequired,
    /// Nobody is signed in any more.
    SignedOut,
    /// Another user is signed in by now. The request was not that user's: do not send it again.
    OtherUser,
    /// Appwrite could not be asked, was asked a moment ago already, or its answer decides nothing. The session is kept.
    Undecided,
}

/// Those that this version knows.
pub(crate) const ALL: [core::Verdict; 6] = [
    core::Verdict::TryAgain,
    core::Verdict::SessionLives,
    core::Verdict::MfaRequired,
    core::Verdict::SignedOut,
    core::Verdict::OtherUser,
    core::Verdict::Undecided,
];

impl From<core::Verdict> for Verdict {
    fn from(verdict: core::Verdict) -> Self {
        match verdict {
            core::Verdict::TryAgain => Self::TryAgain,
            core::Verdict::SessionLives => Self::SessionLives,
            core::Verdict::MfaRequired => Self::MfaRequired,
            core::Verdict::SignedOut => Self::SignedOut,
            core::Verdict::OtherUser => Self::OtherUser,
            // What a newer core says decides nothing here.
            _ => Self::Undecided,
        }
    }
}

impl From<Verdict> for core::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::TryAgain => Self::TryAgain,
            Verdict::SessionLives => Self::SessionLives,
            Verdict::MfaRequired => Self::MfaRequired,
            Verdict::SignedOut => Self::SignedOut,
            Verdict::OtherUser => Self::OtherUser,
            Verdict::Undecided => Self::Undecided,
        }
    }
}
