//! ID tokens of Apple and Google: how the server checks them, and how a test gets one (contract §2x.2.1).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{json, signatures, world::hex};

/// How far the clocks of a provider and of the server may differ, in seconds.
const SKEW: i64 = 60;

/// The name of that key.
const SIGNER_ID: &str = "mock";

/// A provider whose ID tokens are taken.
#[derive(Clone, Debug)]
pub(crate) struct Native {
    pub(crate) name: &'static str,
    /// The project's switch `nativeEnabled`.
    pub(crate) enabled: bool,
    pub(crate) client_ids: Vec<String>,
    pub(crate) keys: Vec<Key>,
    /// The provider's keys can be fetched.
    pub(crate) reachable: bool,
    /// A nonce of the request needs one in the token, as in an early state.
    pub(crate) strict_nonce: bool,
}

/// A public key of a provider.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    id: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A check failed, in the server's words.
    Invalid(&'static str),
    /// The provider's keys cannot be fetched.
    Unreachable,
}

/// Both providers, as the project `demo` has set them up.
pub(crate) fn providers() -> Vec<Native> {
    let provider = |name, client_ids: &[&str]| Native {
        name,
        enabled: true,
        client_ids: client_ids.iter().map(|id| (*id).to_owned()).collect(),
        keys: vec![Key::of_tests()],
        reachable: true,
        strict_nonce: false,
    };
    vec![
        provider("apple", &["com.example.app"]),
        provider("google", &["web.apps.googleusercontent.com", "ios.apps.googleusercontent.com"]),
    ]
}

impl Key {
    /// The key of the tokens of tests.
    fn of_tests() -> Self {
        let (modulus, exponent) = signatures::provider_key();
        Self { id: SIGNER_ID.to_owned(), modulus, exponent }
    }

    /// Reads a JSON Web Key.
    fn read(key: &Value) -> Option<Self> {
        let number = |name: &str| BASE64URL.decode(key.get(name)?.as_str()?).ok();
        let id = key.get("kid")?.as_str()?.to_owned();
        Some(Self { id, modulus: number("n")?, exponent: number("e")? })
    }

    fn json(&self) -> Value {
        let number = |bytes: &[u8]| BASE64URL.encode(bytes);
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id,
            "n": number(&self.modulus), "e": number(&self.exponent),
        })
    }

    fn verifies(&self, message: &[u8], signed: &[u8]) -> bool {
        signatures::rs256_verifies(&self.modulus, &self.exponent, message, signed)
    }
}

impl Native {
    fn issuers(&self) -> &'static [&'static str] {
        match self.name {
            "apple" => &["https://appleid.apple.com"],
            _ => &["https://accounts.google.com", "accounts.google.com"],
        }
    }

    /// Apple's tokens must carry a nonce.
    fn needs_nonce(&self) -> bool {
        self.name == "apple"
    }

    /// What the controls show of it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "provider": self.name, "nativeEnabled": self.enabled, "clientIds": self.client_ids,
            "keys": self.keys.iter().map(Key::json).collect::<Value>(), "reachable": self.reachable,
            "strictNonce": self.strict_nonce,
        })
    }

    /// Changes what `change` names.
    pub(crate) fn update(&mut self, change: &Value) {
        let flag = |name: &str| change.get(name).and_then(Value::as_bool);
        let list = |name: &str| change.get(name).and_then(Value::as_array);
        self.enabled = flag("nativeEnabled").unwrap_or(self.enabled);
        self.reachable = flag("reachable").unwrap_or(self.reachable);
        self.strict_nonce = flag("strictNonce").unwrap_or(self.strict_nonce);
        if let Some(ids) = list("clientIds") {
            self.client_ids = ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
        }
        if let Some(keys) = list("keys") {
            self.keys = keys.iter().filter_map(Key::read).collect();
        }
    }

    /// The claims of a token that passes every check at `now` seconds since 1970. `nonce` is the raw one; empty is none.
    pub(crate) fn verify(&self, token: &str, nonce: &str, now: i64) -> Result<Value, Refused> {
        let refused = |why| Err(Refused::Invalid(why));
        let parts: Vec<&str> = token.split('.').collect();
        let [header, body, signed] = parts.as_slice() else { return refused("Malformed token") };
        let part = |text: &str| {
            let bytes = BASE64URL.decode(text).ok()?;
            serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
        };
        let Some(head) = part(header) else { return refused("Malformed token") };
        let Some(id) = head["kid"].as_str().filter(|id| !id.is_empty()) else {
            return refused("Missing key ID");
        };
        if !self.reachable {
            return Err(Refused::Unreachable);
        }
        let Some(key) = self.keys.iter().find(|key| key.id == id) else {
            return refused("Unknown signing key");
        };
        if head["alg"] != "RS256" {
            return refused("Invalid token: Unsupported header alg");
        }
        let signed = BASE64URL.decode(signed).unwrap_or_default();
        if !key.verifies(format!("{header}.{body}").as_bytes(), &signed) {
            return refused("Invalid token: Signature failed");
        }
        let Some(claims) = part(body) else { return refused("JSON failed: Syntax error") };
        self.check(&claims, nonce, now).map_or(Ok(claims), refused)
    }

    /// What is wrong with the claims of a token whose signature holds.
    fn check(&self, claims: &Value, nonce: &str, now: i64) -> Option<&'static str> {
        let text = |name: &str| claims[name].as_str().filter(|text| !text.is_empty());
        match claims["exp"].as_i64() {
            Some(exp) if exp + SKEW > now => {}
            Some(_) => return Some("Invalid token: Expired"),
            None => return Some("Token expired"),
        }
        if claims["iat"].as_i64().is_some_and(|at| at > now + SKEW) {
            return Some("Token issued in the future");
        }
        if !text("iss").is_some_and(|issuer| self.issuers().contains(&issuer)) {
            return Some("Invalid issuer");
        }
        let ours = |audience: &Value| self.client_ids.iter().any(|id| *audience == **id);
        let for_us = match &claims["aud"] {
            Value::Array(all) => all.iter().any(ours),
            one => ours(one),
        };
        if !for_us {
            return Some("Audience mismatch");
        }
        match text("nonce") {
            None if self.needs_nonce() => return Some("Nonce required"),
            None if self.strict_nonce && !nonce.is_empty() => return Some("Nonce mismatch"),
            Some(_) if nonce.is_empty() => return Some("Nonce required"),
            Some(claim) if claim != nonce && claim != digest(nonce) => return Some("Nonce mismatch"),
            _ => {}
        }
        text("sub").is_none().then_some("Missing subject")
    }

    /// A token as the provider would issue it at `now`, and the raw nonce that belongs to it. `wishes` changes it: `audience`,
    /// `sub`, `email`, `emailVerified`, `name`, `nonce`, `claims` (null removes one), `kid`, `alg`, `brokenSignature`.
    pub(crate) fn issue(&self, wishes: &Value, now: i64) -> Value {
        let text = |name: &str| wishes.get(name).and_then(Value::as_str).map(str::to_owned);
        // Apple's SDK is given the digest of a nonce, Google's the nonce itself.
        let nonce = text("nonce").or_else(|| self.needs_nonce().then(|| hex(16)));
        let claimed =
            nonce.as_deref().map(|raw| if self.needs_nonce() { digest(raw) } else { raw.to_owned() });
        let sub = text("sub").unwrap_or_else(|| hex(10));
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| {
            if !value.is_null() {
                claims.insert(name.to_owned(), value);
            }
        };
        claim("iss", json!(self.issuers()[0]));
        claim("aud", json!(text("audience").or_else(|| self.client_ids.first().cloned())));
        claim("sub", json!(sub));
        claim("iat", json!(now));
        claim("exp", json!(now + 600));
        claim("email", json!(text("email")));
        if text("email").is_some() {
            claim("email_verified", wishes.get("emailVerified").cloned().unwrap_or(Value::Bool(true)));
        }
        claim("name", json!(text("name")));
        claim("nonce", json!(claimed));
        for (name, value) in wishes.get("claims").and_then(Value::as_object).into_iter().flatten() {
            match value {
                Value::Null => claims.shift_remove(name),
                value => claims.insert(name.clone(), value.clone()),
            };
        }
        let mut head = Map::new();
        head.insert("alg".to_owned(), json!(text("alg").unwrap_or_else(|| "RS256".to_owned())));
        let kid = wishes.get("kid").cloned().unwrap_or(json!(SIGNER_ID));
        if !kid.is_null() {
            head.insert("kid".to_owned(), kid);
        }
        let encoded = |part: &Map<String, Value>| BASE64URL.encode(json!(part).to_string());
        let body = format!("{}.{}", encoded(&head), encoded(&claims));
        let mut signed = signatures::sign_as_provider(body.as_bytes());
        if wishes.get("brokenSignature") == Some(&Value::Bool(true))
            && let Some(last) = signed.last_mut()
        {
            *last ^= 1;
        }
        json!({ "idToken": format!("{body}.{}", BASE64URL.encode(signed)), "nonce": nonce, "sub": sub })
    }
}

/// The SHA-256 of a raw nonce in hexadecimal, which the app gives to Apple.
fn digest(nonce: &str) -> String {
    Sha256::digest(nonce).iter().map(|byte| format!("{byte:02x}")).collect()
}
