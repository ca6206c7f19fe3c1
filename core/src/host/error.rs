//! Why a request got no whole answer: a closed list of causes, and whether the request may have arrived.

use crate::error::Error;

/// Why a request got no whole answer.
///
/// It holds no text, because what an HTTP library says about a failure can contain the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportError {
    cause: Cause,
    may_have_arrived: bool,
    idempotent: bool,
}

/// What went wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The host's name could not be resolved.
    Dns,
    /// The host refused the connection: nothing listens on the port.
    Refused,
    /// There is no route to the host, or the device has no network.
    Unreachable,
    /// An established connection broke, or did not answer any more and was given up.
    Reset,
    /// The TLS handshake failed. Nothing was sent.
    Tls(TlsFault),
    /// The proxy that the app has chosen made no connection to the host. Nothing was sent to the host.
    Proxy(ProxyFault),
    /// A time limit passed.
    TimedOut(Phase),
    /// The answer is not HTTP, or its head has too many or too long headers.
    Protocol,
    /// The answer's body is longer than the limit for it.
    TooLarge,
}

/// What is wrong with a server's certificate or its TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsFault {
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet. The device's clock may be wrong.
    NotYetValid,
    /// The certificate is for another host.
    WrongHost,
    /// No trusted authority issued the certificate.
    UnknownIssuer,
    /// The certificate was revoked.
    Revoked,
    /// The certificate is trusted, and neither it nor what issued it has one of the keys that the app has pinned
    /// ([`Pins`](crate::Pins)). Somebody intercepts the connection, or the server has a new key that this version of the app does not know.
    Pin,
    /// Something else in the handshake failed.
    Other,
}

/// Why a proxy made no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyFault {
    /// It asks for credentials, or does not accept those that it got (407).
    Credentials,
    /// It refused otherwise: it does not allow the host, could not reach it, or is no proxy.
    Refused,
}

/// The time limit that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// `Timeouts::connect`: no connection was established.
    Connect,
    /// `Timeouts::idle`: no byte moved in either direction.
    Idle,
    /// `Timeouts::total`, or the time limit of the one call.
    Total,
}

impl Cause {
    /// The cause's stable name, the same in every language: for example `dns`, `tls_expired` or `timed_out_idle`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Reset => "reset",
            Self::Tls(TlsFault::Expired) => "tls_expired",
            Self::Tls(TlsFault::NotYetValid) => "tls_not_yet_valid",
            Self::Tls(TlsFault::WrongHost) => "tls_wrong_host",
            Self::Tls(TlsFault::UnknownIssuer) => "tls_unknown_issuer",
            Self::Tls(TlsFault::Revoked) => "tls_revoked",
            Self::Tls(TlsFault::Pin) => "tls_pin",
            Self::Tls(TlsFault::Other) => "tls_other",
            Self::Proxy(ProxyFault::Credentials) => "proxy_credentials",
            Self::Proxy(ProxyFault::Refused) => "proxy_refused",
            Self::TimedOut(Phase::Connect) => "timed_out_connect",
            Self::TimedOut(Phase::Idle) => "timed_out_idle",
            Self::TimedOut(Phase::Total) => "timed_out_total",
            Self::Protocol => "protocol",
            Self::TooLarge => "too_large",
        }
    }
}

impl TransportError {
    /// A failure as the client reports it, for tests of apps. It is of a call that is not idempotent.
    pub fn new(cause: Cause, may_have_arrived: bool) -> Self {
        Self { cause, may_have_arrived, idempotent: false }
    }

    /// The same failure as that of a whole call, which may have been sent before, and may be idempotent.
    pub(crate) fn of_call(self, sent_before: bool, idempotent: bool) -> Self {
        let may_have_arrived = self.may_have_arrived || sent_before;
        Self { may_have_arrived, idempotent, ..self }
    }

    /// What went wrong.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Whether the request may have reached the server. `false` says that the server certainly did nothing with it.
    pub fn may_have_arrived(&self) -> bool {
        self.may_have_arrived
    }

    /// Whether the same call can work later: the fault can pass, and a second call does no harm.
    pub fn is_retryable(&self) -> bool {
        let passes = matches!(
            self.cause,
            Cause::Dns | Cause::Refused | Cause::Unreachable | Cause::Reset | Cause::TimedOut(_)
        );
        passes && (self.idempotent || !self.may_have_arrived)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        match error.cause {
            Cause::Dns | Cause::Refused | Cause::Unreachable | Cause::Reset => Self::Network(error),
            Cause::Tls(_) => Self::Untrusted(error),
            Cause::Proxy(_) => Self::Proxy(error),
            Cause::TimedOut(_) => Self::Timeout(error),
            Cause::Protocol => Self::InvalidResponse(Some(error)),
            Cause::TooLarge => Self::ResponseTooLarge(error),
        }
    }
}
