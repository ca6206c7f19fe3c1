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
        let starts = value.match_indices(BLOB_START);
        for credential in starts.filter_map(|(at, _)| decode(value.get(at..)?)) {
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
