//! Codes and links that sign a user in: Appwrite sends them, and the app exchanges what is entered or opened (contract §3.1).

use http::Method;

use crate::{
    appwrite::{
        body::{body, texts},
        operation::Operation,
        wire,
    },
    json::Json,
    model::SentCode,
};

pub(crate) fn send_to_email(email: &str, phrase: bool) -> Operation<SentCode> {
    let body = body([
        ("userId", Json::Text("unique()")),
        ("email", Json::Text(email)),
        ("phrase", Json::Flag(phrase)),
    ]);
    Operation::new(Method::POST, ["account", "tokens", "email"], wire::sent_code).for_nobody().body(body)
}

pub(crate) fn send_to_phone(phone: &str) -> Operation<SentCode> {
    let body = texts(&[("userId", "unique()"), ("phone", phone)]);
    Operation::new(Method::POST, ["account", "tokens", "phone"], wire::sent_code).for_nobody().body(body)
}

pub(crate) fn send_link(email: &str, callback: &str, phrase: bool) -> Operation<SentCode> {
    let body = body([
        ("userId", Json::Text("unique()")),
        ("email", Json::Text(email)),
        ("url", Json::Text(callback)),
        ("phrase", Json::Flag(phrase)),
    ]);
    Operation::new(Method::POST, ["account", "tokens", "magic-url"], wire::sent_code).for_nobody().body(body)
}
