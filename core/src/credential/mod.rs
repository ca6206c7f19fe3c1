//! The credential: the blob that proves a login to Appwrite, decoded and checked once (contract §1.1).

use std::sync::Arc;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{Secret, json};

mod access_token;
mod capture;
mod carrier;
mod legacy;

pub(crate) use access_token::{AccessTokens, Issued, Moment, Supply};
pub(crate) use capture::capture;
pub use carrier::Carrier;
pub(crate) use carrier::Issuer;
pub(crate) use carrier::{carry, cookie_name};
pub(crate) use legacy::find_legacy;

/// Longer blobs are refused: a real one has some 400 characters, and a header must stay below common server limits.
const LONGEST: usize = 4096;

/// Writes padding, and reads with or without it, as Appwrite does.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A login to Appwrite, as the canonical blob and the user id that it names.
///
/// It never leaves the crate: what leaves is a header for one allowed request.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    // Shared, so that a call that takes the credential along copies no text.
    blob: Arc<Secret>,
    user_id: Arc<str>,
}

/// What the blob encodes (contract §1.1).
#[derive(Deserialize)]
struct Content {
    id: String,
    secret: Zeroizing<String>,
}

/// A cookie's value without quotes around it and decoded, in a buffer that is wiped.
fn percent_decoded(value: &str) -> Zeroizing<Vec<u8>> {
    let value = value.trim().trim_matches('"');
    // Decoded, it is not longer, so the buffer never moves.
    let mut decoded = Zeroizing::new(Vec::with_capacity(value.len()));
    decoded.extend(percent_decode_str(value));
    decoded
}

impl Credential {
    /// The credential in the value of a cookie.
    fn of_cookie(value: &str) -> Option<Self> {
        Self::parse(str::from_utf8(&percent_decoded(value)).ok()?)
    }

    /// Reads a blob: base64 of a JSON object with a non-empty `id` and `secret`. White space around it and missing padding are
    /// tolerated, as by Appwrite; anything else, such as `deleted` or a hash, is no credential.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        let json = Zeroizing::new(BASE64.decode(text).ok()?);
        let content: Content = json::object(&json)?;
        if content.id.is_empty() || content.secret.is_empty() {
            return None;
        }
        let blob = Secret::new(BASE64.encode(&*json));
        Some(Self { blob: Arc::new(blob), user_id: content.id.into() })
    }

    /// The id of the user whom the credential names. Not verified: only Appwrite can do that.
    pub(crate) fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The blob in its canonical form, with padding.
    pub(crate) fn blob(&self) -> &Secret {
        &self.blob
    }

    /// Whether this one comes first in an order that is the same in every process. It has no other meaning.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        // Exposed to be compared: which of two comes first says next to nothing about either.
        self.blob.expose() < other.blob.expose()
    }

    /// Whether both are the same login.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.blob.matches(&other.blob)
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::{BASE64, Credential, Engine};

    /// A well-formed credential of `id` with `secret`.
    pub(crate) fn credential(id: &str, secret: &str) -> Credential {
        Credential::parse(&blob(id, secret)).expect("the sample is well-formed")
    }

    /// The blob of such a credential.
    pub(crate) fn blob(id: &str, secret: &str) -> String {
        BASE64.encode(serde_json::json!({ "id": id, "secret": secret }).to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{samples::blob, *};

    #[test]
    fn refuses_what_is_no_credential() {
        let not_an_object = BASE64.encode(r#"["ada","00ff"]"#);
        let no_secret = BASE64.encode(r#"{"id":"ada"}"#);
        let empty_id = blob("", "s");
        let empty_secret = blob("ada", "");
        let hash = "ab".repeat(32);
        for text in ["", "deleted", "eyJ", "%3D", &hash, &not_an_object, &no_secret, &empty_id, &empty_secret]
        {
            assert!(Credential::parse(text).is_none(), "{text:?} was taken for a credential");
        }
        assert!(Credential::parse(&blob("ada", &"s".repeat(2 * LONGEST))).is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        let credential = Credential::parse(&blob("ada", "canary")).expect("well-formed");
        let shown = format!("{credential:?}");
        assert!(!shown.contains("canary") && !shown.contains(credential.blob().expose()), "{shown}");
    }

    proptest! {
        #[test]
        fn every_blob_reads_back_whatever_its_padding(id in "\\PC{1,40}", secret in "[0-9a-f]{1,256}") {
            let blob = blob(&id, &secret);
            let whole = Credential::parse(&blob).expect("well-formed");
            let bare = Credential::parse(blob.trim_end_matches('=')).expect("well-formed without padding");
            prop_assert_eq!(whole.user_id(), id);
            prop_assert!(whole.is_same(&bare));
            prop_assert_eq!(whole.blob().expose(), blob);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,600}") {
            let _ = Credential::parse(&text);
        }

        #[test]
        fn a_trailing_character_makes_it_another_or_none(id in "[a-z0-9]{20}", junk in "[!-~&&[^=]]{1,3}") {
            let good = blob(&id, "00ff");
            if let Some(other) = Credential::parse(&format!("{good}{junk}")) {
                prop_assert!(!other.is_same(&Credential::parse(&good).expect("well-formed")));
            }
        }
    }
}
