//! An authenticator in software: it answers WebAuthn options as a phone does, with real ES256 signatures.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{ATTESTED, BACKED_UP, BACKUP_ELIGIBLE, USER_PRESENT, USER_VERIFIED, cbor::Item};
use crate::{json, signatures};

/// What comes before the point of a key on P-256 in its usual form (SubjectPublicKeyInfo).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A device that keeps credentials.
#[derive(Clone, Debug, Default)]
pub(crate) struct Authenticator {
    credentials: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    id: String,
    rp_id: String,
    user_handle: String,
    key: Vec<u8>,
    counter: u32,
    backup_eligible: bool,
}

/// What a test wishes to be other than usual.
struct Wishes<'a>(&'a Value);

impl Wishes<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    fn counter(&self) -> Option<u32> {
        self.0.get("counter").and_then(Value::as_u64).and_then(|counter| u32::try_from(counter).ok())
    }

    /// What the browser or the system adds: `clientDataJSON`.
    fn client_data(&self, kind: &str, options: &Value, rp_id: &str) -> String {
        let scheme = if rp_id == "localhost" { "http" } else { "https" };
        let origin = self.text("origin").unwrap_or_else(|| format!("{scheme}://{rp_id}"));
        let challenge = self.text("challenge").map_or_else(|| options["challenge"].clone(), Value::from);
        let cross = self.flag("crossOrigin").unwrap_or_default();
        json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": cross }).to_string()
    }

    /// Relying party, flags and counter.
    fn head(&self, rp_id: &str, kept: &Kept, more: u8) -> Vec<u8> {
        let rp_id = self.text("rpId").unwrap_or_else(|| rp_id.to_owned());
        let eligible = self.flag("backupEligible").unwrap_or(kept.backup_eligible);
        let flags = [
            (true, USER_PRESENT),
            (self.flag("userVerified").unwrap_or(true), USER_VERIFIED),
            (eligible, BACKUP_ELIGIBLE),
            (self.flag("backedUp").unwrap_or(eligible), BACKED_UP),
        ];
        let flags = flags.iter().filter(|(set, _)| *set).fold(more, |all, (_, flag)| all | flag);
        [&Sha256::digest(rp_id)[..], &[flags], &kept.counter.to_be_bytes()].concat()
    }
}

impl Authenticator {
    /// Makes a credential and answers creation options. `None` if they name a credential that this authenticator has, as a real one
    /// refuses that; `ignoreExclude` makes one nevertheless.
    pub(crate) fn create(&mut self, options: &Value, wishes: &Value) -> Option<Value> {
        let wishes = Wishes(wishes);
        let rp_id = options["rp"]["id"].as_str()?.to_owned();
        let excluded = options["excludeCredentials"].as_array().into_iter().flatten();
        let has = |id: &Value| self.credentials.iter().any(|kept| *id == *kept.id);
        if excluded.into_iter().any(|other| has(&other["id"])) && wishes.flag("ignoreExclude") != Some(true) {
            return None;
        }
        let id: Vec<u8> = (0..16).map(|_| fastrand::u8(..)).collect();
        let kept = Kept {
            id: wishes.text("credentialId").unwrap_or_else(|| BASE64URL.encode(&id)),
            user_handle: options["user"]["id"].as_str()?.to_owned(),
            key: signatures::new_es256_key()?,
            counter: wishes.counter().unwrap_or_default(),
            backup_eligible: wishes.flag("backupEligible").unwrap_or(true),
            rp_id: rp_id.clone(),
        };
        let point = signatures::es256_point(&kept.key)?;
        let (x, y) = point.get(1..)?.split_at_checked(32)?;
        let int = Item::Int;
        let key = Item::Map(vec![
            (int(1), int(2)),
            (int(3), int(-7)),
            (int(-1), int(1)),
            (int(-2), Item::Bytes(x.to_vec())),
            (int(-3), Item::Bytes(y.to_vec())),
        ]);
        let raw_id = BASE64URL.decode(&kept.id).ok()?;
        let length = u16::try_from(raw_id.len()).ok()?.to_be_bytes();
        let head = wishes.head(&rp_id, &kept, ATTESTED);
        let data = [&head[..], &[0; 16], &length, &raw_id, &key.write()].concat();
        let text = |text: &str| Item::Text(text.to_owned());
        let object = Item::Map(vec![
            (text("fmt"), text("none")),
            (text("attStmt"), Item::Map(Vec::new())),
            (text("authData"), Item::Bytes(data.clone())),
        ]);
        let answer = json!({
            "clientDataJSON": BASE64URL.encode(wishes.client_data("webauthn.create", options, &rp_id)),
            "attestationObject": BASE64URL.encode(object.write()),
            "authenticatorData": BASE64URL.encode(data),
            "publicKey": BASE64URL.encode([&SPKI[..], &point].concat()),
            "publicKeyAlgorithm": -7, "transports": ["internal", "hybrid"],
        });
        let body = credential(&kept.id, answer);
        self.credentials.push(kept);
        Some(body)
    }

    /// Answers request options with the latest credential of that relying party. `None` if there is none, as a real one then has
    /// nothing to offer.
    pub(crate) fn get(&mut self, options: &Value, wishes: &Value) -> Option<Value> {
        let wishes = Wishes(wishes);
        let rp_id = options["rpId"].as_str()?;
        let wanted = wishes.text("credentialId");
        let fits =
            |kept: &&mut Kept| kept.rp_id == rp_id && wanted.as_ref().is_none_or(|wanted| *wanted == kept.id);
        let kept = self.credentials.iter_mut().rev().find(fits)?;
        kept.counter = wishes.counter().unwrap_or(kept.counter + 1);
        let client_data = wishes.client_data("webauthn.get", options, rp_id);
        let data = wishes.head(rp_id, kept, 0);
        let message = [&data[..], &Sha256::digest(&client_data)].concat();
        let other = wishes.flag("otherKey").unwrap_or_default();
        let key = if other { signatures::new_es256_key()? } else { kept.key.clone() };
        let signature = signatures::es256_sign(&key, &message)?;
        let handle = wishes.text("userHandle").unwrap_or_else(|| kept.user_handle.clone());
        let answer = json!({
            "clientDataJSON": BASE64URL.encode(client_data), "authenticatorData": BASE64URL.encode(data),
            "signature": BASE64URL.encode(signature), "userHandle": handle,
        });
        Some(credential(&kept.id, answer))
    }
}

/// A credential as `PublicKeyCredential.toJSON()` gives it.
fn credential(id: &str, response: Value) -> Value {
    json!({
        "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
        "clientExtensionResults": {}, "response": response,
    })
}
