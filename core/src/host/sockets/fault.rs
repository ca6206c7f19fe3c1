//! Reads what reqwest says about a failure: the only place that knows its errors, and those of the libraries below it.

use std::{error::Error as StdError, io};

use http::Uri;
use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use rustls::{CertificateError, Error as Rustls};
use tower_service::Service;

use super::pins::NotPinned;
use crate::host::{Cause, Phase, ProxyFault, TlsFault, TransportError};

/// What a proxy answered. The library gives the type no name of its own, and all connectors have the same.
type TunnelError = <Tunnel<HttpConnector> as Service<Uri>>::Error;

/// The failure of a request or of the body of its answer.
pub(super) fn read(error: &reqwest::Error) -> TransportError {
    let (connecting, building) = (error.is_connect(), error.is_builder());
    let found = causes(error).find_map(|cause| of_one(cause, connecting));
    let cause = match found {
        _ if building => Cause::Protocol,
        _ if error.is_dns() => Cause::Dns,
        Some(cause) => cause,
        None if connecting && error.is_timeout() => Cause::TimedOut(Phase::Connect),
        None if connecting => Cause::Unreachable,
        None => Cause::Reset,
    };
    let unsent = connecting || building || causes(error).any(was_not_taken);
    TransportError::new(cause, !unsent)
}

/// The error and everything that caused it. An `io::Error` hides what it holds from `source`, so that is looked into as well.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    // No library nests so deep; an endless chain would hang the call.
    std::iter::successors(Some(error), |error| cause_of(*error)).take(32)
}

fn cause_of<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn of_one(error: &(dyn StdError + 'static), connecting: bool) -> Option<Cause> {
    if let Some(tls) = error.downcast_ref::<Rustls>() {
        // After the handshake the certificate was accepted: the connection broke, and what was sent may have arrived.
        return Some(if connecting { Cause::Tls(of_tls(tls)) } else { Cause::Reset });
    }
    if let Some(http) = error.downcast_ref::<hyper::Error>() {
        if http.is_parse() {
            return Some(Cause::Protocol);
        }
        // The only timeout of hyper that is on: the ping of HTTP/2.
        return (http.is_timeout() || http.is_incomplete_message()).then_some(Cause::Reset);
    }
    if let Some(http2) = error.downcast_ref::<h2::Error>() {
        let ours = http2.is_library() && http2.reason().is_some();
        return ours.then_some(Cause::Protocol);
    }
    if let Some(tunnel) = error.downcast_ref::<TunnelError>() {
        return match tunnel {
            TunnelError::ProxyAuthRequired => Some(Cause::Proxy(ProxyFault::Credentials)),
            TunnelError::TunnelUnsuccessful | TunnelError::ProxyHeadersTooLong => {
                Some(Cause::Proxy(ProxyFault::Refused))
            }
            TunnelError::TunnelUnexpectedEof => Some(Cause::Reset),
            // It could not be reached; what this holds says why.
            TunnelError::ConnectFailed(_) | TunnelError::Io(_) | TunnelError::MissingHost => None,
        };
    }
    of_io(error.downcast_ref::<io::Error>()?, connecting)
}

fn of_io(error: &io::Error, connecting: bool) -> Option<Cause> {
    use io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::ConnectionRefused => Cause::Refused,
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::AddrNotAvailable => {
            Cause::Unreachable
        }
        Kind::TimedOut if connecting => Cause::TimedOut(Phase::Connect),
        // The system gave up an established connection.
        Kind::TimedOut => Cause::Reset,
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::NotConnected
        | Kind::UnexpectedEof => Cause::Reset,
        // What an error of TLS is wrapped in has this kind, too; what it holds is looked at first.
        Kind::InvalidData | Kind::InvalidInput
            if error.get_ref().is_none_or(|inner| !inner.is::<Rustls>()) =>
        {
            Cause::Protocol
        }
        _ => return None,
    })
}

fn of_tls(error: &Rustls) -> TlsFault {
    let Rustls::InvalidCertificate(certificate) = error else { return TlsFault::Other };
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongHost
        }
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        CertificateError::Other(other) if other.0.is::<NotPinned>() => TlsFault::Pin,
        CertificateError::Revoked => TlsFault::Revoked,
        _ => TlsFault::Other,
    }
}

/// Whether it says that the server did not take the request: it never left, or HTTP/2 turned it away.
fn was_not_taken(error: &(dyn StdError + 'static)) -> bool {
    if let Some(http) = error.downcast_ref::<hyper::Error>() {
        return http.is_canceled();
    }
    error.downcast_ref::<h2::Error>().is_some_and(|http2| {
        let refused = http2.is_reset() && http2.reason() == Some(h2::Reason::REFUSED_STREAM);
        let closing = http2.is_go_away() && http2.reason() == Some(h2::Reason::NO_ERROR);
        http2.is_remote() && (refused || closing)
    })
}
