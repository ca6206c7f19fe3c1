//! The endpoints of the account API, one function each.
//!
//! Paths are the spellings that every version from 1.5 to 1.9 answers (contract §3, path drift), given as segments.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::Method;

use super::{
    Appwrite, Challenge, Failure, Id, Reply,
    body::texts,
    failure,
    wire::{self, factor_spellings},
};
use crate::{
    Secret,
    credential::{Credential, capture},
    model::{Account, Factor, MfaChallenge, Session},
    transport::{Exchanged, Response},
};

/// `/account/sessions/current`.
const CURRENT_SESSION: &[&str] = &["account", "sessions", "current"];
/// `/account/mfa/challenge`.
const CHALLENGE: &[&str] = &["account", "mfa", "challenge"];

/// A session that was created, with the credential that proves it.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) credential: Credential,
    /// `None` if only the head of the answer could be read.
    pub(crate) session: Option<Session>,
}

/// How to sign in. A new way is a variant here and an endpoint in [`Appwrite::create_session`], nothing else.
pub(crate) enum SignIn {
    Email {
        email: String,
        password: Secret,
    },
    Anonymous,
    Token {
        user_id: Id,
        secret: Secret,
    },
    IdToken {
        provider: &'static str,
        token: Secret,
        nonce: Option<Secret>,
        access_token: Option<Secret>,
        name: Option<String>,
    },
}

impl SignIn {
    /// The last segment of the path, and the body.
    fn request(&self) -> (&'static str, Option<Bytes>) {
        // Passwords and secrets leave their type here, into the body of the one request that they are for.
        match self {
            Self::Email { email, password } => {
                ("email", texts(&[("email", email.as_str()), ("password", password.expose())]))
            }
            Self::Anonymous => ("anonymous", texts(&[])),
            Self::Token { user_id, secret } => {
                ("token", texts(&[("userId", user_id.as_str()), ("secret", secret.expose())]))
            }
            Self::IdToken { provider, token, nonce, access_token, name } => {
                let mut fields = vec![("provider", *provider), ("idToken", token.expose())];
                fields.extend(nonce.as_ref().map(|nonce| ("nonce", nonce.expose())));
                fields.extend(access_token.as_ref().map(|token| ("accessToken", token.expose())));
                fields.extend(name.as_deref().map(|name| ("name", name)));
                ("id-token", texts(&fields))
            }
        }
    }

    /// The first version that has this way, if not all do.
    fn since(&self) -> Option<&'static str> {
        matches!(self, Self::IdToken { .. }).then_some("2.1")
    }
}

impl Appwrite {
    /// `POST /account`. Does not sign in.
    pub(crate) async fn create_account(
        &self,
        email: &str,
        password: &str,
        name: Option<&str>,
    ) -> Result<Account, Failure> {
        let mut fields = vec![("userId", "unique()"), ("email", email), ("password", password)];
        fields.extend(name.map(|name| ("name", name)));
        read(wire::account, &self.call(Method::POST, &["account"], texts(&fields), None).await?)
    }

    /// Creates a session: `POST /account/sessions/{email,anonymous,token,id-token}`. Without a credential (contract §12.4), but for
    /// linking: an ID token that comes with one is linked to its account (contract §2x.2.1).
    pub(crate) async fn create_session(
        &self,
        sign_in: &SignIn,
        credential: Option<&Credential>,
    ) -> Result<Login, Failure> {
        let (kind, body) = sign_in.request();
        let path = ["account", "sessions", kind];
        let Exchanged { head, body, .. } = self.exchange(Method::POST, &path, body, credential).await?;
        if !head.status.is_success() {
            let response =
                Response { status: head.status, headers: head.headers, body: body.map_err(failure)? };
            let failure = Failure::read(&response, self.clock.now());
            return Err(match sign_in.since() {
                Some(since) => failure.of_route_since(since),
                None => failure,
            });
        }
        // The session exists from here on, and its credential came with the head: whatever becomes of the body, it is not lost.
        let Some(credential) = capture(&head.headers, &self.project) else {
            return Err(body.err().map_or(Failure::Unintelligible(None), failure));
        };
        let session = body.ok().and_then(|body| read(wire::session, &Reply { body }).ok());
        // A credential of somebody else, which a broken cache in between could serve, is not kept.
        if session.as_ref().is_some_and(|session| session.user_id != credential.user_id()) {
            return Err(Failure::Unintelligible(None));
        }
        Ok(Login { credential, session })
    }

    /// `GET /account`: the one question that decides whether a credential lives.
    pub(crate) async fn account(&self, credential: &Credential) -> Result<Account, Failure> {
        let account = read(wire::account, &self.get(&["account"], credential).await?)?;
        // As above: the account of somebody else decides nothing about this credential.
        check_user(&account.user.id, credential)?;
        Ok(account)
    }

    /// `GET /account/sessions`. Entries that make no sense are left out.
    pub(crate) async fn sessions(&self, credential: &Credential) -> Result<Vec<Session>, Failure> {
        let sessions = read(wire::sessions, &self.get(&["account", "sessions"], credential).await?)?;
        sessions.iter().try_for_each(|session| check_user(&session.user_id, credential))?;
        Ok(sessions)
    }

    /// `GET /account/sessions/current`. It is answered, and refused, for the same credentials as `GET /account`, so it serves as a
    /// second probe where the first one gets no answer of Appwrite itself.
    pub(crate) async fn current_session(&self, credential: &Credential) -> Result<Session, Failure> {
        let session = read(wire::session, &self.get(CURRENT_SESSION, credential).await?)?;
        check_user(&session.user_id, credential)?;
        Ok(session)
    }

    /// `PATCH /account/sessions/current`: a new expiry, the same credential (contract §5).
    ///
    /// It shares one limit per address with the deletion of sessions: ten requests of either kind in an hour.
    pub(crate) async fn extend_session(&self, credential: &Credential) -> Result<Session, Failure> {
        let reply = self.call(Method::PATCH, CURRENT_SESSION, texts(&[]), Some(credential)).await?;
        let session = read(wire::session, &reply)?;
        check_user(&session.user_id, credential)?;
        // Asked for the caller's own session, and yet answered with `current: false` (contract §13.5, §14.4).
        Ok(Session { current: true, ..session })
    }

    /// `DELETE /account/sessions/:id`; [`Id::CURRENT`] is the caller's own.
    pub(crate) async fn delete_session(&self, id: &Id, credential: &Credential) -> Result<(), Failure> {
        self.call(Method::DELETE, &["account", "sessions", id.as_str()], None, Some(credential))
            .await
            .map(drop)
    }

    /// `DELETE /account/sessions`: every session of the user.
    pub(crate) async fn delete_sessions(&self, credential: &Credential) -> Result<(), Failure> {
        self.call(Method::DELETE, &["account", "sessions"], None, Some(credential)).await.map(drop)
    }

    /// `GET /account/mfa/factors`. Works while a factor is missing.
    pub(crate) async fn factors(&self, credential: &Credential) -> Result<Vec<Factor>, Failure> {
        read(wire::factors, &self.get(&["account", "mfa", "factors"], credential).await?)
    }

    /// `POST /account/mfa/challenge`. Works while a factor is missing.
    pub(crate) async fn create_challenge(
        &self,
        factor: Factor,
        credential: &Credential,
    ) -> Result<MfaChallenge, Failure> {
        let spellings = factor_spellings(factor);
        let first = self.preferred(spellings);
        match self.create_spelled(first, credential).await {
            Err(failure) if failure.is_bad_argument() => {}
            outcome => return outcome.map(|challenge| challenge.with_factor(factor)),
        }
        // A server that knows one spelling only; if there is no other, the refusal is repeated.
        let other = spellings.iter().copied().find(|spelling| *spelling != first).unwrap_or(first);
        Ok(self.create_spelled(other, credential).await?.with_factor(factor))
    }

    /// `PUT /account/mfa/challenge`: the code. The same credential goes on.
    ///
    /// Every version creates a challenge for either spelling of the recovery factor, and lets only one of them be completed:
    /// `recoverycode` from 1.5.5 to 1.8.1, `recoveryCode` before and since (contract §14.7). A refused challenge uses up no
    /// code. So a code that may be a recovery code and is refused is tried once more, with a challenge of the other spelling;
    /// a spelling that worked is the first to be tried from then on.
    pub(crate) async fn answer_challenge(
        &self,
        challenge: &Challenge,
        code: &Secret,
        credential: &Credential,
    ) -> Result<(), Failure> {
        let refused = match self.complete(challenge.id.as_str(), code, credential).await {
            Err(failure) if failure.is_invalid_token() && challenge.may_want_recovery_code(code) => failure,
            outcome => return outcome,
        };
        let spellings = factor_spellings(Factor::RecoveryCode);
        let tried = self.preferred(spellings);
        let Some(other) = spellings.iter().position(|spelling| *spelling != tried) else {
            return Err(refused);
        };
        let second = match self.create_spelled(spellings[other], credential).await {
            Ok(second) => second,
            // This server has one spelling, so the first refusal was about the code.
            Err(failure) if failure.is_bad_argument() => return Err(refused),
            Err(failure) => return Err(failure),
        };
        self.complete(&second.id, code, credential).await?;
        self.recovery_spelling.store(other, Ordering::Relaxed);
        Ok(())
    }

    /// The spelling to try first.
    fn preferred(&self, spellings: &'static [&'static str]) -> &'static str {
        let known = self.recovery_spelling.load(Ordering::Relaxed);
        spellings.get(known).or(spellings.first()).copied().unwrap_or_default()
    }

    async fn create_spelled(&self, factor: &str, credential: &Credential) -> Result<MfaChallenge, Failure> {
        let body = texts(&[("factor", factor)]);
        read(wire::challenge, &self.call(Method::POST, CHALLENGE, body, Some(credential)).await?)
    }

    async fn complete(&self, id: &str, code: &Secret, credential: &Credential) -> Result<(), Failure> {
        // Exposed into the body of the one request that it is for.
        let body = texts(&[("challengeId", id), ("otp", code.expose())]);
        self.call(Method::PUT, CHALLENGE, body, Some(credential)).await.map(drop)
    }

    async fn get(&self, path: &[&str], credential: &Credential) -> Result<Reply, Failure> {
        self.call(Method::GET, path, None, Some(credential)).await
    }
}

/// Reads the body of a success.
fn read<T>(parse: impl Fn(&[u8]) -> Option<T>, reply: &Reply) -> Result<T, Failure> {
    parse(&reply.body).ok_or(Failure::Unintelligible(None))
}

/// An answer about another user than the credential's decides nothing: a broken cache in between could serve it.
fn check_user(id: &str, credential: &Credential) -> Result<(), Failure> {
    if id == credential.user_id() { Ok(()) } else { Err(Failure::Unintelligible(None)) }
}
