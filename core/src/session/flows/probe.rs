//! Asks Appwrite whether the credential lives, once for everybody who wonders, and tells the machine what it said.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Instant,
};

use crate::{
    appwrite::{Appwrite, Failure},
    credential::Credential,
    error::{Error, Result, Sent},
    model::{Account, Factor},
    session::{
        SignedOutReason,
        handle::{Session, Shared},
        machine::{Epoch, Event, Finding},
        publisher::Held,
    },
};

/// What a probe found out. What follows from it is published by then.
#[derive(Clone, Debug)]
pub(crate) struct Probed {
    pub(crate) finding: Finding,
    /// Why nothing was found out.
    pub(crate) error: Option<Error>,
}

impl Session {
    /// A gateway answered 401 to a call that carried `held`. Asks Appwrite, unless the question is settled: by a newer credential,
    /// a probe under way (which is waited for), a fresh answer, or the circuit breaker. Look at [`now`](Self::now) afterwards.
    ///
    /// Whether Appwrite was asked, now or a moment ago, and knows the credential; `None` if it has not answered by `deadline`.
    pub(crate) async fn arbitrate(&self, held: &Held, deadline: Instant) -> Option<bool> {
        tracing::debug!("a gateway answered 401");
        self.appwrite.meter().unauthorized.add();
        // Boxed, because this is rare, and calls would be as large as this.
        let arbitrated: Pin<Box<dyn Future<Output = bool> + Send + '_>> = Box::pin(self.confirm(held));
        self.tasks.by(deadline, arbitrated).await
    }

    /// Asks Appwrite about `held`, unless the question is settled: see [`arbitrate`](Self::arbitrate). Whether Appwrite knows it.
    pub(in crate::session) async fn confirm(&self, held: &Held) -> bool {
        if !self.is_current(held.epoch) {
            return false;
        }
        if matches!(self.fresh(held.epoch), Some(Finding::Alive(_))) {
            return true;
        }
        let epoch = held.epoch;
        let (session, held) = (self.clone(), held.clone());
        // The clock and the log can be the app's, so neither is used below, where locks are held.
        let now = self.clock.now();
        let start = || {
            let admitted = self.breaker.lock().unwrap_or_else(PoisonError::into_inner).admits(epoch, now);
            admitted.then_some(async move {
                // Another process may have signed in anew: then the question is about a credential of yesterday.
                let _ = session.look().await;
                match session.fresh(held.epoch) {
                    Some(finding) => Probed { finding, error: None },
                    None if session.is_current(held.epoch) => session.probe(&held).await,
                    None => Probed { finding: Finding::Unknown, error: None },
                }
            })
        };
        let probed = self.probes.run(&self.tasks, epoch, start).await;
        tracing::debug!(answered = probed.is_some(), "arbitrated");
        probed.is_some_and(|probed| matches!(probed.finding, Finding::Alive(_)))
    }

    /// Somebody says that `held` may have ended. It is asked about although it was a moment ago; the circuit breaker counts it.
    #[cfg(feature = "realtime")]
    pub(super) async fn hinted(&self, held: &Held) -> bool {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).forget();
        self.confirm(held).await
    }

    /// The factors that the user can answer a challenge of. Also while one is missing.
    pub(crate) async fn factors(&self) -> Result<Vec<Factor>> {
        let held = self.admitted_or_pending().await?;
        let factors = self.appwrite_as(&held).factors(&held.credential).await;
        self.judged(&held, factors).await
    }

    /// `GET /account` for the app, which is a probe as well.
    pub(crate) async fn account(&self) -> Result<Account> {
        let held = self.admitted_or_pending().await?;
        self.account_of(held).await
    }

    /// As [`account`](Self::account), for the user of an operation before.
    pub(crate) async fn account_of(&self, held: Held) -> Result<Account> {
        let session = self.clone();
        self.tasks
            .run(async move {
                let (probed, account) = session.ask(&session.appwrite_as(&held), &held.credential).await;
                session.concluded(&held, &probed).await;
                match account {
                    Some(_) if !session.is_current(held.epoch) => Err(Error::Superseded(Sent::Something)),
                    Some(account) => Ok(account),
                    None => Err(session.refused(&held, probed).after_sending()),
                }
            })
            .await
    }

    /// What an authorized call other than `GET /account` came to: a refusal that could mean the session's end is probed first, once
    /// for all calls. What was asked as a user who is not signed in any more is [`Error::Superseded`].
    pub(super) async fn judged<T>(&self, held: &Held, result: Result<T, Failure>) -> Result<T> {
        let error = match result {
            Err(Failure::Withdrawn(Sent::Nothing)) => return Err(self.replaced()),
            Err(Failure::Withdrawn(Sent::Something)) => self.replaced(),
            Ok(value) if self.is_current(held.epoch) => return Ok(value),
            Ok(_) => self.replaced(),
            Err(failure) if failure.is_guest() || failure.is_mfa_pending() => {
                self.explained(held, failure).await
            }
            Err(failure) => failure.into(),
        };
        Err(error.after_sending())
    }

    /// The error of a call whose credential is not held any more.
    fn replaced(&self) -> Error {
        self.now_or_pending().err().unwrap_or(Error::Superseded(Sent::Nothing))
    }

    /// The error of a call as `held` that was refused, once it is known whether the session has ended.
    pub(super) async fn explained(&self, held: &Held, failure: Failure) -> Error {
        if !self.is_current(held.epoch) {
            return self.replaced();
        }
        let probed = match self.fresh(held.epoch) {
            Some(finding) => Probed { finding, error: None },
            None => {
                let (session, asked) = (self.clone(), held.clone());
                let start = || Some(async move { session.probe(&asked).await });
                let probed = self.probes.run(&self.tasks, held.epoch, start).await;
                probed.unwrap_or(Probed {
                    finding: Finding::Unknown,
                    error: Some(Error::Closed(Sent::Nothing)),
                })
            }
        };
        match probed.finding {
            // Appwrite says both that it knows the user and that it does not: nothing is decided.
            Finding::Alive(_) if failure.is_guest() => failure.undecided(),
            Finding::Alive(_) => failure.into(),
            _ => self.refused(held, probed),
        }
    }

    /// Asks Appwrite about a credential, and tells the machine nothing.
    pub(super) async fn find(&self, credential: &Credential) -> Probed {
        self.ask(&self.appwrite, credential).await.0
    }

    async fn probe(&self, held: &Held) -> Probed {
        let (probed, _) = self.ask(&self.appwrite_as(held), &held.credential).await;
        self.concluded(held, &probed).await;
        probed
    }

    async fn concluded(&self, held: &Held, probed: &Probed) {
        self.remember(held.epoch, &probed.finding);
        // A client that is closed meanwhile keeps the state that it had.
        let _ = self.tell(Event::Probed { epoch: held.epoch, finding: probed.finding.clone() }).await;
    }

    async fn ask(&self, appwrite: &Appwrite, credential: &Credential) -> (Probed, Option<Account>) {
        loop {
            let accepted = self.factors_accepted.load(Ordering::Acquire);
            let answer = ask_once(appwrite, credential).await;
            let is_pending = matches!(answer.0.finding, Finding::MfaPending(_));
            // A factor was accepted meanwhile, perhaps after Appwrite had looked: its answer would undo that.
            if !is_pending || self.factors_accepted.load(Ordering::Acquire) == accepted {
                return answer;
            }
        }
    }

    /// The error of a call as `held` that a probe has explained.
    fn refused(&self, held: &Held, probed: Probed) -> Error {
        match probed.finding {
            Finding::MfaPending(_) => Error::MfaRequired(Sent::Nothing),
            Finding::Ended if self.is_current(held.epoch) => {
                Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something)
            }
            Finding::Ended => self
                .now_or_pending()
                .err()
                .unwrap_or(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something)),
            Finding::Alive(_) | Finding::Unknown => probed.error.unwrap_or(Error::Superseded(Sent::Nothing)),
        }
    }

    pub(super) fn remember(&self, epoch: Epoch, finding: &Finding) {
        let now = self.clock.now();
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).probed(epoch, now, finding.clone());
    }

    fn fresh(&self, epoch: Epoch) -> Option<Finding> {
        let now = self.clock.now();
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).fresh(epoch, now)
    }

    pub(super) fn is_current(&self, epoch: Epoch) -> bool {
        self.publisher.holds(epoch)
    }
}

impl Shared {
    /// Asks about the credential of `epoch` in the background, because its record has vanished.
    ///
    /// Not shared with other probes: these may wait for the store, which waits for this answer.
    pub(in crate::session) fn start_probe(self: Arc<Self>, epoch: Epoch) {
        let tasks = self.tasks.clone();
        let session = Session::of(self);
        drop(tasks.spawn(async move {
            let held = session.publisher.view().held.clone().filter(|held| held.epoch == epoch);
            let finding = match held {
                Some(held) => tokio::select! {
                    probed = session.find(&held.credential) => probed.finding,
                    () = session.tasks.closed() => Finding::Unknown,
                },
                None => Finding::Unknown,
            };
            session.remember(epoch, &finding);
            session.note(Event::Probed { epoch, finding }).await;
        }));
    }
}

async fn ask_once(appwrite: &Appwrite, credential: &Credential) -> (Probed, Option<Account>) {
    let meter = appwrite.meter();
    meter.probes.add();
    let (finding, error, account) = match appwrite.account(credential).await {
        Ok(account) => (Finding::Alive(account.user.clone()), None, Some(account)),
        Err(failure) if failure.is_mfa_pending() => {
            // Without an answer the list stays empty, and the app offers what it knows its users to have.
            let factors = appwrite.factors(credential).await.unwrap_or_default();
            (Finding::MfaPending(factors), None, None)
        }
        Err(failure) if failure.is_guest() => (Finding::Ended, None, None),
        // A server can be stuck in answering guests with a page of HTML there, and still answer elsewhere.
        Err(failure) if failure.is_unreadable_401() && is_guest_elsewhere(appwrite, credential).await => {
            (Finding::Ended, None, None)
        }
        Err(failure) => (Finding::Unknown, Some(failure.into()), None),
    };
    match finding {
        Finding::Alive(_) => meter.probes_alive.add(),
        Finding::MfaPending(_) => meter.probes_mfa_required.add(),
        Finding::Ended => meter.probes_ended.add(),
        Finding::Unknown => meter.probes_undecided.add(),
    }
    (Probed { finding, error }, account)
}

async fn is_guest_elsewhere(appwrite: &Appwrite, credential: &Credential) -> bool {
    appwrite.current_session(credential).await.is_err_and(|failure| failure.is_guest())
}
