//! What is known on this device: the configuration, the secure store, the session, and what failed before.

use super::{Area, Finding, words::length};
use crate::{
    config::{AllowedGateway, Endpoint, Origin, ProjectId, ProxyRoute, Timeouts},
    metrics::PastFailure,
    session::{Session, SessionState, SignedOutReason},
    store::{Persistence, StoreError},
};

/// How the client was built, as far as its other parts do not know it.
pub(crate) struct Setup {
    pub(crate) endpoint: Endpoint,
    pub(crate) project: ProjectId,
    pub(crate) timeouts: Timeouts,
    pub(crate) root_certificates: usize,
    pub(crate) pinned: bool,
    /// The proxy that requests go through, without its credentials.
    pub(crate) proxy: Option<ProxyRoute>,
    pub(crate) has_server_trust: bool,
    pub(crate) is_read_only: bool,
    pub(crate) requires_presence: bool,
}

impl Setup {
    /// The proxy that requests to `origin` go through, if that is certain.
    pub(super) fn proxy_to(&self, origin: &Origin) -> Option<Origin> {
        let route = self.proxy.as_ref().filter(|route| route.leads_to(origin))?;
        Some(Origin::of(&route.url))
    }
}

pub(super) fn configuration<'a>(
    setup: &Setup,
    gateways: impl Iterator<Item = &'a AllowedGateway>,
) -> Vec<Finding> {
    let area = Area::Configuration;
    let mut findings = vec![Finding::ok(
        area,
        "appwrite",
        format!("Appwrite at {}, project {}.", setup.endpoint.as_str(), setup.project.as_str()),
    )];
    findings.extend(gateways.map(|gateway| {
        Finding::ok(area, "gateway", format!("Gateway {}, carrier {:?}.", gateway.origin, gateway.carrier))
    }));
    if findings.len() == 1 {
        let none = Finding::warning(area, "no_gateway", "No gateway is allowed.");
        findings.push(none.advise("Give the builder the gateways of the app, if there are any."));
    }
    let Timeouts { connect, idle, total, store } = setup.timeouts;
    let times = [connect, idle, total, store].map(length);
    let [connect, idle, total, store] = &times;
    findings.push(Finding::ok(
        area,
        "timeouts",
        format!("Timeouts: connect {connect}, idle {idle}, total {total}, store {store}."),
    ));
    let judge = if setup.has_server_trust { "the app" } else { "the platform" };
    findings.push(Finding::ok(
        area,
        "trust",
        format!(
            "Certificates are judged by {judge}, with {} root certificates of the app.",
            setup.root_certificates
        ),
    ));
    if setup.pinned {
        findings.push(Finding::ok(area, "pins", "Keys of servers are pinned.".to_owned()));
    }
    if let Some(proxy) = &setup.proxy {
        let proxy = Origin::of(&proxy.url);
        findings.push(Finding::ok(area, "proxy", format!("Requests go through the proxy {proxy}.")));
    }
    if setup.is_read_only {
        findings.push(Finding::ok(area, "read_only", "The client only reads the stored session."));
    }
    if setup.requires_presence {
        findings.push(Finding::ok(area, "presence", "The session is used only while the user is present."));
    }
    findings
}

/// `read` is whether the store can be read; nothing, if it has not answered in time.
pub(super) fn storage(session: &Session, read: Option<Result<(), StoreError>>) -> Finding {
    let area = Area::Storage;
    let again = "Unlock the device; the store is read again by itself, and at resume().";
    match read {
        Some(Err(StoreError::Locked)) => {
            Finding::problem(area, "locked", "The secure store is locked.").advise(again)
        }
        Some(Err(StoreError::Corrupt)) => {
            Finding::problem(area, "corrupt", "What is stored cannot be read for good.")
                .advise("Sign in anew; the record is set aside.")
        }
        Some(Err(StoreError::Unavailable)) => {
            Finding::problem(area, "unavailable", "The secure store cannot be reached.").advise(
                "Check that the platform's store runs and that the app may use it. Until then sessions last as long as the process.",
            )
        }
        None => Finding::problem(area, "no_answer", "The secure store has not answered in time.")
            .advise("Check whether a dialog of the platform waits for the user."),
        Some(Ok(())) if session.store_persistence() == Persistence::MemoryOnly => {
            Finding::warning(area, "keeps_nothing", "The store can be read, and keeps nothing beyond the process.")
                .advise("Use the platform's own store, unless this is a test.")
        }
        Some(Ok(())) if session.change().persistence == Persistence::MemoryOnly => {
            Finding::problem(area, "not_saved", "The store can be read, and did not take the session.")
                .advise("The client tries it again by itself, and at resume().")
        }
        Some(Ok(())) => Finding::ok(area, "readable", "The secure store can be read."),
    }
}

pub(super) fn session(session: &Session) -> Finding {
    let area = Area::Session;
    if session.is_closed() {
        return Finding::problem(area, "closed", "The client is closed.").advise("Build another one.");
    }
    match session.change().state {
        SessionState::Restoring => Finding::unknown(area, "restoring", "The secure store is being read."),
        SessionState::StorageLocked => Finding::warning(
            area,
            "storage_locked",
            "Whether there is a session is not known: the store is locked.",
        ),
        SessionState::MfaRequired { .. } => {
            Finding::warning(area, "mfa_required", "There is a session that needs a second factor.")
                .advise("Let the user answer a challenge.")
        }
        SessionState::SignedIn { verified, .. } => {
            let verified = if verified { "confirmed since the app started" } else { "not confirmed yet" };
            let now = session.clock().now();
            let expiry = match session.expires_at().map(|at| at.duration_since(now)) {
                Some(Ok(left)) => format!("expires in {}", length(left)),
                Some(Err(since)) => {
                    format!("has expired {} ago by this device's clock", length(since.duration()))
                }
                None => "has an expiry that is not known".to_owned(),
            };
            Finding::ok(area, "signed_in", format!("There is a session, {verified}; it {expiry}."))
        }
        SessionState::SignedOut { reason } => {
            let (code, text) = (reason.as_str(), "Nobody is signed in");
            match reason {
                SignedOutReason::NoSession | SignedOutReason::SignedOut => {
                    Finding::ok(area, code, format!("{text}."))
                }
                SignedOutReason::SessionEnded => {
                    Finding::problem(area, code, format!("{text}: Appwrite has said that the session is no more."))
                        .advise("It was revoked, it has expired, its user was deleted, or it is of another project. Sign in anew.")
                }
                SignedOutReason::StorageLost => {
                    Finding::problem(area, code, format!("{text}: the stored session could not be read for good."))
                        .advise("This follows a restored backup or a lost key. Sign in anew.")
                }
                SignedOutReason::StorageUnavailable => {
                    Finding::problem(area, code, format!("{text}: the secure store cannot be reached."))
                }
            }
        }
    }
}

/// The failures before this diagnosis, the newest first.
pub(super) fn failures<'a>(
    setup: &Setup,
    gateways: impl Iterator<Item = &'a AllowedGateway>,
    session: &Session,
    past: Vec<PastFailure>,
) -> Vec<Finding> {
    let (now, appwrite) = (session.clock().elapsed(), setup.endpoint.origin());
    let gateways: Vec<_> = gateways.collect();
    let finding = |PastFailure { code, status, origin, at }: PastFailure| {
        let place = if *appwrite == origin {
            "Appwrite".to_owned()
        } else if gateways.iter().any(|gateway| gateway.origin == origin) {
            format!("gateway {origin}")
        } else {
            // A redirect led there. Its host is somebody else's text.
            "another origin".to_owned()
        };
        let status = status.map(|status| format!(" with status {status}")).unwrap_or_default();
        let ago = length(now.saturating_sub(at));
        Finding::warning(Area::Failures, code, format!("A request to {place} failed{status} {ago} ago."))
    };
    past.into_iter().map(finding).collect()
}
