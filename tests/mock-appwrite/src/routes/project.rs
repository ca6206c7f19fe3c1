//! What an API key reads and sets about the project: its sign-in methods, and the relying party of passkeys (contract §2x.2.2).

use serde_json::Value;

use super::{Route, Scope, Since, route};
use crate::{
    call::{Call, Outcome},
    errors::{ApiError, bad_argument},
    json, origin,
    params::invalid,
    webauthn::Purpose,
};

/// The methods that can be switched off.
const METHODS: [&str; 7] =
    ["email-password", "magic-url", "email-otp", "anonymous", "jwt", "phone", "passkey"];

const fn project(
    method: &'static str,
    path: &'static str,
    scope: &'static str,
    act: fn(&mut Call<'_>) -> Outcome,
) -> Route {
    Route { service: "project", since: Since::V2_7, ..route(method, path, Scope::Key(scope), act) }
}

pub(super) const ROUTES: &[Route] = &[
    project("GET", "/project", "project.read", read),
    project("PATCH", "/project/auth-methods/:method", "project.write", update_method),
    Route {
        feature: Some("passkeys"),
        ..project("GET", "/project/policies/passkey", "policies.read", read_policy)
    },
    Route {
        feature: Some("passkeys"),
        ..project("PATCH", "/project/policies/passkey", "policies.write", update_policy)
    },
];

fn read(call: &mut Call<'_>) -> Outcome {
    let project = &call.world.project;
    let methods: Vec<Value> = METHODS
        .iter()
        .filter(|method| **method != "passkey" || call.has("passkeys"))
        .map(|method| json!({ "$id": method, "enabled": project.allows(method) }))
        .collect();
    let body = json!({ "$id": project.id, "name": project.id, "authMethods": methods });
    call.json(200, body)
}

fn update_method(call: &mut Call<'_>) -> Outcome {
    let enabled = call.params().boolean("enabled")?;
    let named = call.path.first().cloned().unwrap_or_default();
    if !METHODS.contains(&named.as_str()) {
        return Err(invalid("methodId", &format!("Value must be one of ({})", METHODS.join(", "))));
    }
    let disabled = &mut call.world.project.disabled;
    disabled.retain(|method| *method != named);
    if !enabled {
        disabled.push(named);
    }
    read(call)
}

fn read_policy(call: &mut Call<'_>) -> Outcome {
    let passkeys = &call.world.passkeys;
    let body = json!({
        "$id": "passkey", "rpId": passkeys.rp_id.clone().unwrap_or_default(),
        "origins": passkeys.origins.clone().unwrap_or_default(),
    });
    call.json(200, body)
}

/// Only what is given changes. The relying party's id is fixed as soon as a passkey depends on it.
fn update_policy(call: &mut Call<'_>) -> Outcome {
    let rule = "Value must be a registrable domain or localhost";
    let rp_id = call.params().optional_text("rpId", rule, |id| id.is_empty() || is_rp_id(id))?;
    let origins = match call.request.params.get("origins").filter(|origins| !origins.is_null()) {
        Some(_) => Some(call.params().texts("origins")?),
        None => None,
    };
    let now = call.now();
    let passkeys = &call.world.passkeys;
    let old = passkeys.rp_id.clone().unwrap_or_default();
    let id = rp_id.unwrap_or_else(|| old.clone());
    let begun = |challenge: &crate::webauthn::Challenge| {
        challenge.purpose != Purpose::SignIn && challenge.expire >= now
    };
    let depends = passkeys.list.iter().any(|passkey| passkey.credential().is_some());
    if id != old && (depends || passkeys.challenges.iter().any(begun)) {
        return Err(bad_argument("The relying party cannot change while passkeys depend on it."));
    }
    let plain = |origin: &String| plain_origin(origin, &id);
    let origins = match origins {
        Some(origins) => Some(origins.iter().map(plain).collect::<Result<Vec<_>, _>>()?),
        None => passkeys.origins.clone(),
    };
    let passkeys = &mut call.world.passkeys;
    passkeys.rp_id = Some(id).filter(|id| !id.is_empty());
    passkeys.origins = origins.filter(|origins| !origins.is_empty());
    read(call)
}

/// A domain in lower case that somebody can register. Public suffixes of two labels are not known here.
fn is_rp_id(id: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
    };
    let address = id.parse::<std::net::IpAddr>().is_ok();
    id == "localhost" || !address && id.contains('.') && id.split('.').all(label)
}

/// An origin on the relying party's domain, without what a browser leaves out of it.
fn plain_origin(text: &str, rp_id: &str) -> Result<String, ApiError> {
    let refused = || invalid("origins", "Value must be an origin of the relying party");
    let url = url::Url::parse(text).map_err(|_| refused())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    let (_, host) = origin::split(text);
    let within = host == rp_id || host.ends_with(&format!(".{rp_id}"));
    let secure = url.scheme() == "https" || url.scheme() == "http" && rp_id == "localhost";
    match bare && nobody && within && secure {
        true => Ok(url.origin().ascii_serialization()),
        false => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Appwrite's own test, but for public suffixes of two labels.
    #[test]
    fn ids_and_origins_of_a_relying_party_are_checked() {
        assert!(["localhost", "example.com", "app.example.com"].iter().all(|id| is_rp_id(id)));
        let wrong = ["com", "127.0.0.1", "Example.com", "exa_mple.com", "https://example.com"];
        assert!(!wrong.iter().any(|id| is_rp_id(id)));
        let plain = |text| plain_origin(text, "example.com").ok();
        assert_eq!(plain("https://example.com/").as_deref(), Some("https://example.com"));
        assert_eq!(plain("https://app.example.com:443").as_deref(), Some("https://app.example.com"));
        assert_eq!(plain("https://example.com:8443").as_deref(), Some("https://example.com:8443"));
        let wrong = [
            "http://example.com",
            "https://evil.com",
            "https://notexample.com",
            "https://example.com/login",
            "https://user:pass@example.com",
            "https://example.com?next=1",
            "example.com",
        ];
        assert!(wrong.into_iter().all(|origin| plain(origin).is_none()));
        assert_eq!(plain_origin("http://127.0.0.1:3000", "localhost").ok(), None);
        assert_eq!(
            plain_origin("http://localhost:3000", "localhost").ok().as_deref(),
            Some("http://localhost:3000")
        );
    }
}
