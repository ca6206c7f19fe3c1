//! How a request is authenticated: which carrier counts, and whose session it proves (contract §1.6).

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{
    errors::{ApiError, error},
    journal::Carried,
    json,
    profile::Traits,
    request::Request,
    world::World,
};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A decoded blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) user_id: String,
    pub(crate) secret: String,
}

/// What the carriers of a request came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carriers {
    /// The one that counts, with its name.
    pub(crate) found: Option<(&'static str, Decoded)>,
    /// How many there were, valid or not.
    pub(crate) count: usize,
    /// Whether the cookie or the session header decoded, which is what `X-Debug-Fallback` tells.
    pub(crate) direct: bool,
}

/// Reads the carriers of `key` (`a_session_<project>`), in the server's order. Only what does not decode is passed over: a stale
/// blob shadows what comes after it.
pub(crate) fn carriers(request: &Request, key: &str, traits: &Traits) -> Result<Carriers, ApiError> {
    let cookies = cookies(request, traits);
    let name = if traits.exact_cookie_names { key.to_owned() } else { key.to_ascii_lowercase() };
    let cookie = |name: &str| {
        let mut all = cookies.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if traits.first_cookie_wins { all.next() } else { all.next_back() }
    };
    let mut found = Carriers::default();
    let main = cookie(&name).or_else(|| cookie(&format!("{name}_legacy")));
    let header = request.filled("x-appwrite-session");
    let fallback = request.filled("x-fallback-cookies");
    found.count = [main, header, fallback].iter().flatten().count();
    let direct = main
        .and_then(|value| decode(value, traits))
        .map(|blob| ("cookie", blob))
        .or_else(|| header.and_then(|value| decode(value, traits)).map(|blob| ("session-header", blob)));
    found.direct = direct.is_some();
    found.found = match direct {
        Some(direct) => Some(direct),
        None => fallback_blob(fallback, key)?
            .and_then(|value| decode(&value, traits))
            .map(|blob| ("fallback", blob)),
    };
    Ok(found)
}

/// The blob in the fallback header. PHP cannot read a list as text, which ends in a 500 (contract §13.24).
fn fallback_blob(header: Option<&str>, key: &str) -> Result<Option<String>, ApiError> {
    let Some(Value::Object(entries)) = header.and_then(json::read) else { return Ok(None) };
    match entries.get(key) {
        Some(Value::String(blob)) => Ok(Some(blob.clone())),
        Some(Value::Array(_) | Value::Object(_)) => Err(error("general_unknown")),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        _ => Ok(None),
    }
}

/// Base64 with or without padding, white space allowed, of a JSON object with `id` and `secret`.
pub(crate) fn decode(text: &str, traits: &Traits) -> Option<Decoded> {
    let alphabet = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let bare: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bare = bare.trim_end_matches('=');
    let bare: String = if traits.strict_base64 {
        bare.chars().all(|c| alphabet(&c)).then(|| bare.to_owned())?
    } else {
        bare.chars().filter(alphabet).collect()
    };
    let json = BASE64.decode(bare).ok()?;
    let content: Value = serde_json::from_slice(&json).ok()?;
    let field = |name: &str| content.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Decoded { user_id: field("id")?, secret: field("secret")? })
}

/// All cookies of all `Cookie` lines, percent-decoded.
fn cookies(request: &Request, traits: &Traits) -> Vec<(String, String)> {
    let lines = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let pairs = lines.flat_map(|(_, line)| line.split(';'));
    pairs
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let value = value.trim();
            let quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
            let value = if quoted && traits.unquotes_cookies { &value[1..value.len() - 1] } else { value };
            (name.trim().to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned())
        })
        .collect()
}

/// The session that a blob proves: its user's, unexpired, with that secret. By user id and session id.
pub(crate) fn prove(world: &World, blob: &Decoded) -> Option<(String, String)> {
    let user = world.user(&blob.user_id)?;
    let now = world.now();
    let alive = |session: &&crate::world::Session| session.secret == blob.secret && session.expire >= now;
    user.sessions.iter().find(alive).map(|session| (user.id.clone(), session.id.clone()))
}

/// What the journal says of a request's credential.
pub(crate) fn describe(world: &World, request: &Request) -> Carried {
    let key = format!("a_session_{}", world.project.id);
    let jwt = request.filled("x-appwrite-jwt").is_some();
    let carriers = carriers(request, &key, world.profile.traits()).unwrap_or_default();
    // Only gateways read it.
    let bearer = request.header("authorization").is_some_and(|value| value.starts_with("Bearer "));
    let count = carriers.count + usize::from(jwt) + usize::from(bearer);
    match carriers.found {
        Some((carrier, blob)) => {
            let proven = prove(world, &blob);
            Carried {
                carrier,
                carriers: count,
                user_id: Some(blob.user_id),
                valid: proven.is_some(),
                session_id: proven.map(|(_, session)| session),
            }
        }
        None if jwt => {
            let claims = request
                .filled("x-appwrite-jwt")
                .and_then(|token| crate::jwt::verify(world, token).ok())
                .flatten();
            let alive = |(user, session): &(String, String)| crate::jwt::has_session(world, user, session);
            let valid = claims.as_ref().is_some_and(alive);
            let (user_id, session_id) = claims.unzip();
            Carried { carrier: "jwt", carriers: count, user_id, session_id, valid }
        }
        None if bearer => Carried { carrier: "bearer", carriers: count, ..Carried::default() },
        None => Carried { carrier: "none", carriers: count, ..Carried::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile::Profile, request::RawRequest};

    fn blob(id: &str) -> String {
        BASE64.encode(format!(r#"{{"id":"{id}","secret":"00"}}"#))
    }

    fn found(profile: Profile, headers: &[(&str, &str)]) -> Option<String> {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let raw = RawRequest {
            method: "GET".into(),
            target: "/v1/account".into(),
            headers,
            ..RawRequest::default()
        };
        let carriers = carriers(&Request::parse(raw), "a_session_demo", profile.traits()).expect("no 500");
        carriers.found.map(|(carrier, blob)| format!("{carrier} {}", blob.user_id))
    }

    #[test]
    fn a_stale_cookie_shadows_and_a_deleted_one_does_not() {
        let fallback = format!(r#"{{"a_session_demo":"{}"}}"#, blob("bob"));
        let stale = format!("a_session_demo={}", blob("eve"));
        for profile in [Profile::V1_5, Profile::V1_9] {
            assert_eq!(
                found(profile, &[("Cookie", &stale), ("X-Fallback-Cookies", &fallback)]).as_deref(),
                Some("cookie eve")
            );
            assert_eq!(
                found(profile, &[("Cookie", "a_session_demo=deleted"), ("X-Fallback-Cookies", &fallback)])
                    .as_deref(),
                Some("fallback bob")
            );
        }
    }

    #[test]
    fn of_two_cookies_each_server_reads_its_own() {
        let cookie = format!("a_session_demo={}; a_session_demo={}", blob("first"), blob("last"));
        assert_eq!(found(Profile::V1_5, &[("Cookie", &cookie)]).as_deref(), Some("cookie last"));
        assert_eq!(found(Profile::V1_9, &[("Cookie", &cookie)]).as_deref(), Some("cookie first"));
    }

    #[test]
    fn percent_encoding_is_read_in_cookies_only() {
        let encoded = blob("user-alice1").replace('=', "%3D");
        assert!(encoded.contains("%3D"), "the sample must need decoding");
        let fallback = format!(r#"{{"a_session_demo":"{encoded}"}}"#);
        for profile in [Profile::V1_5, Profile::V1_9] {
            assert!(found(profile, &[("Cookie", &format!("a_session_demo={encoded}"))]).is_some());
            assert_eq!(found(profile, &[("X-Fallback-Cookies", &fallback)]), None);
        }
    }
}
