//! The one error that crosses: the core's, with closed fields only.

use appwrite_session_core::{Error, SignedOutReason as Reason};

use crate::models::SignedOutReason;

/// Why a call failed. The hand-written API of each language makes its own error type of it, by `code`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CoreError {
    /// What the core said.
    #[error("{text}")]
    Failed {
        /// The stable code; see `error_codes`.
        code: String,
        /// A sentence for developers. Holds nothing of a server's answer, a request or the platform.
        text: String,
        /// Whether the same call can work later without anybody changing anything.
        retryable: bool,
        /// How long to wait before the next try, in milliseconds, if somebody said so.
        retry_after_ms: Option<u64>,
        /// The stable name of what failed in the network, in TLS or in HTTP, if that is why there is no answer; see `failure_causes`.
        failure_cause: Option<String>,
        /// Whether the request may have reached the server, so that its work may have been done.
        may_have_arrived: bool,
        /// The HTTP status, if Appwrite answered.
        status: Option<u16>,
        /// Appwrite's own error `type`, if it refused in its own words.
        appwrite_type: Option<String>,
        /// With the code `signed_out`: why.
        reason: Option<SignedOutReason>,
        /// With the code `origin_not_allowed`: the origin that was refused.
        origin: Option<String>,
        /// The stable name of what more is known: with `unsupported` the first version of Appwrite that supports it, with
        /// `reauthentication_required` the action, with `callback_rejected`, `screen_failed` and `file_failed` the fault.
        detail: Option<String>,
    },
}

impl From<Error> for CoreError {
    fn from(error: Error) -> Self {
        let refusal = error.refusal();
        let status = match &error {
            Error::AppwriteUnavailable { status, .. } => *status,
            Error::UnexpectedStatus(answer) => Some(answer.status().as_u16()),
            _ => refusal.map(|refusal| refusal.status()),
        };
        let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self::Failed {
            code: error.code().as_str().to_owned(),
            text: error.to_string(),
            retryable: error.is_retryable(),
            retry_after_ms: error.retry_after().map(millis),
            failure_cause: error.cause().map(|cause| cause.as_str().to_owned()),
            may_have_arrived: error.may_have_arrived(),
            status,
            appwrite_type: refusal.map(|refusal| refusal.kind().to_owned()),
            reason: signed_out(&error).map(SignedOutReason::from),
            origin: match &error {
                Error::OriginNotAllowed { origin } => Some(origin.clone()),
                _ => None,
            },
            detail: error.detail().map(str::to_owned),
        }
    }
}

/// The stable names of all causes of a failure.
#[uniffi::export]
pub fn failure_causes() -> Vec<String> {
    use appwrite_session_core::{Cause, Phase, ProxyFault, TlsFault};
    let plain = [Cause::Dns, Cause::Refused, Cause::Unreachable, Cause::Reset];
    let tls = [
        TlsFault::Expired,
        TlsFault::NotYetValid,
        TlsFault::WrongHost,
        TlsFault::UnknownIssuer,
        TlsFault::Revoked,
        TlsFault::Pin,
        TlsFault::Other,
    ];
    let timed_out = [Phase::Connect, Phase::Idle, Phase::Total];
    let all = plain
        .into_iter()
        .chain(tls.map(Cause::Tls))
        .chain([ProxyFault::Credentials, ProxyFault::Refused].map(Cause::Proxy))
        .chain(timed_out.map(Cause::TimedOut))
        .chain([Cause::Protocol, Cause::TooLarge]);
    all.map(|cause| cause.as_str().to_owned()).collect()
}

fn signed_out(error: &Error) -> Option<Reason> {
    match error {
        Error::SignedOut(reason, _) => Some(*reason),
        _ => None,
    }
}

/// The stable names of all faults of the platform's screens.
#[uniffi::export]
pub fn screen_faults() -> Vec<String> {
    use appwrite_session_core::ScreenFault;
    ScreenFault::ALL.iter().map(|fault| fault.as_str().to_owned()).collect()
}
