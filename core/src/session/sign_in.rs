//! Signing in, and the second factor: how a credential comes to be held.

use super::{
    manager::{Ledger, Manager},
    publisher::Held,
    record::StoredSession,
    state::{Epoch, Event, SessionState, SignedOutReason},
};
use crate::{
    appwrite::{Login, SignIn},
    error::{Error, Result},
    model::{Account, Factor, MfaChallenge},
};

impl Manager {
    /// Creates a user, and nothing else.
    pub(crate) async fn sign_up(&self, email: &str, password: &str, name: Option<&str>) -> Result<Account> {
        if self.tasks.is_closed() {
            return Err(Error::Closed);
        }
        Ok(self.appwrite.create_account(email, password, name).await?)
    }

    /// Signs in, in a task that goes on when the caller is gone: from the moment Appwrite answers, the session is stored or
    /// queued for revocation.
    pub(crate) async fn sign_in(&self, sign_in: SignIn) -> Result<SessionState> {
        self.writable()?;
        let manager = self.clone();
        self.tasks
            .run(async move {
                let sign_outs = manager.ready_for_sign_in().await?;
                let login = manager.appwrite.create_session(&sign_in).await?;
                let held = manager.keep(login, sign_outs).await?;
                manager.conclude(held).await
            })
            .await
    }

    /// Waits for the store to be read: signing in over a session that is only locked away would lose it.
    async fn ready_for_sign_in(&self) -> Result<u64> {
        match self.held_or_pending().await {
            Ok(_) | Err(Error::SignedOut(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(self.ledger().await.sign_outs)
    }

    /// Puts the new credential into the store before anything else is done with it. What it replaces is revoked; if a sign-out
    /// came in between, it is the new one that is.
    async fn keep(&self, login: Login, sign_outs: u64) -> Result<Held> {
        let mut ledger = self.ledger().await;
        let Login { credential, session } = login;
        if ledger.sign_outs != sign_outs {
            ledger.revocations.push(credential);
            let read = self.reconcile(&mut ledger, true).await;
            let _ = self.write(&mut ledger, read).await;
            self.nudge.notify_one();
            return Err(Error::Superseded);
        }
        let replaced = ledger.session.take().map(|(_, old)| old.credential);
        ledger.revocations.extend(replaced);
        let epoch = ledger.next_epoch();
        let stored = StoredSession {
            credential: credential.clone(),
            // Empty where the answer's body was lost: the credential came with its head.
            session_id: session.as_ref().map(|session| session.id.clone()).unwrap_or_default(),
            user: None,
            expires_at: session.and_then(|session| session.expires_at),
            missing_factors: None,
        };
        ledger.session = Some((epoch, stored));
        self.forget_gateway_cookies();
        // A store that refuses does not undo the sign-in: it stands in memory, is published as such, and is saved by the upkeep.
        let read = self.reconcile(&mut ledger, true).await;
        let _ = self.write(&mut ledger, read).await;
        Ok(Held { epoch, credential })
    }

    /// Asks who it is, and publishes the outcome as one change.
    async fn conclude(&self, held: Held) -> Result<SessionState> {
        let epoch = held.epoch;
        self.user_is_present();
        let answer = self.appwrite.account(&held.credential).await;
        let (user, factors) = match &answer {
            Ok(account) => (Some(account.user.clone()), None),
            Err(failure) if failure.is_mfa_pending() => {
                (None, Some(self.appwrite.factors(&held.credential).await.unwrap_or_default()))
            }
            Err(_) => (None, None),
        };
        let mut ledger = self.ledger().await;
        let Some(session) = ledger.session_of(epoch) else { return Err(Error::Superseded) };
        session.user.clone_from(&user);
        session.missing_factors.clone_from(&factors);
        let verified = answer.is_ok();
        let _ = self.commit(&mut ledger, Event::SignedIn { epoch, user, verified, factors }).await;
        if !ledger.revocations.is_empty() {
            self.nudge.notify_one();
        }
        if answer.is_err_and(|failure| failure.is_guest()) {
            // Revoked between the two requests.
            self.end_session(&mut ledger, epoch).await;
            return Err(Error::SignedOut(SignedOutReason::SessionEnded));
        }
        Ok(ledger.standing.state.clone())
    }

    /// Asks Appwrite for a challenge of `factor`.
    pub(crate) async fn create_challenge(&self, factor: Factor) -> Result<MfaChallenge> {
        let held = self.held_or_pending().await?;
        let manager = self.clone();
        self.tasks
            .run(async move {
                let challenge = manager.appwrite.create_challenge(factor, &held.credential).await;
                manager.settle(held.epoch, challenge).await
            })
            .await
    }

    /// Answers a challenge, and asks who it is.
    pub(crate) async fn answer_challenge(
        &self,
        challenge: MfaChallenge,
        code: String,
    ) -> Result<SessionState> {
        self.writable()?;
        let held = self.held_or_pending().await?;
        let manager = self.clone();
        self.tasks
            .run(async move {
                let answered =
                    manager.appwrite.answer_challenge(&challenge.id, &code, &held.credential).await;
                manager.settle(held.epoch, answered).await?;
                manager.complete(held).await
            })
            .await
    }

    async fn complete(&self, held: Held) -> Result<SessionState> {
        let answer = self.appwrite.account(&held.credential).await;
        let unreachable =
            answer.as_ref().is_err_and(|failure| !failure.is_guest() && !failure.is_mfa_pending());
        let (_, judged) = self.judge(&held, answer).await;
        let mut ledger = self.ledger().await;
        if unreachable {
            // The factor was accepted; only the question who it is went unanswered.
            self.accept_factor(&mut ledger, held.epoch).await;
        } else {
            judged?;
        }
        Ok(ledger.standing.state.clone())
    }

    async fn accept_factor(&self, ledger: &mut Ledger, epoch: Epoch) {
        if let Some(session) = ledger.session_of(epoch) {
            session.missing_factors = None;
            let user = session.user.clone();
            let event = Event::SignedIn { epoch, user, verified: false, factors: None };
            let _ = self.commit(ledger, event).await;
        }
    }
}
