//! The results of operations that were named, as JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    AccountsState, Diagnosis, Finding, Metrics, Nonce, Secret, SessionState, StoredAccount,
    json::{self, Json},
    model::{
        Account, Factor, Identity, Passkey, PasskeyChallenge, Preferences, PushTarget, SentCode,
        TotpEnrollment, User,
    },
    oauth2::{OAuth2Outcome, OAuth2Start},
};

/// Writes results. A result may hold a secret, so all are written into memory that is wiped.
pub(super) struct Shown;

fn time(time: Option<SystemTime>) -> Json<'static> {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let of = |time: SystemTime| {
        time.duration_since(UNIX_EPOCH).map_or_else(|before| -millis(before.duration()), millis)
    };
    time.map_or(Json::Absent, |time| Json::Number(of(time)))
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Json<'a> {
    Json::List(texts.map(Json::Text).collect())
}

fn user_of(user: &User) -> Vec<(&'static str, Json<'_>)> {
    vec![
        ("id", Json::Text(&user.id)),
        ("name", Json::Text(&user.name)),
        ("email", Json::optional(user.email.as_deref())),
    ]
}

fn state_of(state: &SessionState) -> Json<'_> {
    let mut members = vec![("kind", Json::Text(state.name()))];
    match state {
        SessionState::SignedOut { reason } => members.push(("reason", Json::Text(reason.as_str()))),
        SessionState::MfaRequired { factors } => {
            members.push(("factors", texts(factors.iter().map(|factor| factor.as_str()))));
        }
        SessionState::SignedIn { user, verified } => {
            members.extend(user.as_ref().map(|user| ("user", Json::Members(user_of(user)))));
            members.push(("verified", Json::Flag(*verified)));
        }
        SessionState::Restoring | SessionState::StorageLocked => {}
    }
    Json::Members(members)
}

fn outcome_of(outcome: &OAuth2Outcome) -> Json<'_> {
    Json::Members(match outcome {
        OAuth2Outcome::SignedIn(state) => {
            vec![("kind", Json::Text("signed_in")), ("state", state_of(state))]
        }
        OAuth2Outcome::Cancelled => vec![("kind", Json::Text("cancelled"))],
    })
}

fn stored_of(account: &StoredAccount) -> Json<'_> {
    Json::Members(vec![
        ("id", Json::Text(&account.id)),
        ("user", Json::Members(user_of(&account.user))),
        ("isCurrent", Json::Flag(account.is_current)),
    ])
}

fn finding_of(finding: &Finding) -> Json<'_> {
    Json::Members(vec![
        ("area", Json::Text(finding.area.as_str())),
        ("level", Json::Text(finding.level.as_str())),
        ("code", Json::Text(finding.code)),
        ("text", Json::Text(&finding.text)),
        ("advice", Json::optional(finding.advice)),
    ])
}

/// A name of Rust in camel case.
fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_ascii_uppercase() + rest
    })
}

fn passkey_of(passkey: &Passkey) -> Json<'_> {
    Json::Members(vec![
        ("id", Json::Text(&passkey.id)),
        ("name", Json::Text(&passkey.name)),
        ("createdAtMs", time(passkey.created_at)),
        ("lastUsedAtMs", time(passkey.last_used_at)),
    ])
}

fn identity_of(identity: &Identity) -> Json<'_> {
    Json::Members(vec![
        ("id", Json::Text(&identity.id)),
        ("provider", Json::Text(&identity.provider)),
        ("providerUserId", Json::Text(&identity.provider_user_id)),
        ("email", Json::optional(identity.email.as_deref())),
        ("createdAtMs", time(identity.created_at)),
    ])
}

fn write(value: &Json<'_>) -> Option<Secret> {
    let mut wiped = json::to_wiped(value)?;
    String::from_utf8(std::mem::take(&mut *wiped)).ok().map(Secret::new)
}

fn write_members<'a>(members: Vec<(&'a str, Json<'a>)>) -> Option<Secret> {
    write(&Json::Members(members))
}

impl Shown {
    pub(super) fn nothing((): &()) -> Option<Secret> {
        Some(Secret::new("null"))
    }

    pub(super) fn state(state: &SessionState) -> Option<Secret> {
        write(&state_of(state))
    }

    pub(super) fn outcome(outcome: &OAuth2Outcome) -> Option<Secret> {
        write(&outcome_of(outcome))
    }

    pub(super) fn account_id(id: &str) -> Option<Secret> {
        write(&Json::Text(id))
    }

    pub(super) fn outcome_of_account(id: &str, outcome: &OAuth2Outcome) -> Option<Secret> {
        write_members(vec![("id", Json::Text(id)), ("outcome", outcome_of(outcome))])
    }

    pub(super) fn stored_accounts(accounts: &[StoredAccount]) -> Option<Secret> {
        write(&Json::List(accounts.iter().map(stored_of).collect()))
    }

    pub(super) fn accounts_state(state: &AccountsState) -> Option<Secret> {
        write_members(vec![
            ("number", Json::Number(i64::try_from(state.number).unwrap_or(i64::MAX))),
            ("accounts", Json::List(state.accounts.iter().map(stored_of).collect())),
            ("current", Json::optional(state.current.as_deref())),
        ])
    }

    pub(super) fn diagnosis(diagnosis: &Diagnosis) -> Option<Secret> {
        let findings = Json::List(diagnosis.findings.iter().map(finding_of).collect());
        write_members(vec![("findings", findings), ("text", Json::Text(&diagnosis.to_string()))])
    }

    pub(super) fn metrics(metrics: &Metrics) -> Option<Secret> {
        let named: Vec<_> = metrics.each().map(|(name, value)| (camel(name), value)).collect();
        let number = |value: u64| Json::Number(i64::try_from(value).unwrap_or(i64::MAX));
        write_members(named.iter().map(|(name, value)| (name.as_str(), number(*value))).collect())
    }

    pub(super) fn nonce(nonce: &Nonce) -> Option<Secret> {
        // Exposed to the app, which gives the hash to the provider's screen, and the raw nonce back.
        write_members(vec![
            ("raw", Json::Text(nonce.raw().expose())),
            ("sha256", Json::Text(&nonce.sha256())),
        ])
    }

    pub(super) fn start(start: &OAuth2Start) -> Option<Secret> {
        // Exposed to the app, which opens it.
        let url = Json::Text(start.url.expose());
        write_members(vec![("url", url), ("callbackScheme", Json::Text(&start.callback_scheme))])
    }

    pub(super) fn code(sent: &SentCode) -> Option<Secret> {
        write_members(vec![
            ("userId", Json::Text(&sent.user_id)),
            ("phrase", Json::optional(sent.phrase.as_deref())),
            ("expiresAtMs", time(sent.expires_at)),
        ])
    }

    pub(super) fn account(account: &Account) -> Option<Secret> {
        let mut members = user_of(&account.user);
        members.extend([
            ("phone", Json::optional(account.phone.as_deref())),
            ("emailVerified", Json::Flag(account.email_verified)),
            ("phoneVerified", Json::Flag(account.phone_verified)),
            ("mfaEnabled", Json::Flag(account.mfa_enabled)),
            ("labels", texts(account.labels.iter().map(String::as_str))),
            ("preferences", Json::Object(&account.preferences)),
            ("registeredAtMs", time(account.registered_at)),
        ]);
        write_members(members)
    }

    pub(super) fn preferences(preferences: &Preferences) -> Option<Secret> {
        write(&Json::Object(preferences))
    }

    pub(super) fn factors(factors: &[Factor]) -> Option<Secret> {
        write(&texts(factors.iter().map(|factor| factor.as_str())))
    }

    pub(super) fn enrollment(enrollment: &TotpEnrollment) -> Option<Secret> {
        // Exposed to the app, which shows them to the user.
        let (secret, uri) = (enrollment.secret.expose(), enrollment.uri.expose());
        write_members(vec![("secret", Json::Text(secret)), ("uri", Json::Text(uri))])
    }

    pub(super) fn secrets(secrets: &[Secret]) -> Option<Secret> {
        // Exposed to the app, which shows them to the user.
        write(&texts(secrets.iter().map(Secret::expose)))
    }

    pub(super) fn passkey(passkey: &Passkey) -> Option<Secret> {
        write(&passkey_of(passkey))
    }

    pub(super) fn passkeys(passkeys: &[Passkey]) -> Option<Secret> {
        write(&Json::List(passkeys.iter().map(passkey_of).collect()))
    }

    pub(super) fn challenge(challenge: &PasskeyChallenge) -> Option<Secret> {
        write_members(vec![
            ("id", Json::Text(&challenge.id)),
            ("passkeyId", Json::Text(&challenge.passkey_id)),
            ("options", Json::Text(&challenge.options)),
            ("expiresAtMs", time(challenge.expires_at)),
        ])
    }

    pub(super) fn identities(identities: &[Identity]) -> Option<Secret> {
        write(&Json::List(identities.iter().map(identity_of).collect()))
    }

    pub(super) fn target(target: &PushTarget) -> Option<Secret> {
        write_members(vec![
            ("id", Json::Text(&target.id)),
            ("identifier", Json::Text(&target.identifier)),
            ("providerId", Json::optional(target.provider_id.as_deref())),
            ("expired", Json::Flag(target.expired)),
        ])
    }
}
