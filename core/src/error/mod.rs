//! What can go wrong, told by what the app should do about it.

mod code;
mod detail;
mod refusal;

use std::time::Duration;

pub use code::ErrorCode;
pub use detail::{CallbackFault, FileFault, ScreenFault, SensitiveAction, Unsupported};
pub use refusal::Refusal;

use crate::{
    config::ConfigError,
    gateway::UnexpectedStatus,
    host::{Cause, TransportError},
    session::SignedOutReason,
};

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// Each variant is one thing for the app to do, and holds closed fields only: no text of a server, a platform or a request can
/// travel in an error. [`code`](Error::code) is stable across versions and the same in every language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration or an argument cannot work. Fix the code; the text says what to write instead.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Appwrite refused the e-mail or password. Let the user try again.
    #[error("Appwrite refused the sign-in data")]
    InvalidCredentials,
    /// A one-time code or token is wrong, used up or expired. Ask for a new one.
    #[error("the code or token is wrong or no longer valid")]
    InvalidToken,
    /// Appwrite refused the request as it stands (a malformed e-mail, a password that is too short, an unknown id).
    #[error("Appwrite refused the request ({0})")]
    InvalidInput(Refusal),
    /// It exists already: a user with this id, e-mail or phone, to whom the app offers to sign in; or a passkey, a verification or
    /// recovery codes, which need not be made again.
    #[error("a user with this id, e-mail or phone, or what else was to be made, exists already")]
    AlreadyExists,
    /// Nobody is signed in, for the given reason. Show the sign-in screen.
    #[error("nobody is signed in ({})", .0.as_str())]
    SignedOut(SignedOutReason, Sent),
    /// The sign-in needs a second factor. Ask for it; the session is kept.
    #[error("a second factor is needed to complete the sign-in")]
    MfaRequired(Sent),
    /// The user is blocked. The session is kept: the block can be lifted.
    #[error("the user is blocked")]
    UserBlocked,
    /// Appwrite forbids this whatever the user does: an unregistered app, a switched-off sign-in method, a wrong project.
    #[error("Appwrite forbids this ({0})")]
    Forbidden(Refusal),
    /// This Appwrite, or the way in which the session was created, does not support what was asked for, whatever the input is. Offer
    /// something else; the session is kept.
    #[error("Appwrite does not support this here ({0})")]
    Unsupported(Unsupported),
    /// Appwrite wants a sign-in or a second factor of the last minutes for this. The session is kept. Let the user sign in again, or answer
    /// a challenge of a second factor, and make the call again.
    #[error("Appwrite wants the user to sign in again before {0}")]
    ReauthenticationRequired(SensitiveAction),
    /// Appwrite wants a challenge of a second factor, answered in the last half hour, for this. The session is kept. Create a challenge,
    /// let the user answer it, and make the call again.
    #[error("Appwrite wants a second factor before this")]
    ChallengeRequired,
    /// The URL is not the answer to the sign-in in the browser that was begun. Nothing has changed.
    #[error("the URL does not complete the sign-in in the browser ({0})")]
    CallbackRejected(CallbackFault),
    /// The platform's screen for the sign-in could not do its work. Nothing was sent, and the session is kept. This comes from the packages
    /// that show the screens (Google, Apple, passkeys, browser); a user who closes one is an outcome of its own, and no error.
    #[error("the platform's screen failed: {}", .0.meaning())]
    ScreenFailed(ScreenFault),
    /// A file of the app could not be read or written: the body of a call, or where its answer was to go. Nothing is left half written.
    #[error("the file cannot be used: {}", .0.meaning())]
    FileFailed(FileFault, Sent),
    /// Too many requests. Try again after the given time, where it is known.
    #[error("too many requests")]
    RateLimited {
        /// How long to wait.
        retry_after: Option<Duration>,
    },
    /// The network failed: no connection, or a broken one. Try again when the network is back.
    #[error("the network failed ({})", .0.cause().as_str())]
    Network(TransportError),
    /// No answer in time.
    #[error("no answer in time ({})", .0.cause().as_str())]
    Timeout(TransportError),
    /// The server's TLS certificate is not trusted, or the handshake failed otherwise. Nothing was sent. A later call fails
    /// likewise until somebody mends the server, its certificate, or the device's clock.
    #[error("the server's TLS certificate is not trusted ({})", .0.cause().as_str())]
    Untrusted(TransportError),
    /// The proxy between the app and the server asks for credentials, or refuses the connection. Nothing was sent. The device is not
    /// offline: correct the app's [`Proxy`](crate::Proxy), or ask whoever runs the proxy.
    #[error("the proxy made no connection ({})", .0.cause().as_str())]
    Proxy(TransportError),
    /// Appwrite, or something in front of it, does not work or does not make sense. Try again later; nothing was decided.
    #[error("Appwrite is unavailable{}", .status.map(|s| format!(" (status {s})")).unwrap_or_default())]
    AppwriteUnavailable {
        /// The HTTP status, if there was an answer.
        status: Option<u16>,
        /// How long to wait, if the answer said so.
        retry_after: Option<Duration>,
    },
    /// The secure store is locked. It is tried again by itself, and at `resume`.
    #[error("the secure store is locked")]
    StorageLocked,
    /// The secure store does not take the record. What was asked for is done in memory, and saved as soon as that works.
    #[error("the secure store is unavailable")]
    StorageUnavailable,
    /// The user did not confirm to be present, or could not be asked because the app is in the background. Nothing was sent. Offer a
    /// button to unlock, and make the call again.
    #[error("user presence is required")]
    PresenceRequired,
    /// The URL is of no allowed gateway, so the call did not leave.
    #[error("{origin} is not an allowed gateway; give it to the client as one if it is yours")]
    OriginNotAllowed {
        /// The origin that was refused: scheme, host and port, nothing else of the URL.
        origin: String,
    },
    /// The gateway redirected in a way that cannot be followed: too often, to nowhere, from https to http, to a URL with a user
    /// name or password, or to an origin that is no allowed gateway with a request other than a GET or HEAD without a body.
    #[error("the gateway's redirect cannot be followed")]
    InvalidRedirect,
    /// The answer is not of the expected form: its body is not what was asked for, or, with a cause, it is not HTTP or has too
    /// many headers. Mend the server.
    #[error("the answer is not of the expected form")]
    InvalidResponse(Option<TransportError>),
    /// The answer's body is longer than the limit for it. Ask for less, or raise the limit
    /// ([`response_limit`](crate::GatewayRequest::response_limit)).
    #[error("the answer is longer than its limit")]
    ResponseTooLarge(TransportError),
    /// The gateway answered with a status other than 2xx to a call whose answer was asked for as a success
    /// ([`json`](crate::GatewayResponse::json), [`error_for_status`](crate::GatewayResponse::error_for_status)), or to the question for the
    /// access token that the call was to carry ([`Carrier::AccessToken`](crate::Carrier::AccessToken)).
    #[error("the gateway answered with {0}")]
    UnexpectedStatus(Box<UnexpectedStatus>),
    /// A sign-out or another sign-in overtook this call. A sign-in's session is being revoked; a gateway call that would have
    /// had to be sent again was not, because another user is signed in by now.
    #[error("overtaken by a sign-out or another sign-in")]
    Superseded(Sent),
    /// The client was closed.
    #[error("the client is closed")]
    Closed(Sent),
    /// A bug of this library ended the work. Please report it.
    #[error("a bug in appwrite-session; please report it")]
    Internal,
}

impl Error {
    /// The stable code of this error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Config(_) => ErrorCode::Config,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::InvalidToken => ErrorCode::InvalidToken,
            Self::InvalidInput(_) => ErrorCode::InvalidInput,
            Self::AlreadyExists => ErrorCode::AlreadyExists,
            Self::SignedOut(..) => ErrorCode::SignedOut,
            Self::MfaRequired(_) => ErrorCode::MfaRequired,
            Self::UserBlocked => ErrorCode::UserBlocked,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::Unsupported(_) => ErrorCode::Unsupported,
            Self::ReauthenticationRequired(_) => ErrorCode::ReauthenticationRequired,
            Self::ChallengeRequired => ErrorCode::ChallengeRequired,
            Self::CallbackRejected(_) => ErrorCode::CallbackRejected,
            Self::ScreenFailed(_) => ErrorCode::ScreenFailed,
            Self::FileFailed(..) => ErrorCode::FileFailed,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Network(_) => ErrorCode::Network,
            Self::Timeout(_) => ErrorCode::Timeout,
            Self::Untrusted(_) => ErrorCode::Untrusted,
            Self::Proxy(_) => ErrorCode::Proxy,
            Self::AppwriteUnavailable { .. } => ErrorCode::AppwriteUnavailable,
            Self::StorageLocked => ErrorCode::StorageLocked,
            Self::StorageUnavailable => ErrorCode::StorageUnavailable,
            Self::PresenceRequired => ErrorCode::PresenceRequired,
            Self::OriginNotAllowed { .. } => ErrorCode::OriginNotAllowed,
            Self::InvalidRedirect => ErrorCode::InvalidRedirect,
            Self::InvalidResponse(_) => ErrorCode::InvalidResponse,
            Self::ResponseTooLarge(_) => ErrorCode::ResponseTooLarge,
            Self::UnexpectedStatus(_) => ErrorCode::UnexpectedStatus,
            Self::Superseded(_) => ErrorCode::Superseded,
            Self::Closed(_) => ErrorCode::Closed,
            Self::Internal => ErrorCode::Internal,
        }
    }

    /// Whether the same call can work later without anybody changing anything.
    ///
    /// Where the network failed, a call that is not idempotent and may have arrived is not retryable, so its work is not done twice.
    /// Where there was an answer ([`UnexpectedStatus`](Self::UnexpectedStatus), [`RateLimited`](Self::RateLimited),
    /// [`AppwriteUnavailable`](Self::AppwriteUnavailable)), its status decides: before a call that is not idempotent is repeated, look
    /// at [`may_have_arrived`](Self::may_have_arrived), too.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Network(failure) | Self::Timeout(failure) => failure.is_retryable(),
            Self::UnexpectedStatus(answer) => answer.is_retryable(),
            Self::ScreenFailed(fault) => fault.is_retryable(),
            Self::RateLimited { .. }
            | Self::AppwriteUnavailable { .. }
            | Self::StorageLocked
            | Self::StorageUnavailable => true,
            _ => false,
        }
    }

    /// What failed in the network, in TLS or in HTTP, if that is why there is no answer.
    pub fn cause(&self) -> Option<Cause> {
        self.transport().map(TransportError::cause)
    }

    /// Whether the request may have reached the server, so that the work may have been done. `false` says that it certainly was
    /// not: for example because no connection was established, or because the call was refused before it was sent.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::OriginNotAllowed { .. }
            | Self::CallbackRejected(_)
            | Self::ScreenFailed(_)
            | Self::StorageLocked
            | Self::PresenceRequired => false,
            Self::SignedOut(_, sent)
            | Self::MfaRequired(sent)
            | Self::Superseded(sent)
            | Self::FileFailed(_, sent)
            | Self::Closed(sent) => *sent == Sent::Something,
            Self::UnexpectedStatus(answer) => !answer.is_before_call(),
            _ => self.transport().is_none_or(TransportError::may_have_arrived),
        }
    }

    /// The same error of a call of which something had been sent when this came.
    pub(crate) fn after_sending(self) -> Self {
        match self {
            Self::SignedOut(reason, _) => Self::SignedOut(reason, Sent::Something),
            Self::MfaRequired(_) => Self::MfaRequired(Sent::Something),
            Self::Superseded(_) => Self::Superseded(Sent::Something),
            Self::Closed(_) => Self::Closed(Sent::Something),
            other => other,
        }
    }

    /// The same error, which came while a call was prepared, so that nothing of the call itself was sent.
    pub(crate) fn before_call(self) -> Self {
        let unsent = |failure: TransportError| TransportError::new(failure.cause(), false);
        match self {
            Self::SignedOut(reason, _) => Self::SignedOut(reason, Sent::Nothing),
            Self::MfaRequired(_) => Self::MfaRequired(Sent::Nothing),
            Self::Superseded(_) => Self::Superseded(Sent::Nothing),
            Self::Closed(_) => Self::Closed(Sent::Nothing),
            Self::Network(failure) => Self::Network(unsent(failure)),
            Self::Timeout(failure) => Self::Timeout(unsent(failure)),
            Self::Untrusted(failure) => Self::Untrusted(unsent(failure)),
            Self::Proxy(failure) => Self::Proxy(unsent(failure)),
            Self::ResponseTooLarge(failure) => Self::ResponseTooLarge(unsent(failure)),
            Self::InvalidResponse(failure) => Self::InvalidResponse(failure.map(unsent)),
            Self::UnexpectedStatus(answer) => Self::UnexpectedStatus(Box::new(answer.before_call())),
            other => other,
        }
    }

    /// The same error of a call that is `action`.
    pub(crate) fn of_action(self, action: SensitiveAction) -> Self {
        match self {
            Self::ReauthenticationRequired(_) => Self::ReauthenticationRequired(action),
            other => other,
        }
    }

    fn transport(&self) -> Option<&TransportError> {
        match self {
            Self::Network(failure)
            | Self::Timeout(failure)
            | Self::Untrusted(failure)
            | Self::Proxy(failure)
            | Self::ResponseTooLarge(failure)
            | Self::InvalidResponse(Some(failure)) => Some(failure),
            _ => None,
        }
    }

    /// How long to wait before the next try, if somebody said so. At most 30 days.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::AppwriteUnavailable { retry_after, .. } => *retry_after,
            Self::UnexpectedStatus(answer) => answer.retry_after(),
            _ => None,
        }
    }

    /// The stable name of what more is known: for [`Unsupported`](Self::Unsupported) the first version of Appwrite that supports it, for
    /// [`ReauthenticationRequired`](Self::ReauthenticationRequired) the action ([`SensitiveAction::as_str`]), for
    /// [`CallbackRejected`](Self::CallbackRejected) the fault ([`CallbackFault::as_str`]), and for
    /// [`ScreenFailed`](Self::ScreenFailed) and [`FileFailed`](Self::FileFailed), too ([`ScreenFault::as_str`], [`FileFault::as_str`]).
    pub fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Unsupported(unsupported) => unsupported.since(),
            Self::ReauthenticationRequired(action) => Some(action.as_str()),
            Self::CallbackRejected(fault) => Some(fault.as_str()),
            Self::ScreenFailed(fault) => Some(fault.as_str()),
            Self::FileFailed(fault, _) => Some(fault.as_str()),
            _ => None,
        }
    }

    /// What Appwrite answered, if it refused in its own words.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::InvalidInput(refusal) | Self::Forbidden(refusal) => Some(refusal),
            Self::Unsupported(unsupported) => unsupported.refusal(),
            _ => None,
        }
    }
}

/// What was sent of a call that ended because of the session or the client, and not because of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sent {
    /// Nothing: the call ended before its first request, or no request was delivered.
    Nothing,
    /// A request, which may have arrived.
    Something,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Phase, ProxyFault, TlsFault};

    #[test]
    fn only_what_can_pass_and_does_no_harm_twice_is_retryable() {
        let error = |cause, arrived, idempotent| {
            Error::from(TransportError::new(cause, arrived).of_call(false, idempotent))
        };
        for (cause, arrived, idempotent, retryable) in [
            (Cause::Dns, false, false, true),
            (Cause::Reset, true, false, false),
            (Cause::Reset, true, true, true),
            (Cause::TimedOut(Phase::Total), true, false, false),
            (Cause::TimedOut(Phase::Connect), false, false, true),
            (Cause::Tls(TlsFault::Expired), false, true, false),
            (Cause::Proxy(ProxyFault::Credentials), false, true, false),
            (Cause::Proxy(ProxyFault::Refused), false, true, false),
            (Cause::Protocol, true, true, false),
            (Cause::TooLarge, true, true, false),
        ] {
            let error = error(cause, arrived, idempotent);
            assert_eq!(error.is_retryable(), retryable, "{error:?}");
            assert_eq!((error.cause(), error.may_have_arrived()), (Some(cause), arrived));
        }
        let code = |cause| error(cause, true, true).code().as_str();
        assert_eq!(code(Cause::Tls(TlsFault::WrongHost)), "untrusted");
        assert_eq!(code(Cause::Proxy(ProxyFault::Credentials)), "proxy");
        assert_eq!(code(Cause::Protocol), "invalid_response");
        assert_eq!(code(Cause::TooLarge), "response_too_large");
        assert!(!Error::StorageLocked.may_have_arrived());
    }
}
