//! Judges what a gateway answered.

use super::{Area, Finding, words::unanswered};
use crate::{
    config::{AllowedGateway, Origin},
    error::{Error, Result},
    gateway::Checked,
};

/// How the gateway was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Without a credential.
    Bare,
    /// With one that Appwrite has just accepted.
    Accepted,
    /// With one of which Appwrite has not said so.
    Doubtful,
}

pub(super) fn judge(
    gateway: &AllowedGateway,
    proxy: Option<&Origin>,
    asked: Asked,
    answer: Result<Checked>,
) -> Finding {
    let (area, origin) = (Area::Gateway, &gateway.origin);
    let checked = match answer {
        Ok(checked) => checked,
        Err(Error::SignedOut(..) | Error::MfaRequired(_) | Error::Superseded(_) | Error::Closed(_)) => {
            let text = format!("Nobody was signed in any more when {origin} answered.");
            return Finding::unknown(area, "not_signed_in", text);
        }
        Err(error) if error.cause().is_none() && gateway.carrier.issuer().is_some() => {
            let text = format!("No access token for {origin} can be had: {error}.");
            return Finding::problem(area, "no_token", text).advise(
                "Check that who issues the token (the gateway or Appwrite) runs and takes the session.",
            );
        }
        Err(error) => return unanswered(area, &origin.to_string(), proxy, &error),
    };
    let status = checked.status;
    match status {
        _ if checked.is_elsewhere || checked.is_page && status < 400 || status == 511 => {
            let text = format!("Something else answers in the place of {origin}, as a network with a sign-in page does.");
            Finding::problem(area, "captive_portal", text)
                .advise("On a network with a sign-in page, sign in there first. Otherwise check the gateway's address.")
        }
        200..=299 if checked.names_user => {
            Finding::ok(area, "carrier_accepted", format!("{origin} accepts the credential."))
        }
        401 if asked == Asked::Bare => {
            Finding::ok(area, "reached", format!("{origin} answers, and wants a session."))
        }
        401 if asked == Asked::Accepted => {
            let text = format!(
                "{origin} refuses the credential, which Appwrite accepts and which the header {} carries.",
                gateway.carrier.header_name()
            );
            Finding::problem(area, "carrier_refused", text).advise(
                "Check that the gateway asks the same endpoint and project, and that nothing in front of it drops the header; or choose another carrier.",
            )
        }
        401 => Finding::unknown(area, "unauthorized", format!("{origin} refuses the credential, of which Appwrite has not said that it lives.")),
        429 => Finding::warning(area, "rate_limited", format!("{origin} answers that there are too many requests.")),
        500.. => Finding::problem(area, "unavailable", format!("{origin} answers with status {status}."))
            .advise("Check the gateway's log, and that it reaches Appwrite."),
        403 => Finding::problem(area, "forbidden", format!("{origin} answers with status 403."))
            .advise("Check whether a firewall in front of the gateway, or the gateway itself, refuses the app or the user."),
        _ => Finding::unknown(area, "no_check", format!("{origin} answers with status {status}, and has no check of the session."))
            .advise("Gateways that have /_gateway/session tell whether they accept the credential."),
    }
}
