//! The endpoints of the account API, one function each.
//!
//! Paths are the spellings that every version from 1.5 to 1.9 answers (contract §3, path drift).

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Appwrite, Failure, Reply, failure, read_body,
    wire::{AccountBody, ChallengeBody, FactorsBody, SessionBody, SessionList, factor_spellings},
};
use crate::{
    credential::{Captured, Credential, capture},
    model::{Account, Factor, MfaChallenge, Session},
    transport::{Exchanged, Response},
};

/// A session that was created, with the credential that proves it.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) credential: Credential,
    /// The session as Appwrite describes it; `None` if the body of the answer was lost or cannot be read.
    pub(crate) session: Option<Session>,
}

/// How to sign in. A new way is a variant here and an endpoint in [`Appwrite::create_session`], nothing else.
pub(crate) enum SignIn {
    Email { email: String, password: crate::Secret },
    Anonymous,
    Token { user_id: String, secret: crate::Secret },
}

impl Appwrite {
    /// `POST /account`. Does not sign in.
    pub(crate) async fn create_account(
        &self,
        email: &str,
        password: &str,
        name: Option<&str>,
    ) -> Result<Account, Failure> {
        let mut body = json!({ "userId": "unique()", "email": email, "password": password });
        if let Some(name) = name {
            body["name"] = Value::from(name);
        }
        read::<AccountBody, _>(self.call(Method::POST, "/account", Some(body), None).await?)
    }

    /// Creates a session: `POST /account/sessions/{email,anonymous,token}`. Never with a credential (contract §12.4).
    pub(crate) async fn create_session(&self, sign_in: &SignIn) -> Result<Login, Failure> {
        // Passwords and secrets leave their type here, into the body of the one request that they are for.
        let (path, body) = match sign_in {
            SignIn::Email { email, password } => {
                ("/account/sessions/email", json!({ "email": email, "password": password.expose() }))
            }
            SignIn::Anonymous => ("/account/sessions/anonymous", json!({})),
            SignIn::Token { user_id, secret } => {
                ("/account/sessions/token", json!({ "userId": user_id, "secret": secret.expose() }))
            }
        };
        let Exchanged { head, body } = self.exchange(Method::POST, path, Some(body), None).await?;
        if !head.status.is_success() {
            let response =
                Response { status: head.status, headers: head.headers, body: body.map_err(failure)? };
            return Err(Failure::read(&response, self.clock.now()));
        }
        // The session exists from here on, and its credential came with the head: whatever becomes of the body, it is not lost.
        let Captured::Given(credential) = capture(&head.headers, &self.project) else {
            return Err(body.err().map_or(Failure::Unintelligible(None), failure));
        };
        let session =
            body.ok().and_then(|body| read_body(&body)).and_then(|body| decode::<SessionBody>(body).ok());
        let session = session.map(Session::from);
        // A credential of somebody else, which a broken cache in between could serve, is not kept.
        if session.as_ref().is_some_and(|session| session.user_id != credential.user_id()) {
            return Err(Failure::Unintelligible(None));
        }
        Ok(Login { credential, session })
    }

    /// `GET /account`: the one question that decides whether a credential lives.
    pub(crate) async fn account(&self, credential: &Credential) -> Result<Account, Failure> {
        let reply = self.call(Method::GET, "/account", None, Some(credential)).await?;
        let account: Account = read::<AccountBody, _>(reply)?;
        // As above: the account of somebody else decides nothing about this credential.
        if account.user.id != credential.user_id() {
            return Err(Failure::Unintelligible(None));
        }
        Ok(account)
    }

    /// `GET /account/sessions`.
    pub(crate) async fn sessions(&self, credential: &Credential) -> Result<Vec<Session>, Failure> {
        let reply = self.call(Method::GET, "/account/sessions", None, Some(credential)).await?;
        let list: SessionList = decode(reply.body)?;
        Ok(list.sessions.into_iter().map(Session::from).collect())
    }

    /// `GET /account/sessions/current`.
    pub(crate) async fn current_session(&self, credential: &Credential) -> Result<Session, Failure> {
        read::<SessionBody, _>(
            self.call(Method::GET, "/account/sessions/current", None, Some(credential)).await?,
        )
    }

    /// `PATCH /account/sessions/current`: a new expiry, the same credential (contract §5).
    pub(crate) async fn extend_session(&self, credential: &Credential) -> Result<Session, Failure> {
        let path = "/account/sessions/current";
        let reply = self.call(Method::PATCH, path, Some(json!({})), Some(credential)).await?;
        // Asked for the caller's own session, and yet answered with `current: false` (contract §13.5, §14.4).
        read::<SessionBody, Session>(reply).map(|session| Session { current: true, ..session })
    }

    /// `DELETE /account/sessions/:id`; `current` is the caller's own.
    pub(crate) async fn delete_session(&self, id: &str, credential: &Credential) -> Result<(), Failure> {
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let path = format!("/account/sessions/{id}");
        self.call(Method::DELETE, &path, None, Some(credential)).await.map(drop)
    }

    /// `DELETE /account/sessions`: every session of the user.
    pub(crate) async fn delete_sessions(&self, credential: &Credential) -> Result<(), Failure> {
        self.call(Method::DELETE, "/account/sessions", None, Some(credential)).await.map(drop)
    }

    /// `GET /account/mfa/factors`. Works while a factor is missing.
    pub(crate) async fn factors(&self, credential: &Credential) -> Result<Vec<Factor>, Failure> {
        let reply = self.call(Method::GET, "/account/mfa/factors", None, Some(credential)).await?;
        decode::<FactorsBody>(reply.body).map(|body| body.offered())
    }

    /// `POST /account/mfa/challenge`. Works while a factor is missing.
    pub(crate) async fn create_challenge(
        &self,
        factor: Factor,
        credential: &Credential,
    ) -> Result<MfaChallenge, Failure> {
        let mut last = Failure::Unintelligible(None);
        for spelling in factor_spellings(factor) {
            let body = json!({ "factor": spelling });
            match self.call(Method::POST, "/account/mfa/challenge", Some(body), Some(credential)).await {
                Ok(reply) => return read::<ChallengeBody, _>(reply),
                Err(failure) if failure.is_bad_argument() => last = failure,
                Err(failure) => return Err(failure),
            }
        }
        Err(last)
    }

    /// `PUT /account/mfa/challenge`: the code. The same credential goes on.
    pub(crate) async fn answer_challenge(
        &self,
        id: &str,
        code: &str,
        credential: &Credential,
    ) -> Result<(), Failure> {
        let body = json!({ "challengeId": id, "otp": code });
        self.call(Method::PUT, "/account/mfa/challenge", Some(body), Some(credential)).await.map(drop)
    }
}

fn decode<T: DeserializeOwned>(body: Value) -> Result<T, Failure> {
    // serde would read a list as well, entry by entry in the order of the fields.
    if !body.is_object() {
        return Err(Failure::Unintelligible(None));
    }
    serde_json::from_value(body).map_err(|_| Failure::Unintelligible(None))
}

fn read<B: DeserializeOwned, T: From<B>>(reply: Reply) -> Result<T, Failure> {
    decode::<B>(reply.body).map(T::from)
}
