//! The headers for requests that the app sends by itself.

use appwrite_session_core::{self as core, Method};

use super::{Header, lines};
use crate::verdict::Verdict;

/// The headers that authorize one request which the app sends by itself.
#[derive(uniffi::Object)]
pub struct Authorization(pub(crate) core::Authorization);

#[uniffi::export]
impl Authorization {
    /// The headers, with the credential: to be put on that one request as they are.
    pub fn headers(&self) -> Vec<Header> {
        lines(self.0.headers())
    }

    /// The id of the user whom the credential names.
    pub fn user_id(&self) -> String {
        self.0.user_id().to_owned()
    }
}

/// Whether a request that was refused with 401 may be sent once more with a new authorization: if the verdict says so, and if the
/// method is idempotent or the gateway says, by the header `X-Problem-Type` of its answer, that its service did not see the request.
#[uniffi::export]
pub fn allows_repetition(verdict: Verdict, method: String, problem_type: Option<String>) -> bool {
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return false };
    core::Verdict::from(verdict).allows_repetition(&method, problem_type.as_deref())
}
