//! Second factors: what the user has, whether one is required, the authenticator app, and recovery codes (contract §3.3).

use http::Method;

use crate::{
    Secret,
    appwrite::{
        body::{body, texts},
        operation::{Operation, nothing},
        wire,
    },
    json::Json,
    model::{Account, TotpEnrollment},
};

const AUTHENTICATOR: [&str; 4] = ["account", "mfa", "authenticators", "totp"];
const RECOVERY_CODES: [&str; 3] = ["account", "mfa", "recovery-codes"];

pub(crate) fn require(required: bool) -> Operation<Account> {
    let operation = Operation::new(Method::PATCH, ["account", "mfa"], wire::account).changes_account();
    operation.body(body([("mfa", Json::Flag(required))]))
}

pub(crate) fn enroll_totp() -> Operation<TotpEnrollment> {
    Operation::new(Method::POST, AUTHENTICATOR, wire::totp_enrollment)
}

pub(crate) fn verify_totp(code: &Secret) -> Operation<Account> {
    // Exposed into the body of the one request that it is for.
    let body = texts(&[("otp", code.expose())]);
    Operation::new(Method::PUT, AUTHENTICATOR, wire::account).changes_account().body(body)
}

/// 1.5 wants a code in place of a fresh challenge (contract §14.21). Newer versions do not look at it.
pub(crate) fn remove_totp(code: Option<&Secret>) -> Operation<()> {
    let operation = Operation::new(Method::DELETE, AUTHENTICATOR, nothing);
    // Exposed into the body of the one request that it is for.
    let otp = code.map(|code| texts(&[("otp", code.expose())]));
    if let Some(body) = otp { operation.body(body) } else { operation }
}

pub(crate) fn create_recovery_codes() -> Operation<Vec<Secret>> {
    Operation::new(Method::POST, RECOVERY_CODES, wire::recovery_codes)
}

pub(crate) fn replace_recovery_codes() -> Operation<Vec<Secret>> {
    Operation::new(Method::PATCH, RECOVERY_CODES, wire::recovery_codes)
}

pub(crate) fn recovery_codes() -> Operation<Vec<Secret>> {
    Operation::new(Method::GET, RECOVERY_CODES, wire::recovery_codes)
}
