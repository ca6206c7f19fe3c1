//! Passkeys as the server checks them: the ceremonies of WebAuthn, their challenges, and what is kept (contract §2x.2.2).

mod authenticator;
mod cbor;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

pub(crate) use authenticator::Authenticator;
use cbor::Item;

use crate::{dates::Millis, signatures, world::World};

/// The bits of an authenticator's flags.
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// The passkeys of a project.
#[derive(Clone, Debug)]
pub(crate) struct Passkeys {
    /// The relying party's id; without one, passkeys are not configured.
    pub(crate) rp_id: Option<String>,
    /// The origins of an early state. Without them, they follow from the project's platforms.
    pub(crate) origins: Option<Vec<String>>,
    /// Origins of Android's form, which no state that was read accepts.
    pub(crate) android_origins: Vec<String>,
    /// The verification of a new passkey needs a recent sign-in, too.
    pub(crate) recent_on_verification: bool,
    /// The verification needs the parameter `challengeId`, as in an early state.
    pub(crate) needs_challenge_id: bool,
    /// Accounts without a verified e-mail are refused, as in an early state.
    pub(crate) refuses_unverified: bool,
    /// Challenges that were given out still complete when passkeys are switched off.
    pub(crate) completes_when_off: bool,
    pub(crate) list: Vec<Passkey>,
    pub(crate) challenges: Vec<Challenge>,
    /// The handles of users, by user.
    pub(crate) handles: HashMap<String, String>,
}

impl Default for Passkeys {
    fn default() -> Self {
        Self {
            rp_id: Some("localhost".to_owned()),
            origins: None,
            android_origins: Vec::new(),
            recent_on_verification: true,
            needs_challenge_id: false,
            refuses_unverified: false,
            completes_when_off: true,
            list: Vec::new(),
            challenges: Vec::new(),
            handles: HashMap::new(),
        }
    }
}

/// A passkey, or one that is being registered.
#[derive(Clone, Debug)]
pub(crate) struct Passkey {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) name: String,
    pub(crate) accessed: Option<Millis>,
    pub(crate) state: State,
}

/// How far a passkey has come.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// It waits for this challenge.
    Pending(String),
    Verified(Credential),
}

impl Passkey {
    pub(crate) fn credential(&self) -> Option<&Credential> {
        if let State::Verified(credential) = &self.state { Some(credential) } else { None }
    }
}

/// What was registered of an authenticator's credential.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) id: String,
    key: Key,
    counter: u32,
    backup_eligible: bool,
}

#[derive(Clone, Debug)]
enum Key {
    /// The point of P-256, uncompressed.
    Es256(Vec<u8>),
    Rs256 {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

/// A challenge that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) id: String,
    pub(crate) expire: Millis,
    /// What the authenticator signs, as it is in the options.
    pub(crate) value: String,
    pub(crate) purpose: Purpose,
    /// The settings of the relying party at that time.
    pub(crate) party: String,
}

/// What a challenge is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    SignIn,
    Register { user_id: String, session_id: Option<String>, passkey_id: String },
}

impl Passkeys {
    /// What a change of the settings changes.
    pub(crate) fn party(&self) -> String {
        format!("{:?} {:?} {:?}", self.rp_id, self.origins, self.android_origins)
    }

    /// Uses up a challenge, and gives it if it still counts for `purpose`.
    pub(crate) fn consume(&mut self, id: &str, purpose: &Purpose, now: Millis) -> Option<Challenge> {
        let index = self.challenges.iter().position(|challenge| challenge.id == id)?;
        if self.challenges[index].purpose != *purpose {
            return None;
        }
        let challenge = self.challenges.remove(index);
        (challenge.expire >= now && challenge.party == self.party()).then_some(challenge)
    }
}

/// What a ceremony is held against.
pub(crate) struct Expected<'a> {
    pub(crate) world: &'a World,
    pub(crate) challenge: &'a str,
}

/// Why a credential is refused.
type Why = &'static str;

impl Expected<'_> {
    fn accepts(&self, origin: &str) -> bool {
        let (passkeys, project) = (&self.world.passkeys, &self.world.project);
        let Some(rp_id) = &passkeys.rp_id else { return false };
        if passkeys.android_origins.iter().any(|known| known == origin) {
            return true;
        }
        if let Some(origins) = &passkeys.origins {
            return origins.iter().any(|known| known == origin);
        }
        let (scheme, host) = crate::origin::split(origin);
        let within = host == *rp_id || host.ends_with(&format!(".{rp_id}"));
        let platform = |known: &String| match known.strip_prefix("*.") {
            Some(parent) => host.ends_with(&format!(".{parent}")),
            None => *known == host,
        };
        match scheme.as_str() {
            "http" | "https" if rp_id == "localhost" => host == "localhost",
            "https" if origin == format!("https://{rp_id}") && !project.apple_apps.is_empty() => true,
            "https" => within && project.web_hosts.iter().any(platform),
            _ => false,
        }
    }

    /// The bytes of `clientDataJSON`, once they are what this ceremony expects.
    fn client_data(&self, response: &Map<String, Value>, kind: &str) -> Result<Vec<u8>, Why> {
        let bytes = decoded(response.get("clientDataJSON")).ok_or("clientDataJSON is missing")?;
        let data: Value = serde_json::from_slice(&bytes).map_err(|_| "clientDataJSON is no JSON")?;
        if data["type"] != kind {
            return Err("the type of the ceremony differs");
        }
        if data["challenge"] != self.challenge {
            return Err("the challenge differs");
        }
        if !data["origin"].as_str().is_some_and(|origin| self.accepts(origin)) {
            return Err("the origin is not allowed");
        }
        if data["crossOrigin"] == true {
            return Err("the page is in a frame of another origin");
        }
        Ok(bytes)
    }

    fn party(&self, data: &AuthenticatorData) -> Result<(), Why> {
        let rp_id = self.world.passkeys.rp_id.as_deref().unwrap_or_default();
        if data.rp_hash != Sha256::digest(rp_id)[..] {
            return Err("the relying party differs");
        }
        if data.flags & (USER_PRESENT | USER_VERIFIED) != USER_PRESENT | USER_VERIFIED {
            return Err("the user was not verified");
        }
        if data.flags & (BACKUP_ELIGIBLE | BACKED_UP) == BACKED_UP {
            return Err("what is backed up must be eligible for it");
        }
        Ok(())
    }

    /// What a registration proves.
    pub(crate) fn registration(&self, credential: &Map<String, Value>) -> Result<Credential, Why> {
        let (id, response) = parts(credential)?;
        self.client_data(response, "webauthn.create")?;
        let object = decoded(response.get("attestationObject")).ok_or("attestationObject is missing")?;
        let (object, _) = cbor::read(&object).ok_or("attestationObject is no CBOR")?;
        if object.named("fmt") != Some(&Item::Text("none".to_owned())) {
            return Err("no attestation was asked for");
        }
        let data = object.named("authData").and_then(Item::bytes).and_then(AuthenticatorData::read);
        let data = data.ok_or("authData cannot be read")?;
        self.party(&data)?;
        let (attested, key) = data.credential.as_ref().ok_or("the credential is missing")?;
        if BASE64URL.encode(attested) != id {
            return Err("the credential's id differs");
        }
        let key = Key::read(key).ok_or("the key is of no known kind")?;
        let backup_eligible = data.flags & BACKUP_ELIGIBLE != 0;
        Ok(Credential { id, key, counter: data.counter, backup_eligible })
    }

    /// Holds an assertion against what was registered; the counter moves on.
    pub(crate) fn assertion(
        &self,
        credential: &Map<String, Value>,
        known: &Credential,
        handle: &str,
    ) -> Result<Credential, Why> {
        let (id, response) = parts(credential)?;
        if id != known.id {
            return Err("the credential's id differs");
        }
        let client_data = self.client_data(response, "webauthn.get")?;
        if response.get("userHandle").and_then(Value::as_str) != Some(handle) {
            return Err("the user handle differs");
        }
        let bytes = decoded(response.get("authenticatorData")).ok_or("authenticatorData is missing")?;
        let data = AuthenticatorData::read(&bytes).ok_or("authenticatorData cannot be read")?;
        self.party(&data)?;
        let signature = decoded(response.get("signature")).ok_or("the signature is missing")?;
        let message = [bytes.as_slice(), &Sha256::digest(client_data)].concat();
        if !known.key.verifies(&message, &signature) {
            return Err("the signature is wrong");
        }
        if known.backup_eligible != (data.flags & BACKUP_ELIGIBLE != 0) {
            return Err("the eligibility for a backup has changed");
        }
        // A credential that is synced between devices may count in each of them on its own.
        let counts = known.counter != 0 || data.counter != 0;
        if !known.backup_eligible && counts && data.counter <= known.counter {
            return Err("the counter went back");
        }
        Ok(Credential { counter: known.counter.max(data.counter), ..known.clone() })
    }
}

/// The id of a credential that is said to have one.
pub(crate) fn credential_id(credential: &Map<String, Value>) -> Result<String, Why> {
    parts(credential).map(|(id, _)| id)
}

fn parts(credential: &Map<String, Value>) -> Result<(String, &Map<String, Value>), Why> {
    let text = |name: &str| credential.get(name).and_then(Value::as_str);
    let id = text("id").filter(|id| text("rawId") == Some(id)).ok_or("id and rawId differ")?;
    if text("type") != Some("public-key") {
        return Err("the type of the credential differs");
    }
    let response = credential.get("response").and_then(Value::as_object).ok_or("the response is missing")?;
    Ok((id.to_owned(), response))
}

fn decoded(text: Option<&Value>) -> Option<Vec<u8>> {
    BASE64URL.decode(text?.as_str()?).ok()
}

/// What an authenticator says in binary form.
struct AuthenticatorData {
    rp_hash: Vec<u8>,
    flags: u8,
    counter: u32,
    /// The credential's id and its key.
    credential: Option<(Vec<u8>, Item)>,
}

impl AuthenticatorData {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (rp_hash, rest) = bytes.split_at_checked(32)?;
        let (&flags, rest) = rest.split_first()?;
        let (counter, rest) = rest.split_first_chunk()?;
        let credential = match flags & ATTESTED {
            0 => None,
            _ => {
                let (_model, rest) = rest.split_at_checked(16)?;
                let (length, rest) = rest.split_first_chunk()?;
                let (id, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                Some((id.to_vec(), cbor::read(rest)?.0))
            }
        };
        Some(Self { rp_hash: rp_hash.to_vec(), flags, counter: u32::from_be_bytes(*counter), credential })
    }
}

impl Key {
    /// Reads a COSE key.
    fn read(key: &Item) -> Option<Self> {
        let bytes = |name| key.numbered(name).and_then(Item::bytes).map(<[u8]>::to_vec);
        match (key.numbered(1)?, key.numbered(3)?) {
            (Item::Int(2), Item::Int(-7)) => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                (key.numbered(-1) == Some(&Item::Int(1))).then(|| Self::Es256([vec![4], x, y].concat()))
            }
            (Item::Int(3), Item::Int(-257)) => {
                Some(Self::Rs256 { modulus: bytes(-1)?, exponent: bytes(-2)? })
            }
            _ => None,
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(point) => signatures::es256_verifies(point, message, signature),
            Self::Rs256 { modulus, exponent } => {
                signatures::rs256_verifies(modulus, exponent, message, signature)
            }
        }
    }
}
