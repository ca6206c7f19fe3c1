//! The bodies of the account API, and what they are to the rest of the core (contract §4).
//!
//! Every field but the ids is optional here: a field that a version lacks is no reason to fail.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::date;
use crate::model::{Account, Factor, MfaChallenge, Session, User};

/// `{"email": "", "phone": null}`: Appwrite writes what is missing in either way.
fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountBody {
    #[serde(rename = "$id")]
    id: String,
    #[serde(default)]
    name: String,
    email: Option<String>,
    phone: Option<String>,
    #[serde(default)]
    email_verification: bool,
    #[serde(default)]
    phone_verification: bool,
    #[serde(default)]
    mfa: bool,
    #[serde(default)]
    labels: Vec<String>,
    /// `{}`, or `[]` where PHP took an empty object for an empty list.
    #[serde(default)]
    prefs: Value,
    #[serde(default)]
    registration: String,
}

impl From<AccountBody> for Account {
    fn from(body: AccountBody) -> Self {
        Self {
            user: User { id: body.id, name: body.name, email: non_empty(body.email) },
            phone: non_empty(body.phone),
            email_verified: body.email_verification,
            phone_verified: body.phone_verification,
            mfa_enabled: body.mfa,
            labels: body.labels,
            preferences: match body.prefs {
                Value::Object(entries) => entries,
                _ => Map::new(),
            },
            registered_at: date::parse(&body.registration),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody {
    #[serde(rename = "$id")]
    id: String,
    user_id: String,
    #[serde(default, rename = "$createdAt")]
    created_at: String,
    #[serde(default)]
    expire: String,
    #[serde(default)]
    provider: String,
    #[serde(default)]
    current: bool,
    #[serde(default)]
    factors: Vec<String>,
    #[serde(default)]
    ip: String,
    #[serde(default)]
    os_name: String,
    #[serde(default)]
    client_name: String,
    #[serde(default)]
    device_name: String,
    #[serde(default)]
    country_name: String,
}

impl From<SessionBody> for Session {
    fn from(body: SessionBody) -> Self {
        Self {
            id: body.id,
            user_id: body.user_id,
            provider: body.provider,
            current: body.current,
            factors: body.factors,
            created_at: date::parse(&body.created_at),
            expires_at: date::parse(&body.expire),
            ip: body.ip,
            os: body.os_name,
            client: body.client_name,
            device: body.device_name,
            country: body.country_name,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SessionList {
    pub(super) sessions: Vec<SessionBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FactorsBody {
    #[serde(default)]
    totp: bool,
    #[serde(default)]
    email: bool,
    #[serde(default)]
    phone: bool,
    #[serde(default)]
    recovery_code: bool,
}

impl FactorsBody {
    pub(super) fn offered(&self) -> Vec<Factor> {
        let is_offered = |factor: &Factor| match factor {
            Factor::Totp => self.totp,
            Factor::Email => self.email,
            Factor::Phone => self.phone,
            Factor::RecoveryCode => self.recovery_code,
        };
        Factor::ALL.into_iter().filter(is_offered).collect()
    }
}

/// The spelling of a factor in a challenge.
///
/// Appwrite 1.5 wants `recoverycode` and 1.9 `recoveryCode` (contract §14.7); the newer one is sent first.
pub(super) fn factor_spellings(factor: Factor) -> &'static [&'static str] {
    match factor {
        Factor::Totp => &["totp"],
        Factor::Email => &["email"],
        Factor::Phone => &["phone"],
        Factor::RecoveryCode => &["recoveryCode", "recoverycode"],
    }
}

#[derive(Deserialize)]
pub(super) struct ChallengeBody {
    #[serde(rename = "$id")]
    id: String,
    #[serde(default)]
    expire: String,
}

impl From<ChallengeBody> for MfaChallenge {
    fn from(body: ChallengeBody) -> Self {
        Self { id: body.id, expires_at: date::parse(&body.expire) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(body: &str) -> Account {
        serde_json::from_str::<AccountBody>(body).expect("an account").into()
    }

    #[test]
    fn an_account_needs_its_id_only() {
        let bare = account(r#"{"$id":"ada"}"#);
        assert_eq!((bare.user.id.as_str(), bare.user.email), ("ada", None));
        let odd = account(r#"{"$id":"ada","email":"","phone":null,"prefs":[],"unknown":1}"#);
        assert_eq!((odd.user.email, odd.phone, odd.preferences.len()), (None, None, 0));
    }

    #[test]
    fn a_session_reads_both_date_formats_and_no_secret() {
        let body = r#"{"$id":"s","userId":"ada","expire":"2027-08-21 12:34:56.789","secret":"ab12"}"#;
        let session = Session::from(serde_json::from_str::<SessionBody>(body).expect("a session"));
        assert!(session.expires_at.is_some());
        assert!(!format!("{session:?}").contains("ab12"));
    }

    #[test]
    fn factors_are_offered_in_a_fixed_order() {
        let body: FactorsBody =
            serde_json::from_str(r#"{"recoveryCode":true,"totp":true,"phone":false}"#).expect("factors");
        assert_eq!(body.offered(), [Factor::Totp, Factor::RecoveryCode]);
    }
}
