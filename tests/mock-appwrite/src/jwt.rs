//! JWTs as the server mints and reads them: HS256 over `{userId, sessionId, exp}` (contract §4, §5).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::{
    errors::{ApiError, error_with},
    json,
    world::World,
};

/// Any key will do: nobody outside checks the signature.
const KEY: &[u8] = b"mock-appwrite";

/// A JWT of a session, valid until `exp` seconds since 1970.
pub(crate) fn mint(user_id: &str, session_id: &str, exp: i64) -> String {
    sign(&json!({ "userId": user_id, "sessionId": session_id, "exp": exp }))
}

/// A JWT of any claims.
pub(crate) fn sign(claims: &Value) -> String {
    let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"HS256"}"#);
    let body = format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
    format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature(&body)))
}

fn signature(body: &str) -> Vec<u8> {
    // HMAC takes keys of every length.
    Hmac::<Sha256>::new_from_slice(KEY)
        .map(|mut mac| {
            mac.update(body.as_bytes());
            mac.finalize().into_bytes().to_vec()
        })
        .unwrap_or_default()
}

/// The claims of a JWT that this server signed, or the server's words on why it is none.
pub(crate) fn claims(token: &str) -> Result<Value, &'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, body, signed] = parts.as_slice() else { return Err("Invalid token: Incomplete segments") };
    let json = |part: &str| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).unwrap_or_default();
        serde_json::from_slice::<Value>(&bytes).map_err(|_| "JSON failed: Syntax error")
    };
    json(header)?;
    if BASE64_URL_SAFE_NO_PAD.encode(signature(&format!("{header}.{body}"))) != *signed {
        return Err("Invalid token: Signature failed");
    }
    json(body)
}

/// The user and session that a JWT of the header names. `None` for one that names nobody.
pub(crate) fn verify(world: &World, token: &str) -> Result<Option<(String, String)>, ApiError> {
    let refused = |why| error_with("user_jwt_invalid", format!("Failed to verify JWT. {why}"));
    let claims = claims(token).map_err(refused)?;
    let expired = claims["exp"].as_i64().unwrap_or_default() + world.profile.traits().jwt_leeway;
    if expired <= world.now() / 1000 {
        return Err(refused("Invalid token: Expired"));
    }
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    Ok(text("userId").zip(text("sessionId")))
}

/// Whether the session that a JWT was minted from is still there; up to 1.9.6 its expiry does not count (contract §5, §2x.1).
pub(crate) fn has_session(world: &World, user_id: &str, session_id: &str) -> bool {
    let (now, dies) = (world.now(), world.switches.jwt_dies_with_session);
    let alive =
        |session: &crate::world::Session| session.id == session_id && (!dies || session.expire >= now);
    world.user(user_id).is_some_and(|user| user.sessions.iter().any(alive))
}
