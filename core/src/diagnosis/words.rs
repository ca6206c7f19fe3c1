//! How causes and times are said.

use std::time::Duration;

use super::{Area, Finding};
use crate::{
    config::Origin,
    error::Error,
    host::{Cause, ProxyFault, TlsFault},
};

/// What a cause means, and what to do about it.
fn of_cause(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::Dns => (
            "its name cannot be resolved",
            "Check the spelling of the host, and whether the device is online and its DNS knows the name.",
        ),
        Cause::Refused => (
            "nothing listens there",
            "Check the port, and whether the server runs and its firewall lets the device in.",
        ),
        Cause::Unreachable => (
            "there is no route to it",
            "Check whether the device is online, and whether a VPN or firewall is in between.",
        ),
        Cause::Reset => (
            "the connection broke",
            "Check the server's log, and what is in between: a proxy, a VPN, a firewall.",
        ),
        Cause::Tls(TlsFault::Expired) => {
            ("its certificate has expired", "Renew the certificate, and check the clock of the device.")
        }
        Cause::Tls(TlsFault::NotYetValid) => {
            ("its certificate is not valid yet", "Set the clock of the device.")
        }
        Cause::Tls(TlsFault::WrongHost) => (
            "its certificate is for another host",
            "Check the host. On a network with a sign-in page, sign in there first.",
        ),
        Cause::Tls(TlsFault::UnknownIssuer) => (
            "no trusted authority has issued its certificate",
            "Give the client the root certificate if it is yours. Otherwise somebody in between reads the traffic: a company's proxy or an attacker.",
        ),
        Cause::Tls(TlsFault::Revoked) => ("its certificate was revoked", "Replace the certificate."),
        Cause::Tls(TlsFault::Pin) => (
            "its certificate has none of the keys that it is pinned to",
            "Somebody in between reads the traffic, or the server has a new key: then publish a version of the app with its pin.",
        ),
        Cause::Proxy(ProxyFault::Credentials) => {
            ("the proxy wants credentials, or others", "Give the client the proxy's user and password.")
        }
        Cause::Proxy(_) => {
            ("the proxy does not let it through", "Ask whoever runs the proxy to allow this host.")
        }
        Cause::Tls(_) => {
            ("the TLS handshake failed", "Check that the server speaks TLS 1.2 or 1.3 on this port.")
        }
        Cause::TimedOut(_) => (
            "no answer in time",
            "Check whether a firewall drops the packets, and how long the server takes.",
        ),
        Cause::Protocol => ("what answers does not speak HTTP", "Check the scheme and the port."),
        Cause::TooLarge => ("its answer is too long", "Check what answers there."),
    }
}

/// A request to `whom` that was not answered, on its way through `proxy`.
pub(super) fn unanswered(area: Area, whom: &str, proxy: Option<&Origin>, error: &Error) -> Finding {
    if let (Some(proxy), Some(cause @ (Cause::Dns | Cause::Refused | Cause::Unreachable))) =
        (proxy, error.cause())
    {
        // The name of the server is the proxy's to resolve, and its connection the proxy's to make.
        let (meaning, _) = of_cause(cause);
        let text = format!("The proxy {proxy} on the way to {whom} cannot be reached: {meaning}.");
        return Finding::problem(area, "proxy_unreachable", text).advise(
            "Check the proxy's address. It can belong to another network than the one that the device is in.",
        );
    }
    match error.cause() {
        Some(cause) => {
            let (meaning, advice) = of_cause(cause);
            Finding::problem(area, cause.as_str(), format!("No answer from {whom}: {meaning}."))
                .advise(advice)
        }
        None => {
            let code = error.code().as_str();
            Finding::problem(area, code, format!("No answer of use from {whom}: {error}."))
        }
    }
}

/// A length of time in the unit that suits it.
pub(super) fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_said_in_its_unit() {
        for (seconds, said) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 days")]
        {
            assert_eq!(length(Duration::from_secs(seconds)), said);
        }
    }
}
