//! The controls of the newer ways to sign in: ID tokens, passkeys, authenticators, and challenges that nobody delivers.

use serde_json::Value;

use crate::{control::Control, dates::iso, json, request::Request};

impl Control {
    /// An ID token of `apple` or `google` and its raw nonce, as `{"idToken", "nonce", "sub"}`. `wishes` can have `audience`, `sub`,
    /// `email`, `emailVerified`, `name`, `nonce`, `claims`, `kid`, `alg` and `brokenSignature`. `None` for another provider.
    pub fn issue_id_token(&self, provider: &str, wishes: &Value) -> Option<Value> {
        let world = self.0.world();
        let native = world.native.iter().find(|native| native.name == provider)?;
        Some(native.issue(wishes, world.now() / 1000))
    }

    /// Changes how ID tokens of a provider are taken, as `{"nativeEnabled", "clientIds", "keys", "reachable", "strictNonce"}` says,
    /// and gives the result. `None` for another provider.
    pub fn update_id_tokens(&self, provider: &str, change: &Value) -> Option<Value> {
        self.change(|world| {
            let native = world.native.iter_mut().find(|native| native.name == provider)?;
            native.update(change);
            Some(native.json())
        })
    }

    /// Changes the settings of passkeys, as `{"rpId", "origins", "androidOrigins", "recentOnVerification", "needsChallengeId",
    /// "refusesUnverified", "completesWhenOff"}` says.
    pub fn update_passkeys(&self, change: &Value) {
        self.change(|world| {
            let passkeys = &mut world.passkeys;
            let texts = |value: &Value| -> Option<Vec<String>> {
                let list = value.as_array()?.iter();
                Some(list.filter_map(|text| text.as_str().map(str::to_owned)).collect())
            };
            if let Some(rp_id) = change.get("rpId") {
                passkeys.rp_id = rp_id.as_str().filter(|id| !id.is_empty()).map(str::to_owned);
            }
            if let Some(origins) = change.get("origins") {
                passkeys.origins = texts(origins);
            }
            if let Some(origins) = change.get("androidOrigins").and_then(texts) {
                passkeys.android_origins = origins;
            }
            let set = |name: &str, switch: &mut bool| {
                *switch = change.get(name).and_then(Value::as_bool).unwrap_or(*switch);
            };
            set("recentOnVerification", &mut passkeys.recent_on_verification);
            set("needsChallengeId", &mut passkeys.needs_challenge_id);
            set("refusesUnverified", &mut passkeys.refuses_unverified);
            set("completesWhenOff", &mut passkeys.completes_when_off);
        });
    }

    /// Lets a software authenticator answer creation options. `wishes` can have `origin`, `rpId`, `challenge`, `userVerified`,
    /// `crossOrigin`, `backupEligible`, `backedUp`, `counter`, `credentialId` and `ignoreExclude`. `None` if the options cannot be
    /// answered, or exclude a credential that the authenticator has.
    pub fn create_credential(&self, authenticator: &str, options: &Value, wishes: &Value) -> Option<Value> {
        self.change(|world| {
            world.authenticators.entry(authenticator.to_owned()).or_default().create(options, wishes)
        })
    }

    /// Lets a software authenticator answer request options. `wishes` can have what
    /// [`create_credential`](Self::create_credential) takes, and `otherKey` and `userHandle`. `None` if it has no credential for them.
    pub fn get_credential(&self, authenticator: &str, options: &Value, wishes: &Value) -> Option<Value> {
        self.change(|world| {
            world.authenticators.entry(authenticator.to_owned()).or_default().get(options, wishes)
        })
    }

    /// The pending challenges of a user, with the code of each: `{"challengeId", "factor", "code", "expire"}`. The code of a custom
    /// challenge is in no message, because Appwrite does not deliver it. The code is null for a factor whose codes the user has.
    pub fn challenges(&self, user_id: &str) -> Vec<Value> {
        let world = self.0.world();
        let json = |each: &crate::world::Challenge| {
            let sent = matches!(each.factor.as_str(), "email" | "phone" | "custom");
            let code = sent.then_some(&each.code);
            json!({ "challengeId": each.id, "factor": each.factor, "code": code, "expire": iso(each.expire) })
        };
        world.user(user_id).map(|user| user.challenges.iter().map(json).collect()).unwrap_or_default()
    }
}

/// The WebAuthn options: an object, or its JSON as a text.
fn options(body: &Value) -> Option<Value> {
    match body.get("publicKey")? {
        Value::String(text) => serde_json::from_str(text).ok(),
        object => Some(object.clone()),
    }
}

/// Answers a request of these controls over HTTP.
pub(crate) fn act(control: &Control, request: &Request, path: &[&str], body: &Value) -> Option<(u16, Value)> {
    let refused = || (409, json!({ "error": "the authenticator cannot answer these options" }));
    match (request.method.as_str(), path) {
        ("POST", ["id-tokens", provider]) => Some((201, control.issue_id_token(provider, body)?)),
        ("GET", ["id-tokens", provider]) => Some((200, control.update_id_tokens(provider, &Value::Null)?)),
        ("PATCH", ["id-tokens", provider]) => Some((200, control.update_id_tokens(provider, body)?)),
        ("PATCH", ["passkeys"]) => {
            control.update_passkeys(body);
            Some((204, Value::Null))
        }
        ("POST", ["authenticators", name, "create"]) => {
            let answer = control.create_credential(name, &options(body)?, body);
            Some(answer.map_or_else(refused, |credential| (201, credential)))
        }
        ("POST", ["authenticators", name, "get"]) => {
            let answer = control.get_credential(name, &options(body)?, body);
            Some(answer.map_or_else(refused, |credential| (200, credential)))
        }
        ("GET", ["users", id, "challenges"]) => Some((200, json!({ "challenges": control.challenges(id) }))),
        _ => None,
    }
}
