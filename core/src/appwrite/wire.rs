//! The bodies of the account API, and what they are to the rest of the core (contract §4).
//!
//! Only the ids are required here. A field that a version lacks, or that is null or of another type, is absent.

use std::time::SystemTime;

use serde_json::value::RawValue;

use super::Id;
use crate::{
    Secret, date,
    json::{self, Object},
    model::{
        Account, Factor, Identity, MfaChallenge, Passkey, PasskeyChallenge, Preferences, PushTarget,
        SentCode, Session, TotpEnrollment, User,
    },
};

/// The body of `GET /account` and `POST /account`.
pub(super) fn account(body: &[u8]) -> Option<Account> {
    let body = Object::read(body)?;
    Some(Account {
        user: User {
            id: body.non_empty("$id")?,
            name: body.text("name").unwrap_or_default(),
            email: body.non_empty("email"),
        },
        phone: body.non_empty("phone"),
        email_verified: body.flag("emailVerification"),
        phone_verified: body.flag("phoneVerification"),
        mfa_enabled: body.flag("mfa"),
        labels: body.texts("labels"),
        // `[]` where PHP took an empty object for an empty list.
        preferences: body.get("prefs").unwrap_or_default(),
        registered_at: moment(&body, "registration"),
    })
}

/// The body of a session.
pub(super) fn session(body: &[u8]) -> Option<Session> {
    session_of(&Object::read(body)?)
}

/// The body of `GET /account/sessions`. Entries without ids are left out.
pub(super) fn sessions(body: &[u8]) -> Option<Vec<Session>> {
    Some(Object::read(body)?.objects("sessions")?.iter().filter_map(session_of).collect())
}

fn session_of(body: &Object<'_>) -> Option<Session> {
    let text = |name| body.text(name).unwrap_or_default();
    Some(Session {
        id: body.non_empty("$id")?,
        user_id: body.non_empty("userId")?,
        provider: text("provider"),
        current: body.flag("current"),
        factors: body.texts("factors"),
        created_at: moment(body, "$createdAt"),
        expires_at: moment(body, "expire"),
        ip: text("ip"),
        os: text("osName"),
        client: text("clientName"),
        device: text("deviceName"),
        country: text("countryName"),
    })
}

/// The body of `GET /account/mfa/factors`: the factors that the user has, in the order in which an app should offer them.
pub(super) fn factors(body: &[u8]) -> Option<Vec<Factor>> {
    let body = Object::read(body)?;
    let field = |factor: &Factor| match factor {
        Factor::Totp => "totp",
        Factor::Email => "email",
        Factor::Phone => "phone",
        Factor::Custom => "custom",
        Factor::RecoveryCode => "recoveryCode",
    };
    Some(Factor::ALL.iter().copied().filter(|factor| body.flag(field(factor))).collect())
}

/// The spellings of a factor in a challenge. The recovery factor has two, see
/// [`answer_challenge`](super::Appwrite::answer_challenge).
pub(super) fn factor_spellings(factor: Factor) -> &'static [&'static str] {
    match factor {
        Factor::Totp => &["totp"],
        Factor::Email => &["email"],
        Factor::Phone => &["phone"],
        Factor::Custom => &["custom"],
        Factor::RecoveryCode => &["recoveryCode", "recoverycode"],
    }
}

/// The body of a challenge that was created.
pub(super) fn challenge(body: &[u8]) -> Option<MfaChallenge> {
    let body = Object::read(body)?;
    Some(MfaChallenge { id: body.non_empty("$id")?, factor: None, expires_at: moment(&body, "expire") })
}

/// The body of `GET /account/prefs`: the preferences themselves.
pub(super) fn preferences(body: &[u8]) -> Option<Preferences> {
    json::object(body)
}

/// The body of a token that a client is shown: its secret went to the user.
pub(super) fn sent_code(body: &[u8]) -> Option<SentCode> {
    let body = Object::read(body)?;
    Some(SentCode {
        user_id: body.non_empty("userId")?,
        phrase: body.non_empty("phrase"),
        expires_at: moment(&body, "expire"),
    })
}

/// A token that the client itself exchanges.
pub(crate) struct TokenSecret {
    pub(crate) user_id: Id,
    pub(crate) secret: Secret,
}

/// The body of a token with its secret.
pub(super) fn token_secret(body: &[u8]) -> Option<TokenSecret> {
    let body = Object::read(body)?;
    let secret = secret(&body, "secret").filter(|secret| !secret.expose().is_empty())?;
    Some(TokenSecret { user_id: Id::parse("user", &body.non_empty("userId")?).ok()?, secret })
}

/// The body of a TOTP authenticator that was created.
pub(super) fn totp_enrollment(body: &[u8]) -> Option<TotpEnrollment> {
    let body = Object::read(body)?;
    Some(TotpEnrollment { secret: secret(&body, "secret")?, uri: secret(&body, "uri")? })
}

/// The body of the recovery codes.
pub(super) fn recovery_codes(body: &[u8]) -> Option<Vec<Secret>> {
    let body = Object::read(body)?;
    let codes: Vec<&RawValue> = body.get("recoveryCodes")?;
    codes.into_iter().map(|code| json::wiped_text(code).map(Secret::of_wiped)).collect()
}

/// The body of `GET /account/passkeys`. Entries without ids are left out.
pub(super) fn passkeys(body: &[u8]) -> Option<Vec<Passkey>> {
    Some(Object::read(body)?.objects("passkeys")?.iter().filter_map(passkey_of).collect())
}

/// The body of a passkey.
pub(super) fn passkey(body: &[u8]) -> Option<Passkey> {
    passkey_of(&Object::read(body)?)
}

fn passkey_of(body: &Object<'_>) -> Option<Passkey> {
    Some(Passkey {
        id: body.non_empty("$id")?,
        name: body.text("name").unwrap_or_default(),
        created_at: moment(body, "$createdAt"),
        last_used_at: moment(body, "accessedAt"),
    })
}

/// The body of a challenge for the platform's passkey screen.
pub(super) fn passkey_challenge(body: &[u8]) -> Option<PasskeyChallenge> {
    let body = Object::read(body)?;
    let options: &RawValue = body.get("publicKey")?;
    Some(PasskeyChallenge {
        id: body.non_empty("$id")?,
        passkey_id: body.text("passkeyId").unwrap_or_default(),
        options: json::is_object(options.get().as_bytes()).then(|| options.get().to_owned())?,
        expires_at: moment(&body, "expire"),
    })
}

/// The body of `GET /account/identities`. Entries without ids are left out. The tokens of the provider are not read.
pub(super) fn identities(body: &[u8]) -> Option<Vec<Identity>> {
    let identity = |body: &Object<'_>| {
        Some(Identity {
            id: body.non_empty("$id")?,
            provider: body.non_empty("provider")?,
            provider_user_id: body.text("providerUid").unwrap_or_default(),
            email: body.non_empty("providerEmail"),
            created_at: moment(body, "$createdAt"),
        })
    };
    Some(Object::read(body)?.objects("identities")?.iter().filter_map(identity).collect())
}

/// The body of a push target.
pub(super) fn push_target(body: &[u8]) -> Option<PushTarget> {
    let body = Object::read(body)?;
    Some(PushTarget {
        id: body.non_empty("$id")?,
        identifier: body.text("identifier").unwrap_or_default(),
        provider_id: body.non_empty("providerId"),
        expired: body.flag("expired"),
    })
}

/// The body of a JWT.
pub(super) fn jwt(body: &[u8]) -> Option<Secret> {
    secret(&Object::read(body)?, "jwt")
}

fn secret(body: &Object<'_>, name: &str) -> Option<Secret> {
    json::wiped_text(body.get(name)?).map(Secret::of_wiped)
}

fn moment(body: &Object<'_>, name: &str) -> Option<SystemTime> {
    date::parse(&body.text(name)?)
}

#[cfg(test)]
mod tests;
