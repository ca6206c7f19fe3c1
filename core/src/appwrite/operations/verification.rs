//! Proving that an e-mail address or a phone number is the user's.

use http::Method;

use crate::{
    Secret,
    appwrite::{
        Id,
        body::{body, texts},
        operation::{Operation, nothing},
        wire,
    },
    json::Json,
    model::SentCode,
};

/// The spelling that every version from 1.5 on answers.
const EMAIL_BY_LINK: [&str; 2] = ["account", "verification"];
const EMAIL_BY_CODE: [&str; 4] = ["account", "verifications", "email", "otp"];
/// The spelling that every version from 1.5 on answers.
const PHONE: [&str; 3] = ["account", "verification", "phone"];
/// The first version that verifies an e-mail address by a code.
const SINCE: &str = "2.4";

pub(crate) fn start_email_by_code(phrase: bool) -> Operation<SentCode> {
    let body = body([("phrase", Json::Flag(phrase))]);
    Operation::new(Method::POST, EMAIL_BY_CODE, wire::sent_code).since(SINCE).body(body)
}

pub(crate) fn complete_email_by_code(user: &Id, code: &Secret) -> Operation<()> {
    Operation::new(Method::PUT, EMAIL_BY_CODE, nothing).for_nobody().since(SINCE).body(proof(user, code))
}

pub(crate) fn start_email_by_link(callback: &str) -> Operation<SentCode> {
    Operation::new(Method::POST, EMAIL_BY_LINK, wire::sent_code).body(texts(&[("url", callback)]))
}

pub(crate) fn complete_email_by_link(user: &Id, secret: &Secret) -> Operation<()> {
    Operation::new(Method::PUT, EMAIL_BY_LINK, nothing).for_nobody().body(proof(user, secret))
}

pub(crate) fn start_phone() -> Operation<SentCode> {
    Operation::new(Method::POST, PHONE, wire::sent_code)
}

pub(crate) fn complete_phone(user: &Id, code: &Secret) -> Operation<()> {
    Operation::new(Method::PUT, PHONE, nothing).body(proof(user, code))
}

fn proof(user: &Id, secret: &Secret) -> Option<bytes::Bytes> {
    // Exposed into the body of the one request that it is for.
    texts(&[("userId", user.as_str()), ("secret", secret.expose())])
}
