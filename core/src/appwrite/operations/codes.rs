//! Codes and links that sign a user in: Appwrite sends them, and the app exchanges what is entered or opened (contract §3.1).

use http::Method;

use crate::{
    appwrite::{
        body::{Member, body},
        operation::Operation,
        wire,
    },
    model::SentCode,
};

pub(crate) fn send_to_email(email: &str, phrase: bool) -> Operation<SentCode> {
    let body = body(&[
        ("userId", Member::Text("unique()")),
        ("email", Member::Text(email)),
        ("phrase", Member::Flag(phrase)),
    ]);
    Operation::new(Method::POST, ["account", "tokens", "email"], wire::sent_code).body(body)
}

pub(crate) fn send_to_phone(phone: &str) -> Operation<SentCode> {
    let body = body(&[("userId", "unique()"), ("phone", phone)]);
    Operation::new(Method::POST, ["account", "tokens", "phone"], wire::sent_code).body(body)
}

pub(crate) fn send_link(email: &str, callback: &str, phrase: bool) -> Operation<SentCode> {
    let body = body(&[
        ("userId", Member::Text("unique()")),
        ("email", Member::Text(email)),
        ("url", Member::Text(callback)),
        ("phrase", Member::Flag(phrase)),
    ]);
    Operation::new(Method::POST, ["account", "tokens", "magic-url"], wire::sent_code).body(body)
}
