//! What a gateway's 401 to a request that the app sent by itself means.

use appwrite_session_core::{SessionClient, SessionState};

use crate::gateway::Authorization;

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
    /// Appwrite could not be asked, or its answer decides nothing. The session is kept.
    Undecided,
}

impl Verdict {
    pub(crate) const ALL: [Self; 6] = [
        Self::TryAgain,
        Self::SessionLives,
        Self::MfaRequired,
        Self::SignedOut,
        Self::OtherUser,
        Self::Undecided,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TryAgain => "try_again",
            Self::SessionLives => "session_lives",
            Self::MfaRequired => "mfa_required",
            Self::SignedOut => "signed_out",
            Self::OtherUser => "other_user",
            Self::Undecided => "undecided",
        }
    }

    /// Has the 401 arbitrated, and compares what is held afterwards with what was refused.
    pub(crate) async fn of(client: &SessionClient, refused: &Authorization) -> Self {
        match client.report_unauthorized(&refused.core).await {
            SessionState::SignedIn { .. } => {}
            SessionState::MfaRequired { .. } => return Self::MfaRequired,
            SessionState::SignedOut { .. } => return Self::SignedOut,
            SessionState::Restoring | SessionState::StorageLocked => return Self::Undecided,
        }
        match client.authorize(&refused.target).await {
            Ok(now) if now.user_id() != refused.core.user_id() => Self::OtherUser,
            Ok(now) if !now.is_same_credential(&refused.core) => Self::TryAgain,
            Ok(_) => Self::SessionLives,
            Err(_) => Self::Undecided,
        }
    }
}
