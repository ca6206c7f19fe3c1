//! Signatures of ID tokens and passkeys, by `ring`.

use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents, UnparsedPublicKey,
    },
};

/// The key with which the ID tokens of tests are signed. Everybody can read it, so nothing else may trust it.
const PROVIDER: &[u8] = include_bytes!("oidc/provider.pk8");

fn provider() -> Option<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(PROVIDER).ok()
}

/// Modulus and exponent of the key with which the ID tokens of tests are signed.
pub(crate) fn provider_key() -> (Vec<u8>, Vec<u8>) {
    provider().map_or_else(Default::default, |pair| {
        let public: RsaPublicKeyComponents<Vec<u8>> = pair.public_key().into();
        (public.n, public.e)
    })
}

/// Signs with that key, by RS256.
pub(crate) fn sign_as_provider(message: &[u8]) -> Vec<u8> {
    let Some(pair) = provider() else { return Vec::new() };
    let mut signed = vec![0; pair.public().modulus_len()];
    match pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signed) {
        Ok(()) => signed,
        Err(_) => Vec::new(),
    }
}

pub(crate) fn rs256_verifies(modulus: &[u8], exponent: &[u8], message: &[u8], signed: &[u8]) -> bool {
    let key = RsaPublicKeyComponents { n: modulus, e: exponent };
    key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signed).is_ok()
}

/// A new private key for ES256.
pub(crate) fn new_es256_key() -> Option<Vec<u8>> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).ok()?;
    Some(key.as_ref().to_vec())
}

fn pair(key: &[u8]) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, &SystemRandom::new()).ok()
}

/// The public point of a key, uncompressed: 4, x and y.
pub(crate) fn es256_point(key: &[u8]) -> Option<Vec<u8>> {
    Some(pair(key)?.public_key().as_ref().to_vec())
}

pub(crate) fn es256_sign(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    Some(pair(key)?.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec())
}

pub(crate) fn es256_verifies(point: &[u8], message: &[u8], signed: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signed).is_ok()
}
