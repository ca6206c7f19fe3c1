//! The credential for a request that the app sends by itself, and what to do when it was refused.

use http::{HeaderMap, Method};

use super::{call::is_idempotent, problem::UNSEEN};
use crate::session::Held;

/// The headers that authorize one request which the app sends by itself.
///
/// They are for the URL that was asked about only: a client that follows redirects on its own must not follow them to another
/// origin with these headers. The values are marked sensitive, so `Debug` does not show them.
#[derive(Clone, Debug)]
pub struct Authorization {
    pub(super) headers: HeaderMap,
    pub(super) held: Held,
    /// The token in the headers, if there is one: the gateway that it is for, and its number.
    pub(super) token: Option<(usize, u64)>,
}

impl Authorization {
    /// The headers, with the credential.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id of the user whom the credential names.
    pub fn user_id(&self) -> &str {
        self.held.credential.user_id()
    }

    /// Sets the headers on a request, each in place of those of the same name. For `Cookie` that means that cookies which are
    /// there already are replaced.
    pub fn apply(&self, request: &mut HeaderMap) {
        for (name, value) in &self.headers {
            request.insert(name, value.clone());
        }
    }
}

/// What a gateway's 401 to an authorized request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The same user has another credential by now, or another access token can be had. Authorize the request again, and send it once more if it is idempotent.
    TryAgain,
    /// Appwrite accepts the credential: the 401 is the gateway's own decision. Sending the request again does not help.
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

impl Verdict {
    /// Whether the request can be sent once more, with a new [`Authorization`].
    pub fn should_try_again(self) -> bool {
        self == Self::TryAgain
    }

    /// Whether a request with this method, which was refused with 401, may be sent once more with a new [`Authorization`].
    ///
    /// It may if the verdict is [`TryAgain`](Self::TryAgain), and if the method is idempotent or the gateway says that its service
    /// did not see the request: `problem_type` is the header `X-Problem-Type` of the answer.
    pub fn allows_repetition(self, method: &Method, problem_type: Option<&str>) -> bool {
        let unseen = problem_type.is_some_and(|kind| UNSEEN.contains(&kind));
        self.should_try_again() && (is_idempotent(method) || unseen)
    }

    /// The verdict's stable name, the same in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TryAgain => "try_again",
            Self::SessionLives => "session_lives",
            Self::MfaRequired => "mfa_required",
            Self::SignedOut => "signed_out",
            Self::OtherUser => "other_user",
            Self::Undecided => "undecided",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_repeated_only_for_the_same_user_and_only_where_that_does_no_harm() {
        let again = Verdict::TryAgain;
        assert!(again.allows_repetition(&Method::GET, None));
        assert!(again.allows_repetition(&Method::PUT, Some("forbidden")));
        assert!(!again.allows_repetition(&Method::POST, None));
        assert!(!again.allows_repetition(&Method::POST, Some("forbidden")));
        assert!(again.allows_repetition(&Method::POST, Some("session_invalid")));
        for other in [Verdict::SessionLives, Verdict::OtherUser, Verdict::SignedOut, Verdict::Undecided] {
            assert!(!other.allows_repetition(&Method::GET, Some("session_invalid")), "{other:?}");
        }
    }
}
