//! Asks Appwrite whether the credential lives, once for everybody who wonders, and applies the answer to that credential only.

use std::sync::PoisonError;

use super::{
    manager::Manager,
    publisher::Held,
    state::{Epoch, Event},
};
use crate::{
    appwrite::Failure,
    error::{Error, Result},
    model::{Account, Factor},
};

/// What a probe found out. What follows from it is in the state by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Appwrite answers the credential.
    Alive,
    /// Appwrite wants another factor.
    MfaPending,
    /// Appwrite does not know the credential any more.
    Ended,
    /// Nothing: no answer, or one that decides nothing. The session stands.
    Unknown,
}

impl Manager {
    /// A gateway answered 401 to a call that carried `held`. Asks Appwrite, unless the question is settled: by a newer credential,
    /// a probe under way (which is waited for), a fresh answer, or the circuit breaker. Whether Appwrite was asked and knows the
    /// credential.
    pub(crate) async fn arbitrate(&self, held: &Held) -> bool {
        let current = self.publisher.view().held.as_ref().map(|held| held.epoch);
        if current != Some(held.epoch) {
            return false;
        }
        let (manager, epoch, credential) = (self.clone(), held.epoch, held.credential.clone());
        let start = || {
            let now = self.clock.now();
            let admitted = self.breaker.lock().unwrap_or_else(PoisonError::into_inner).admits(epoch, now);
            tracing::debug!(admitted, "a gateway answered 401");
            admitted.then_some(async move {
                // Another process may have signed in anew: then the question is about a credential of yesterday.
                manager.refresh().await;
                if manager.publisher.view().held.as_ref().map(|held| held.epoch) != Some(epoch) {
                    return Verdict::Unknown;
                }
                let answer = manager.appwrite.account(&credential).await;
                let verdict = manager.judge(&Held { epoch, credential }, answer).await.0;
                let now = manager.clock.now();
                manager.breaker.lock().unwrap_or_else(PoisonError::into_inner).probed(epoch, now);
                verdict
            })
        };
        let verdict = self.probes.run(&self.tasks, held.epoch, start).await;
        tracing::debug!(?verdict, "arbitrated");
        verdict == Some(Verdict::Alive)
    }

    /// `GET /account` for the app, which is a probe as well.
    pub(crate) async fn account(&self) -> Result<Account> {
        let held = self.admitted_or_pending().await?;
        let manager = self.clone();
        self.tasks
            .run(async move {
                let answer = manager.appwrite.account(&held.credential).await;
                manager.judge(&held, answer).await.1
            })
            .await
    }

    /// Applies an answer of `GET /account`. The only place where Appwrite can end a session.
    pub(super) async fn judge(
        &self,
        held: &Held,
        answer: Result<Account, Failure>,
    ) -> (Verdict, Result<Account>) {
        let epoch = held.epoch;
        match answer {
            Ok(account) => {
                self.confirm(epoch, &account).await;
                (Verdict::Alive, Ok(account))
            }
            Err(failure) if failure.is_mfa_pending() => {
                // Without an answer the list stays empty, and the app offers what it knows its users to have.
                let factors = self.appwrite.factors(&held.credential).await.unwrap_or_default();
                self.require_factors(epoch, factors).await;
                (Verdict::MfaPending, Err(Error::MfaRequired))
            }
            Err(failure) if failure.is_guest() => {
                let mut ledger = self.ledger().await;
                self.end_session(&mut ledger, epoch).await;
                (Verdict::Ended, Err(Error::SignedOut(super::state::SignedOutReason::SessionEnded)))
            }
            Err(failure) => (Verdict::Unknown, Err(failure.into())),
        }
    }

    async fn confirm(&self, epoch: Epoch, account: &Account) {
        let mut ledger = self.ledger().await;
        let Some(session) = ledger.session_of(epoch) else { return };
        let event = Event::Verified { epoch, user: account.user.clone() };
        let stored = session.user.as_ref() == Some(&account.user) && session.missing_factors.is_none();
        session.user = Some(account.user.clone());
        session.missing_factors = None;
        if stored {
            self.note(&mut ledger, event);
        } else {
            // The user is kept for the next cold start's first screen; a store that refuses it is retried by the upkeep.
            let _ = self.commit(&mut ledger, event).await;
        }
    }

    pub(super) async fn require_factors(&self, epoch: Epoch, factors: Vec<Factor>) {
        let mut ledger = self.ledger().await;
        if let Some(session) = ledger.session_of(epoch) {
            session.missing_factors = Some(factors.clone());
            // As above: the record is a help after a restart, and Appwrite says it again if it is missing.
            let _ = self.commit(&mut ledger, Event::FactorsRequired { epoch, factors }).await;
        }
    }

    /// What an authorized call other than `GET /account` came to: a refusal that could mean the session's end is probed first.
    pub(super) async fn settle<T>(&self, epoch: Epoch, result: Result<T, Failure>) -> Result<T> {
        let failure = match result {
            Ok(value) => return Ok(value),
            Err(failure) if failure.is_guest() || failure.is_mfa_pending() => failure,
            Err(failure) => return Err(failure.into()),
        };
        let view = self.publisher.view();
        let Some(held) = view.held.as_ref().filter(|held| held.epoch == epoch) else {
            return Err(self.held().await.err().unwrap_or(Error::Superseded));
        };
        let answer = self.appwrite.account(&held.credential).await;
        match self.judge(held, answer).await {
            // Appwrite says both that it knows the user and that it does not: nothing is decided.
            (Verdict::Alive, _) if failure.is_guest() => {
                Err(Error::AppwriteUnavailable { status: Some(401), retry_after: None })
            }
            (_, Err(error)) => Err(error),
            (_, Ok(_)) => Err(failure.into()),
        }
    }
}
