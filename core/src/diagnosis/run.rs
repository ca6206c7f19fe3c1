//! Asks, side by side where it can, and within one limit of time.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use super::{
    Area, Diagnosis, Finding, Setup, appwrite, device,
    gateways::{Asked, judge},
};
use crate::{gateway::Gateways, host::later, session::Session};

/// The longest time for each of the three rounds: Appwrite and the store, the credential, the gateways.
const ROUND: Duration = Duration::from_millis(6_500);

type Check<'a> = Pin<Box<dyn Future<Output = Finding> + Send + 'a>>;

/// See [`SessionClient::diagnose`](crate::SessionClient::diagnose).
pub(crate) async fn diagnose(session: &Session, gateways: &Gateways, setup: &Setup) -> Diagnosis {
    let past = session.meter().failures.newest_first();
    let mut findings = device::configuration(setup, gateways.each());
    if session.is_closed() {
        findings.push(device::session(session));
    } else {
        let (stored, asked) = {
            let tasks = session.tasks();
            let reading = session.check_store();
            let asking = session.appwrite().ask_version();
            tokio::join!(tasks.by(round(), reading), tasks.by(round(), asking))
        };
        let storage = device::storage(session, stored.flatten());
        let (is_appwrite, reached) = match asked {
            Some(answer) => appwrite::reached(
                answer,
                setup.proxy_to(setup.endpoint.origin()).as_ref(),
                session.clock().now(),
            ),
            None => (false, vec![late(Area::Appwrite, "Appwrite has not answered in time.")]),
        };
        let credential = if is_appwrite { credential(session).await } else { None };
        let of_gateways = of_gateways(session, gateways, setup, credential.as_ref()).await;
        findings.extend([storage, device::session(session)]);
        findings.extend(reached);
        findings.extend(credential);
        findings.extend(of_gateways);
    }
    findings.extend(device::failures(setup, gateways.each(), session, past));
    Diagnosis { findings }
}

fn round() -> Instant {
    later(Instant::now(), ROUND)
}

fn late(area: Area, text: impl Into<String>) -> Finding {
    Finding::problem(area, "no_answer", text)
        .advise("Check whether a firewall drops the packets, and how long the server takes.")
}

/// Whether Appwrite accepts the credential; nothing if none is held.
async fn credential(session: &Session) -> Option<Finding> {
    let held = session.held_now()?;
    if !session.is_admitted() {
        let text = "The credential was not used: the user has to be present first.";
        return Some(Finding::unknown(Area::Credential, "presence_required", text));
    }
    let probed = session.tasks().by(round(), session.account_of(held)).await;
    Some(match probed {
        Some(probed) => appwrite::credential(probed.map(drop)),
        None => Finding::unknown(Area::Credential, "no_answer", "Appwrite has not answered in time."),
    })
}

/// Asks all gateways at once.
async fn of_gateways(
    session: &Session,
    gateways: &Gateways,
    setup: &Setup,
    credential: Option<&Finding>,
) -> Vec<Finding> {
    let held = session.now().ok().filter(|_| session.is_admitted());
    let asked = match (&held, credential) {
        (None, _) => Asked::Bare,
        (_, Some(Finding { code: "accepted", .. })) => Asked::Accepted,
        _ => Asked::Doubtful,
    };
    let deadline = round();
    let check = |(place, gateway)| -> Check<'_> {
        let checking = gateways.check(place, held.clone());
        Box::pin(async move {
            match session.tasks().by(deadline, checking).await {
                Some(answer) => judge(gateway, setup.proxy_to(&gateway.origin).as_ref(), asked, answer),
                None => late(Area::Gateway, format!("{} has not answered in time.", gateway.origin)),
            }
        })
    };
    all(gateways.each().enumerate().map(check).collect()).await
}

/// Runs all checks side by side. Their findings are in the order of the checks.
async fn all(mut checks: Vec<Check<'_>>) -> Vec<Finding> {
    let mut findings: Vec<Option<Finding>> = checks.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (check, finding) in checks.iter_mut().zip(&mut findings) {
            if finding.is_none()
                && let Poll::Ready(found) = check.as_mut().poll(context)
            {
                *finding = Some(found);
            }
        }
        if findings.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    findings.into_iter().flatten().collect()
}
