//! Signing in, and the second factor.

use std::{future::Future, sync::atomic::Ordering};

use crate::{
    Secret,
    appwrite::{Challenge, Failure, Login, SignIn},
    credential::Credential,
    error::{Error, Result, Sent},
    id_token::IdToken,
    model::{Account, Factor, MfaChallenge},
    session::{
        SessionState, SignedOutReason,
        attempt::Attempt,
        handle::Session,
        machine::{Event, Finding, Outcome},
        publisher::Held,
    },
};

impl Session {
    /// Creates a user, and nothing else.
    pub(crate) async fn sign_up(&self, email: &str, password: &str, name: Option<&str>) -> Result<Account> {
        if self.tasks.is_closed() {
            return Err(Error::Closed(Sent::Nothing));
        }
        Ok(self.appwrite.create_account(email, password, name).await?)
    }

    /// Signs in. The attempt is numbered now, when this is called. Once polled, the work goes on when the future is dropped: from
    /// the moment Appwrite answers, the session is stored or queued for revocation.
    pub(crate) fn sign_in(
        &self,
        sign_in: SignIn,
    ) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        let (session, attempt) = (self.clone(), self.attempt());
        async move {
            session.writable()?;
            let tasks = session.tasks.clone();
            tasks.run(async move { session.signed_in(sign_in, attempt).await }).await
        }
    }

    pub(super) async fn signed_in(&self, sign_in: SignIn, attempt: Attempt) -> Result<SessionState> {
        self.may_sign_in(attempt).await?;
        let login = self.appwrite.create_session(&sign_in, None).await?;
        self.answered(login, attempt).await
    }

    /// Waits until the store was read, and fails if a later decision has taken effect by then. Nothing was sent yet.
    pub(super) async fn may_sign_in(&self, attempt: Attempt) -> Result<()> {
        self.store_was_read().await?;
        if self.is_superseded(attempt) { Err(Error::Superseded(Sent::Nothing)) } else { Ok(()) }
    }

    /// Signs in by linking: the session that is held goes on until the new one has arrived. The attempt is numbered now, when this is
    /// called.
    pub(crate) fn link(&self, token: &IdToken) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        let (session, attempt, sign_in) = (self.clone(), self.attempt(), token.sign_in());
        async move {
            session.writable()?;
            let sign_in = sign_in?;
            let held = session.admitted().await?;
            let tasks = session.tasks.clone();
            tasks.run(async move { session.linked(sign_in, held, attempt).await }).await
        }
    }

    async fn linked(&self, sign_in: SignIn, held: Held, attempt: Attempt) -> Result<SessionState> {
        self.may_sign_in(attempt).await?;
        match self.appwrite_as(&held).create_session(&sign_in, Some(&held.credential)).await {
            Ok(login) if login.credential.user_id() != held.credential.user_id() => {
                Err(self.not_linked(login, &held).await)
            }
            Ok(login) => self.answered(login, attempt).await,
            Err(failure) => match self.judged(&held, Err::<(), _>(failure)).await {
                Err(error) => Err(error),
                // A failure is never judged to be a success.
                Ok(()) => Err(Error::Internal),
            },
        }
    }

    /// Appwrite knows the session of `held` no more, so it took the token for a sign-in of the token's own user. Nobody asked for that, and it
    /// is revoked.
    async fn not_linked(&self, login: Login, held: &Held) -> Error {
        match self.tell(sign_in_answered(login, Attempt::OUTDATED)).await {
            Ok(_) => self.explained(held, Failure::Unintelligible(None)).await.after_sending(),
            Err(error) => error.after_sending(),
        }
    }

    /// Takes in what a sign-in was answered with.
    async fn answered(&self, login: Login, attempt: Attempt) -> Result<SessionState> {
        let credential = login.credential.clone();
        let event = sign_in_answered(login, attempt);
        self.kept(credential, event).await.map_err(Error::after_sending)
    }

    /// Takes a new credential in, and asks whose it is.
    pub(super) async fn kept(&self, credential: Credential, event: Event) -> Result<SessionState> {
        let Outcome::Kept(epoch) = self.tell(event).await?.outcome else {
            return Err(Error::Superseded(Sent::Nothing));
        };
        self.appwrite.meter().sign_ins.add();
        self.user_is_present();
        let finding = self.find(&credential).await.finding;
        self.tell(Event::Probed { epoch, finding: finding.clone() }).await?;
        let view = self.publisher.view();
        match &view.held {
            Some(held) if held.epoch == epoch => Ok(view.change.state.clone()),
            // It was revoked between the two requests, and not because the user has signed out.
            None if finding == Finding::Ended
                && view.change.state == SessionState::SignedOut { reason: SignedOutReason::SessionEnded } =>
            {
                Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Nothing))
            }
            _ => Err(Error::Superseded(Sent::Nothing)),
        }
    }

    /// Asks Appwrite for a challenge of `factor`.
    pub(crate) async fn create_challenge(&self, factor: Factor) -> Result<MfaChallenge> {
        let held = self.held_or_pending().await?;
        let session = self.clone();
        self.tasks
            .run(async move {
                let challenge = session.appwrite_as(&held).create_challenge(factor, &held.credential).await;
                session.judged(&held, challenge).await
            })
            .await
    }

    /// Answers a challenge, and asks who it is.
    pub(crate) async fn answer_challenge(
        &self,
        challenge: MfaChallenge,
        code: Secret,
    ) -> Result<SessionState> {
        self.writable()?;
        let challenge = Challenge::parse(&challenge)?;
        let held = self.held_or_pending().await?;
        let session = self.clone();
        self.tasks
            .run(async move {
                let appwrite = session.appwrite_as(&held);
                let answered = appwrite.answer_challenge(&challenge, &code, &held.credential).await;
                session.judged(&held, answered).await?;
                session.factor_accepted(&held).await.map_err(Error::after_sending)
            })
            .await
    }

    async fn factor_accepted(&self, held: &Held) -> Result<SessionState> {
        self.factors_accepted.fetch_add(1, Ordering::AcqRel);
        let probed = self.find(&held.credential).await;
        self.remember(held.epoch, &probed.finding);
        let event = match &probed.finding {
            // The factor was accepted; only the question who it is went unanswered.
            Finding::Unknown => Event::FactorAccepted { epoch: held.epoch },
            finding => Event::Probed { epoch: held.epoch, finding: finding.clone() },
        };
        self.tell(event).await?;
        match probed.finding {
            Finding::Ended => Err(self.now_or_pending().err().unwrap_or(Error::Superseded(Sent::Nothing))),
            Finding::MfaPending(_) => Err(Error::MfaRequired(Sent::Nothing)),
            Finding::Alive(_) | Finding::Unknown => {
                let view = self.publisher.view();
                let current = view.held.as_ref().is_some_and(|now| now.epoch == held.epoch);
                if current { Ok(view.change.state.clone()) } else { Err(Error::Superseded(Sent::Nothing)) }
            }
        }
    }
}

fn sign_in_answered(login: Login, attempt: Attempt) -> Event {
    let Login { credential, session } = login;
    let (session_id, expires_at) =
        session.map(|session| (session.id, session.expires_at)).unwrap_or_default();
    Event::SignInAnswered { attempt, credential, session_id, expires_at }
}
