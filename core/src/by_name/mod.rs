//! Operations by their names, with JSON in and out: for bridges between languages that carry text, so that an operation is one entry
//! here and not one function in each layer of each bridge.
//!
//! Names and members are in camel case. Times are milliseconds since 1970, what is missing is left out, and what returns nothing is `null`.

mod accounts;
mod arguments;
mod shown;

use std::{future::Future, pin::Pin};

use arguments::Arguments;
use shown::Shown;

use crate::{
    IdToken, IdTokenProvider, Nonce, OAuth2, PasskeyChallenge, Secret, SentCode, SessionClient,
    appwrite::{
        Call, Id, Operation,
        operations::{codes, factors, identities, passkeys, profile, push_targets, recovery, verification},
    },
    callback::Callback,
    config::ConfigError,
    error::Result,
    json, link,
};

/// Shows what a call was answered; `None` if the answer cannot be read.
pub(crate) type Show = Box<dyn FnOnce(&[u8]) -> Option<Secret> + Send>;

/// How an operation is performed.
enum Performing {
    /// One call of Appwrite. It is data, so that no entry of the table has code of its own that waits.
    Call(Call, Show),
    /// More than one call, or none.
    Flow(Pin<Box<dyn Future<Output = Result<Option<Secret>>> + Send>>),
}

fn call<T: 'static>(operation: Operation<T>, show: fn(&T) -> Option<Secret>) -> Result<Performing> {
    let Operation { call, read } = operation;
    Ok(Performing::Call(call, Box::new(move |body| show(&read(body)?))))
}

fn flow(work: impl Future<Output = Result<Option<Secret>>> + Send + 'static) -> Result<Performing> {
    Ok(Performing::Flow(Box::pin(work)))
}

/// The operations, each with how it is performed. `$session` is the client and `$of` the arguments.
macro_rules! operations {
    ($session:ident, $of:ident; $($name:literal => $performing:expr,)+) => {
        impl SessionClient {
            /// The names of all operations that [`call`](Self::call) performs.
            pub const OPERATIONS: &'static [&'static str] = &[$($name,)+];
        }

        fn begin($session: SessionClient, operation: &str, $of: &Arguments<'_>) -> Result<Performing> {
            match operation {
                $($name => $performing,)+
                _ => Err(ConfigError::Operation.into()),
            }
        }
    };
}

impl SessionClient {
    /// Performs an operation by its name. `arguments` is a JSON list, and the result is JSON, which may hold secrets. For bridges that
    /// carry text to other languages; in Rust call the methods themselves. The names are in [`OPERATIONS`](Self::OPERATIONS).
    ///
    /// # Errors
    ///
    /// Those of the operation; `Config` if there is no such operation or the arguments are not its own, and nothing is done.
    pub async fn call(&self, operation: &str, arguments: &Secret) -> Result<Secret> {
        let performing = begin(self.clone(), operation, &Arguments::read(arguments)?)?;
        match performing {
            Performing::Call(call, show) => self.reply(call, show).await,
            Performing::Flow(work) => work.await?.ok_or(crate::Error::Internal),
        }
    }
}

// Arguments are exposed to the operation that they are for.
operations! { session, of;
    "generateNonce" => flow(async { Ok(Shown::nonce(&Nonce::generate()?)) }),
    "signInWithIdToken" => {
        let token = id_token(of)?;
        flow(async move { Ok(Shown::state(&session.sign_in_with_id_token(&token).await?)) })
    },
    "beginPasskey" => call(passkeys::begin_sign_in(), Shown::challenge),
    "completePasskey" => {
        let (challenge, credential) = (PasskeyChallenge::new(of.text(0)?.expose(), ""), of.text(1)?);
        flow(async move { Ok(Shown::state(&session.complete_passkey(&challenge, credential.expose()).await?)) })
    },
    "beginOAuth2" => {
        let mut asked = OAuth2::new(of.text(0)?.expose()).scopes(of.texts(1)?);
        if let Some(callback) = of.optional(2)? {
            asked = asked.callback(callback.expose());
        }
        flow(async move { Ok(Shown::start(&session.begin_oauth2(asked).await?)) })
    },
    "completeOAuth2" => {
        let url = of.text(0)?;
        flow(async move { Ok(Shown::outcome(&session.complete_oauth2(url.expose()).await?)) })
    },
    "cancelOAuth2" => flow(async move {
        session.cancel_oauth2().await;
        Ok(Shown::nothing(&()))
    }),
    "startEmailCode" => call(codes::send_to_email(of.text(0)?.expose(), of.flag(1)?), Shown::code),
    "startPhoneCode" => call(codes::send_to_phone(of.text(0)?.expose()), Shown::code),
    "completeCode" => {
        let (sent, code) = (SentCode::new(of.text(0)?.expose()), of.text(1)?);
        flow(async move { Ok(Shown::state(&session.complete_code(&sent, code.expose()).await?)) })
    },
    "startMagicUrl" => {
        let callback = Callback::parse(of.text(1)?.expose())?;
        call(codes::send_link(of.text(0)?.expose(), callback.as_str(), of.flag(2)?), Shown::code)
    },
    "completeMagicUrl" => {
        let (sent, callback, url) = (SentCode::new(of.text(0)?.expose()), of.text(1)?, of.text(2)?);
        flow(async move {
            let completed = session.complete_magic_url(&sent, callback.expose(), url.expose());
            Ok(Shown::state(&completed.await?))
        })
    },

    "profile.updateName" => call(profile::update_name(of.text(0)?.expose()), Shown::account),
    "profile.updateEmail" => call(profile::update_email(of.text(0)?.expose(), &of.text(1)?), Shown::account),
    "profile.updatePhone" => call(profile::update_phone(of.text(0)?.expose(), &of.text(1)?), Shown::account),
    "profile.updatePassword" => {
        call(profile::update_password(&of.text(0)?, of.optional(1)?.as_ref()), Shown::account)
    },
    "profile.preferences" => call(profile::preferences(), Shown::preferences),
    "profile.replacePreferences" => {
        call(profile::update_preferences(&of.object(0)?), |account| Shown::preferences(&account.preferences))
    },
    "profile.mergePreferences" => {
        let changes = of.object(0)?;
        flow(async move { Ok(Shown::preferences(&session.profile().merge_preferences(&changes).await?)) })
    },
    "profile.block" => flow(async move { Ok(Shown::nothing(&session.profile().block().await?)) }),
    "profile.delete" => flow(async move { Ok(Shown::nothing(&session.profile().delete().await?)) }),

    "factors.available" => flow(async move { Ok(Shown::factors(&session.factors().available().await?)) }),
    "factors.require" => {
        let required = of.flag(0)?;
        flow(async move { Ok(Shown::account(&session.factors().require(required).await?)) })
    },
    "factors.enrollTotp" => call(factors::enroll_totp(), Shown::enrollment),
    "factors.verifyTotp" => call(factors::verify_totp(&of.text(0)?), Shown::account),
    "factors.removeTotp" => call(factors::remove_totp(of.optional(0)?.as_ref()), Shown::nothing),
    "factors.createRecoveryCodes" => call(factors::create_recovery_codes(), |codes| Shown::secrets(codes)),
    "factors.replaceRecoveryCodes" => call(factors::replace_recovery_codes(), |codes| Shown::secrets(codes)),
    "factors.recoveryCodes" => call(factors::recovery_codes(), |codes| Shown::secrets(codes)),

    "passkeys.list" => call(passkeys::list(), |list| Shown::passkeys(list)),
    "passkeys.beginRegistration" => {
        let name = of.optional(0)?;
        call(passkeys::begin_registration(name.as_ref().map(Secret::expose)), Shown::challenge)
    },
    "passkeys.completeRegistration" => {
        let (challenge, passkey, answer) = (of.id("challenge", 0)?, of.id("passkey", 1)?, of.text(2)?);
        let credential = json::raw_object(answer.expose()).ok_or(ConfigError::PasskeyAnswer)?;
        call(passkeys::complete_registration(&passkey, &challenge, credential), Shown::passkey)
    },
    "passkeys.rename" => call(passkeys::rename(&of.id("passkey", 0)?, of.text(1)?.expose()), Shown::passkey),
    "passkeys.delete" => call(passkeys::delete(&of.id("passkey", 0)?), Shown::nothing),

    "identities.list" => call(identities::list(), |list| Shown::identities(list)),
    "identities.link" => {
        let token = id_token(of)?;
        flow(async move { Ok(Shown::state(&session.identities().link(&token).await?)) })
    },
    "identities.unlink" => call(identities::unlink(&of.id("identity", 0)?), Shown::nothing),

    "pushTargets.create" => {
        let provider = of.optional(1)?.map(|id| Id::parse("provider", id.expose())).transpose()?;
        call(push_targets::create(of.text(0)?.expose(), provider.as_ref()), Shown::target)
    },
    "pushTargets.update" => {
        call(push_targets::update(&of.id("push target", 0)?, of.text(1)?.expose()), Shown::target)
    },
    "pushTargets.delete" => call(push_targets::delete(&of.id("push target", 0)?), Shown::nothing),

    "verification.startEmailByCode" => call(verification::start_email_by_code(of.flag(0)?), Shown::code),
    "verification.completeEmailByCode" => {
        call(verification::complete_email_by_code(&of.id("user", 0)?, &of.text(1)?), Shown::nothing)
    },
    "verification.startEmailByLink" => {
        call(verification::start_email_by_link(of.text(0)?.expose()), Shown::code)
    },
    "verification.completeEmailByLink" => {
        let (user, secret) = link::read(of.text(0)?.expose(), of.text(1)?.expose())?;
        call(verification::complete_email_by_link(&user, &secret), Shown::nothing)
    },
    "verification.startPhone" => call(verification::start_phone(), Shown::code),
    "verification.completePhone" => {
        call(verification::complete_phone(&of.id("user", 0)?, &of.text(1)?), Shown::nothing)
    },

    "recovery.startByCode" => call(recovery::start_by_code(of.text(0)?.expose(), of.flag(1)?), Shown::code),
    "recovery.completeByCode" => {
        call(recovery::complete_by_code(&of.id("user", 0)?, &of.text(1)?, &of.text(2)?), Shown::nothing)
    },
    "recovery.startByLink" => {
        call(recovery::start_by_link(of.text(0)?.expose(), of.text(1)?.expose()), Shown::code)
    },
    "recovery.completeByLink" => {
        let (user, secret) = link::read(of.text(0)?.expose(), of.text(1)?.expose())?;
        call(recovery::complete_by_link(&user, &secret, &of.text(2)?), Shown::nothing)
    },

    "diagnose" => flow(async move { Ok(Shown::diagnosis(&session.diagnose().await)) }),
    "metrics" => flow(async move { Ok(Shown::metrics(&session.metrics())) }),
}

/// The arguments `provider`, `token`, `nonce`, `accessToken` and `name`.
fn id_token(of: &Arguments<'_>) -> Result<IdToken> {
    let named = |provider: &&IdTokenProvider| of.text(0).is_ok_and(|name| name.expose() == provider.as_str());
    let provider = [IdTokenProvider::Apple, IdTokenProvider::Google];
    let provider = provider.iter().find(named).ok_or(ConfigError::Arguments)?;
    let mut token = IdToken::new(*provider, of.text(1)?);
    if let Some(nonce) = of.optional(2)? {
        token = token.nonce(nonce);
    }
    if let Some(access) = of.optional(3)? {
        token = token.access_token(access);
    }
    if let Some(name) = of.optional(4)? {
        token = token.name(name.expose());
    }
    Ok(token)
}
