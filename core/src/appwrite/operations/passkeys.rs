//! Passkeys: signing in with one, and the user's own (contract §2x.2.2).

use http::Method;
use serde_json::value::RawValue;

use crate::{
    appwrite::{
        Id,
        body::{body, texts},
        operation::{Operation, Segment, nothing, segment},
        wire::{self, TokenSecret},
    },
    error::SensitiveAction,
    json::Json,
    model::{Passkey, PasskeyChallenge},
};

/// The first version that has passkeys.
const SINCE: &str = "2.5";
/// The token of a sign-in by passkey.
const TOKEN: [&str; 3] = ["account", "tokens", "passkey"];
const PASSKEYS: [&str; 2] = ["account", "passkeys"];

fn one(id: &Id) -> [Segment; 3] {
    ["account".into(), "passkeys".into(), segment(id)]
}

pub(crate) fn begin_sign_in() -> Operation<PasskeyChallenge> {
    Operation::new(Method::POST, TOKEN, wire::passkey_challenge).for_nobody().since(SINCE)
}

pub(crate) fn complete_sign_in(challenge: &Id, credential: &RawValue) -> Operation<TokenSecret> {
    let body = body([("challengeId", Json::Text(challenge.as_str())), ("credential", Json::Raw(credential))]);
    Operation::new(Method::PUT, TOKEN, wire::token_secret).for_nobody().since(SINCE).body(body)
}

pub(crate) fn list() -> Operation<Vec<Passkey>> {
    Operation::new(Method::GET, PASSKEYS, wire::passkeys).since(SINCE)
}

pub(crate) fn begin_registration(name: Option<&str>) -> Operation<PasskeyChallenge> {
    let mut fields = vec![("passkeyId", "unique()")];
    fields.extend(name.map(|name| ("name", name)));
    Operation::new(Method::POST, PASSKEYS, wire::passkey_challenge)
        .sensitive(SensitiveAction::AddPasskey)
        .since(SINCE)
        .body(texts(&fields))
}

/// An earlier state of the server wanted the challenge's id here, too; the newest finds it by itself.
pub(crate) fn complete_registration(
    passkey: &Id,
    challenge: &Id,
    credential: &RawValue,
) -> Operation<Passkey> {
    let [account, passkeys, id] = one(passkey);
    let body = body([("challengeId", Json::Text(challenge.as_str())), ("credential", Json::Raw(credential))]);
    let path = [account, passkeys, id, "verification".into()];
    Operation::new(Method::PUT, path, wire::passkey)
        .sensitive(SensitiveAction::AddPasskey)
        .since(SINCE)
        .body(body)
}

pub(crate) fn rename(id: &Id, name: &str) -> Operation<Passkey> {
    Operation::new(Method::PATCH, one(id), wire::passkey).since(SINCE).body(texts(&[("name", name)]))
}

pub(crate) fn delete(id: &Id) -> Operation<()> {
    Operation::new(Method::DELETE, one(id), nothing).sensitive(SensitiveAction::DeletePasskey).since(SINCE)
}
