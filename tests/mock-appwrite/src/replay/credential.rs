//! The session credential: base64 of `{"id","secret"}`, found in any text and in any mangled form.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// How every session credential begins: base64 of `{"id":"`.
pub(super) const BLOB_START: &str = "eyJpZCI6";
/// How every JWT of the server begins: base64 of `{"typ":`.
pub(super) const JWT_START: &str = "eyJ0eXAi";

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a credential says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Credential {
    /// The user id in it.
    pub user: String,
    /// The session secret in it.
    pub secret: String,
}

/// Writes a credential as the server does, without padding.
pub(super) fn encode(credential: &Credential) -> String {
    let json = format!("{{\"id\":\"{}\",\"secret\":\"{}\"}}", credential.user, credential.secret);
    LENIENT.encode(json).trim_end_matches('=').to_owned()
}

/// Reads a credential; padding, percent-encoded padding and quotes do not matter.
pub(super) fn decode(text: &str) -> Option<Credential> {
    let trimmed = text.trim().trim_matches('"');
    let length = trimmed.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let json: Value = serde_json::from_slice(&LENIENT.decode(trimmed.get(..length)?).ok()?).ok()?;
    let field = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Credential { user: field("id")?, secret: field("secret")? })
}

/// How long the text at its beginning is that is a credential in other words than the server's: with blanks, or in another order.
pub(super) fn foreign(text: &str) -> Option<usize> {
    let begins = ["eyJ", "eyA", "ewo", "ewk", "ew0"].iter().any(|start| text.starts_with(start));
    let length =
        text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).count();
    let found = begins && !text.starts_with(BLOB_START) && !text.starts_with(JWT_START) && length >= 64;
    let json = content(text.get(..length).filter(|_| found)?)?;
    serde_json::from_str::<Value>(&json)
        .ok()
        .filter(|json| json["id"].is_string() && json["secret"].is_string())?;
    Some(length)
}

/// The text in a credential.
pub(super) fn content(blob: &str) -> Option<String> {
    String::from_utf8(LENIENT.decode(blob).ok()?).ok()
}

/// A credential of that text, without padding.
pub(super) fn of_content(json: &str) -> String {
    LENIENT.encode(json).trim_end_matches('=').to_owned()
}

/// The payload of a JWT, whatever its signature.
pub(super) fn jwt_payload(text: &str) -> Option<Value> {
    let payload = text.trim().split('.').nth(1)?.replace('-', "+").replace('_', "/");
    serde_json::from_slice(&LENIENT.decode(payload.trim_end_matches('=')).ok()?).ok()
}

/// Every carrier of a session credential in a request: cookies, `X-Appwrite-Session`, `X-Fallback-Cookies`.
pub(super) fn carried(request: &super::transcript::Request) -> Vec<Credential> {
    let mut found = Vec::new();
    for (name, value) in &request.headers {
        if !matches!(
            name.to_ascii_lowercase().as_str(),
            "cookie" | "x-appwrite-session" | "x-fallback-cookies"
        ) {
            continue;
        }
        let starts = value.match_indices(BLOB_START).map(|(at, _)| at);
        let others = value.match_indices("ey").chain(value.match_indices("ew")).map(|(at, _)| at);
        let others = others.filter(|at| value.get(*at..).and_then(foreign).is_some());
        for credential in starts.chain(others).filter_map(|at| decode(value.get(at..)?)) {
            if !found.contains(&credential) {
                found.push(credential);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_padding_reads_the_same() {
        let credential = Credential { user: "user-alice".into(), secret: "ab12".into() };
        let blob = encode(&credential);
        for text in [blob.clone(), format!("{blob}="), format!("{blob}%3D"), format!("\"{blob}\"")] {
            assert_eq!(decode(&text).as_ref(), Some(&credential), "{text}");
        }
        assert_eq!(decode("deleted"), None);
    }
}
