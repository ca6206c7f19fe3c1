//! Imitates the signatures of ID tokens and passkeys by a keyed hash, where there is no library for real ones. Tokens and authenticators of
//! the same mock verify; nothing that a real provider or device has signed does.

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

fn keyed(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

/// What stands for the modulus and the exponent of the key with which the ID tokens of tests are signed.
pub(crate) fn provider_key() -> (Vec<u8>, Vec<u8>) {
    (vec![0xa5; 256], vec![1, 0, 1])
}

/// Signs with that key.
pub(crate) fn sign_as_provider(message: &[u8]) -> Vec<u8> {
    keyed(&provider_key().0, message).unwrap_or_default()
}

pub(crate) fn rs256_verifies(modulus: &[u8], _exponent: &[u8], message: &[u8], signed: &[u8]) -> bool {
    keyed(modulus, message).is_some_and(|expected| expected == signed)
}

/// A new private key.
pub(crate) fn new_es256_key() -> Option<Vec<u8>> {
    Some((0..32).map(|_| fastrand::u8(..)).collect())
}

/// What stands for the public point of a key.
pub(crate) fn es256_point(key: &[u8]) -> Option<Vec<u8>> {
    let half = Sha256::digest(key);
    Some([&[4], &half[..], &half[..]].concat())
}

pub(crate) fn es256_sign(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    keyed(&es256_point(key)?, message)
}

pub(crate) fn es256_verifies(point: &[u8], message: &[u8], signed: &[u8]) -> bool {
    keyed(point, message).is_some_and(|expected| expected == signed)
}
