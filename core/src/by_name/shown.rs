//! The results of operations that were named, as JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::{
    Nonce, Secret, SessionState, json,
    model::{
        Account, Factor, Identity, Passkey, PasskeyChallenge, Preferences, PushTarget, SentCode,
        TotpEnrollment,
    },
    oauth2::{OAuth2Outcome, OAuth2Start},
};

/// Writes results. A result may hold a secret, so all are written into memory that is wiped.
pub(super) struct Shown;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownUser<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownState<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    factors: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<ShownUser<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownOutcome<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<ShownState<'a>>,
}

#[derive(Serialize)]
struct ShownNonce<'a> {
    raw: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownStart<'a> {
    url: &'a str,
    callback_scheme: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownCode<'a> {
    user_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phrase: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownAccount<'a> {
    #[serde(flatten)]
    user: ShownUser<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    email_verified: bool,
    phone_verified: bool,
    mfa_enabled: bool,
    labels: &'a [String],
    preferences: &'a Preferences,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_at_ms: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownEnrollment<'a> {
    secret: &'a str,
    uri: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPasskey<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at_ms: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownChallenge<'a> {
    id: &'a str,
    passkey_id: &'a str,
    options: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownIdentity<'a> {
    id: &'a str,
    provider: &'a str,
    provider_user_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at_ms: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownTarget<'a> {
    id: &'a str,
    identifier: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<&'a str>,
    expired: bool,
}

fn identity_of(identity: &Identity) -> ShownIdentity<'_> {
    ShownIdentity {
        id: &identity.id,
        provider: &identity.provider,
        provider_user_id: &identity.provider_user_id,
        email: identity.email.as_deref(),
        created_at_ms: identity.created_at.map(millis),
    }
}

fn millis(time: SystemTime) -> i64 {
    let of = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    time.duration_since(UNIX_EPOCH).map_or_else(|before| -of(before.duration()), of)
}

fn write(value: &impl Serialize) -> Option<Secret> {
    let mut wiped = json::to_wiped(value)?;
    String::from_utf8(std::mem::take(&mut *wiped)).ok().map(Secret::new)
}

fn state_of(state: &SessionState) -> ShownState<'_> {
    let mut shown =
        ShownState { kind: state.name(), reason: None, factors: None, user: None, verified: None };
    match state {
        SessionState::SignedOut { reason } => shown.reason = Some(reason.as_str()),
        SessionState::MfaRequired { factors } => {
            shown.factors = Some(factors.iter().map(|factor| factor.as_str()).collect());
        }
        SessionState::SignedIn { user, verified } => {
            shown.user = user.as_ref().map(|user| ShownUser {
                id: &user.id,
                name: &user.name,
                email: user.email.as_deref(),
            });
            shown.verified = Some(*verified);
        }
        SessionState::Restoring | SessionState::StorageLocked => {}
    }
    shown
}

fn passkey_of(passkey: &Passkey) -> ShownPasskey<'_> {
    ShownPasskey {
        id: &passkey.id,
        name: &passkey.name,
        created_at_ms: passkey.created_at.map(millis),
        last_used_at_ms: passkey.last_used_at.map(millis),
    }
}

impl Shown {
    pub(super) fn nothing((): ()) -> Option<Secret> {
        Some(Secret::new("null"))
    }

    pub(super) fn state(state: &SessionState) -> Option<Secret> {
        write(&state_of(state))
    }

    pub(super) fn outcome(outcome: &OAuth2Outcome) -> Option<Secret> {
        write(&match outcome {
            OAuth2Outcome::SignedIn(state) => {
                ShownOutcome { kind: "signed_in", state: Some(state_of(state)) }
            }
            OAuth2Outcome::Cancelled => ShownOutcome { kind: "cancelled", state: None },
        })
    }

    pub(super) fn nonce(nonce: &Nonce) -> Option<Secret> {
        // Exposed to the app, which gives the hash to the provider's screen, and the raw nonce back.
        write(&ShownNonce { raw: nonce.raw().expose(), sha256: &nonce.sha256() })
    }

    pub(super) fn start(start: &OAuth2Start) -> Option<Secret> {
        // Exposed to the app, which opens it.
        write(&ShownStart { url: start.url.expose(), callback_scheme: &start.callback_scheme })
    }

    pub(super) fn code(sent: &SentCode) -> Option<Secret> {
        write(&ShownCode {
            user_id: &sent.user_id,
            phrase: sent.phrase.as_deref(),
            expires_at_ms: sent.expires_at.map(millis),
        })
    }

    pub(super) fn account(account: Account) -> Option<Secret> {
        let user = &account.user;
        write(&ShownAccount {
            user: ShownUser { id: &user.id, name: &user.name, email: user.email.as_deref() },
            phone: account.phone.as_deref(),
            email_verified: account.email_verified,
            phone_verified: account.phone_verified,
            mfa_enabled: account.mfa_enabled,
            labels: &account.labels,
            preferences: &account.preferences,
            registered_at_ms: account.registered_at.map(millis),
        })
    }

    pub(super) fn preferences(preferences: &Preferences) -> Option<Secret> {
        write(preferences)
    }

    pub(super) fn factors(factors: &[Factor]) -> Option<Secret> {
        write(&factors.iter().map(|factor| factor.as_str()).collect::<Vec<_>>())
    }

    pub(super) fn enrollment(enrollment: &TotpEnrollment) -> Option<Secret> {
        // Exposed to the app, which shows them to the user.
        write(&ShownEnrollment { secret: enrollment.secret.expose(), uri: enrollment.uri.expose() })
    }

    pub(super) fn secrets(secrets: &[Secret]) -> Option<Secret> {
        // Exposed to the app, which shows them to the user.
        write(&secrets.iter().map(Secret::expose).collect::<Vec<_>>())
    }

    pub(super) fn passkey(passkey: &Passkey) -> Option<Secret> {
        write(&passkey_of(passkey))
    }

    pub(super) fn passkeys(passkeys: &[Passkey]) -> Option<Secret> {
        write(&passkeys.iter().map(passkey_of).collect::<Vec<_>>())
    }

    pub(super) fn challenge(challenge: &PasskeyChallenge) -> Option<Secret> {
        write(&ShownChallenge {
            id: &challenge.id,
            passkey_id: &challenge.passkey_id,
            options: &challenge.options,
            expires_at_ms: challenge.expires_at.map(millis),
        })
    }

    pub(super) fn identities(identities: &[Identity]) -> Option<Secret> {
        write(&identities.iter().map(identity_of).collect::<Vec<_>>())
    }

    pub(super) fn target(target: &PushTarget) -> Option<Secret> {
        write(&ShownTarget {
            id: &target.id,
            identifier: &target.identifier,
            provider_id: target.provider_id.as_deref(),
            expired: target.expired,
        })
    }
}
