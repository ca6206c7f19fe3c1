//! A new password for a user who has forgotten it. Nobody is signed in for this.

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

const BY_LINK: [&str; 2] = ["account", "recovery"];
const BY_CODE: [&str; 3] = ["account", "recovery", "otp"];
/// The first version that recovers by a code.
const SINCE: &str = "2.3";

pub(crate) fn start_by_code(email: &str, phrase: bool) -> Operation<SentCode> {
    let body = body([("email", Json::Text(email)), ("phrase", Json::Flag(phrase))]);
    Operation::new(Method::POST, BY_CODE, wire::sent_code).for_nobody().since(SINCE).body(body)
}

pub(crate) fn complete_by_code(user: &Id, code: &Secret, password: &Secret) -> Operation<()> {
    Operation::new(Method::PUT, BY_CODE, nothing)
        .for_nobody()
        .since(SINCE)
        .body(new_password(user, code, password))
}

pub(crate) fn start_by_link(email: &str, callback: &str) -> Operation<SentCode> {
    let body = texts(&[("email", email), ("url", callback)]);
    Operation::new(Method::POST, BY_LINK, wire::sent_code).for_nobody().body(body)
}

pub(crate) fn complete_by_link(user: &Id, secret: &Secret, password: &Secret) -> Operation<()> {
    Operation::new(Method::PUT, BY_LINK, nothing).for_nobody().body(new_password(user, secret, password))
}

fn new_password(user: &Id, secret: &Secret, password: &Secret) -> Option<bytes::Bytes> {
    // Exposed into the body of the one request that they are for.
    texts(&[("userId", user.as_str()), ("secret", secret.expose()), ("password", password.expose())])
}
