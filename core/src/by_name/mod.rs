//! Operations by their names, with JSON in and out: for bridges between languages that carry text, so that an operation is one entry
//! here and not one function in each layer of each bridge.
//!
//! Names and members are in camel case. Times are milliseconds since 1970, what is missing is left out, and what returns nothing is `null`.

mod arguments;
mod shown;

use arguments::Arguments;
use shown::Shown;

use crate::{
    IdToken, IdTokenProvider, Nonce, OAuth2, PasskeyChallenge, Secret, SentCode, SessionClient,
    config::ConfigError, error::Result,
};

/// The operations, each with an expression for its result. `$session` is the client and `$of` the arguments.
macro_rules! operations {
    ($session:ident, $of:ident; $($name:literal => $result:expr,)+) => {
        impl SessionClient {
            /// The names of all operations that [`call`](Self::call) performs.
            pub const OPERATIONS: &'static [&'static str] = &[$($name,)+];

            /// Performs an operation by its name. `arguments` is a JSON list, and the result is JSON, which may hold secrets. For bridges that
            /// carry text to other languages; in Rust call the methods themselves. The names are in [`OPERATIONS`](Self::OPERATIONS).
            ///
            /// # Errors
            ///
            /// Those of the operation; `Config` if there is no such operation or the arguments are not its own, and nothing is done.
            pub async fn call(&self, operation: &str, arguments: &Secret) -> Result<Secret> {
                let ($session, $of) = (self, Arguments::read(arguments)?);
                let shown = match operation {
                    $($name => $result,)+
                    _ => return Err(ConfigError::Operation.into()),
                };
                shown.ok_or_else(|| crate::Error::Internal)
            }
        }
    };
}

// Arguments are exposed to the operation that they are for.
operations! { session, of;
    "generateNonce" => Shown::nonce(&Nonce::generate()?),
    "signInWithIdToken" => Shown::state(&session.sign_in_with_id_token(&id_token(&of)?).await?),
    "beginPasskey" => Shown::challenge(&session.begin_passkey().await?),
    "completePasskey" => {
        let challenge = PasskeyChallenge::new(of.text(0)?.expose(), "");
        Shown::state(&session.complete_passkey(&challenge, of.text(1)?.expose()).await?)
    },
    "beginOAuth2" => {
        let mut asked = OAuth2::new(of.text(0)?.expose()).scopes(of.texts(1)?);
        if let Some(callback) = of.optional(2)? {
            asked = asked.callback(callback.expose());
        }
        Shown::start(&session.begin_oauth2(asked).await?)
    },
    "completeOAuth2" => Shown::outcome(&session.complete_oauth2(of.text(0)?.expose()).await?),
    "cancelOAuth2" => {
        session.cancel_oauth2().await;
        Shown::nothing(())
    },
    "startEmailCode" => Shown::code(&session.start_email_code(of.text(0)?.expose(), of.flag(1)?).await?),
    "startPhoneCode" => Shown::code(&session.start_phone_code(of.text(0)?.expose()).await?),
    "completeCode" => Shown::state(&session.complete_code(&sent(&of)?, of.text(1)?.expose()).await?),
    "startMagicUrl" => {
        Shown::code(&session.start_magic_url(of.text(0)?.expose(), of.text(1)?.expose(), of.flag(2)?).await?)
    },
    "completeMagicUrl" => {
        let (callback, url) = (of.text(1)?, of.text(2)?);
        Shown::state(&session.complete_magic_url(&sent(&of)?, callback.expose(), url.expose()).await?)
    },

    "profile.updateName" => Shown::account(session.profile().update_name(of.text(0)?.expose()).await?),
    "profile.updateEmail" => {
        Shown::account(session.profile().update_email(of.text(0)?.expose(), of.text(1)?.expose()).await?)
    },
    "profile.updatePhone" => {
        Shown::account(session.profile().update_phone(of.text(0)?.expose(), of.text(1)?.expose()).await?)
    },
    "profile.updatePassword" => {
        let (new, old) = (of.text(0)?, of.optional(1)?);
        Shown::account(session.profile().update_password(new.expose(), old.as_ref().map(Secret::expose)).await?)
    },
    "profile.preferences" => Shown::preferences(&session.profile().preferences().await?),
    "profile.replacePreferences" => {
        Shown::preferences(&session.profile().replace_preferences(&of.object(0)?).await?)
    },
    "profile.mergePreferences" => {
        Shown::preferences(&session.profile().merge_preferences(&of.object(0)?).await?)
    },
    "profile.block" => Shown::nothing(session.profile().block().await?),
    "profile.delete" => Shown::nothing(session.profile().delete().await?),

    "factors.available" => Shown::factors(&session.factors().available().await?),
    "factors.require" => Shown::account(session.factors().require(of.flag(0)?).await?),
    "factors.enrollTotp" => Shown::enrollment(&session.factors().enroll_totp().await?),
    "factors.verifyTotp" => Shown::account(session.factors().verify_totp(of.text(0)?.expose()).await?),
    "factors.removeTotp" => {
        let code = of.optional(0)?;
        Shown::nothing(session.factors().remove_totp(code.as_ref().map(Secret::expose)).await?)
    },
    "factors.createRecoveryCodes" => Shown::secrets(&session.factors().create_recovery_codes().await?),
    "factors.replaceRecoveryCodes" => Shown::secrets(&session.factors().replace_recovery_codes().await?),
    "factors.recoveryCodes" => Shown::secrets(&session.factors().recovery_codes().await?),

    "passkeys.list" => Shown::passkeys(&session.passkeys().list().await?),
    "passkeys.beginRegistration" => {
        let name = of.optional(0)?;
        Shown::challenge(&session.passkeys().begin_registration(name.as_ref().map(Secret::expose)).await?)
    },
    "passkeys.completeRegistration" => {
        let challenge = PasskeyChallenge::new(of.text(0)?.expose(), "").with_passkey_id(of.text(1)?.expose());
        Shown::passkey(&session.passkeys().complete_registration(&challenge, of.text(2)?.expose()).await?)
    },
    "passkeys.rename" => {
        Shown::passkey(&session.passkeys().rename(of.text(0)?.expose(), of.text(1)?.expose()).await?)
    },
    "passkeys.delete" => Shown::nothing(session.passkeys().delete(of.text(0)?.expose()).await?),

    "identities.list" => Shown::identities(&session.identities().list().await?),
    "identities.link" => Shown::state(&session.identities().link(&id_token(&of)?).await?),
    "identities.unlink" => Shown::nothing(session.identities().unlink(of.text(0)?.expose()).await?),

    "pushTargets.create" => {
        let provider = of.optional(1)?;
        let provider = provider.as_ref().map(Secret::expose);
        Shown::target(&session.push_targets().create(of.text(0)?.expose(), provider).await?)
    },
    "pushTargets.update" => {
        Shown::target(&session.push_targets().update(of.text(0)?.expose(), of.text(1)?.expose()).await?)
    },
    "pushTargets.delete" => Shown::nothing(session.push_targets().delete(of.text(0)?.expose()).await?),

    "verification.startEmailByCode" => Shown::code(&session.verification().start_email_by_code(of.flag(0)?).await?),
    "verification.completeEmailByCode" => {
        Shown::nothing(session.verification().complete_email_by_code(&sent(&of)?, of.text(1)?.expose()).await?)
    },
    "verification.startEmailByLink" => {
        Shown::code(&session.verification().start_email_by_link(of.text(0)?.expose()).await?)
    },
    "verification.completeEmailByLink" => {
        let (callback, url) = (of.text(0)?, of.text(1)?);
        Shown::nothing(session.verification().complete_email_by_link(callback.expose(), url.expose()).await?)
    },
    "verification.startPhone" => Shown::code(&session.verification().start_phone().await?),
    "verification.completePhone" => {
        Shown::nothing(session.verification().complete_phone(&sent(&of)?, of.text(1)?.expose()).await?)
    },

    "recovery.startByCode" => {
        Shown::code(&session.recovery().start_by_code(of.text(0)?.expose(), of.flag(1)?).await?)
    },
    "recovery.completeByCode" => {
        let (code, password) = (of.text(1)?, of.text(2)?);
        Shown::nothing(session.recovery().complete_by_code(&sent(&of)?, code.expose(), password.expose()).await?)
    },
    "recovery.startByLink" => {
        Shown::code(&session.recovery().start_by_link(of.text(0)?.expose(), of.text(1)?.expose()).await?)
    },
    "recovery.completeByLink" => {
        let (callback, url, password) = (of.text(0)?, of.text(1)?, of.text(2)?);
        let recovery = session.recovery();
        Shown::nothing(recovery.complete_by_link(callback.expose(), url.expose(), password.expose()).await?)
    },
}

/// What was sent to the user whose id is the first argument.
fn sent(of: &Arguments<'_>) -> Result<SentCode> {
    Ok(SentCode::new(of.text(0)?.expose()))
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
