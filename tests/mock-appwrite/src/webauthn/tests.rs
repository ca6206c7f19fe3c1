//! Keys of passkeys, and data of authenticators that is cut short.

use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

use super::{AuthenticatorData, Item, Key};

#[test]
fn an_rsa_key_verifies_what_it_signed_and_nothing_else() -> Result<(), Box<dyn std::error::Error>> {
    let pair =
        RsaKeyPair::from_pkcs8(include_bytes!("../oidc/provider.pk8")).map_err(|_| "the pair is read")?;
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
    let int = Item::Int;
    let (n, e) = (Item::Bytes(public.n), Item::Bytes(public.e));
    let cose = Item::Map(vec![(int(1), int(3)), (int(3), int(-257)), (int(-1), n), (int(-2), e)]);
    let key = Key::read(&cose).ok_or("the key is read")?;
    let mut signed = vec![0; pair.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &random, b"message", &mut signed).map_err(|_| "the pair signs")?;
    assert!(key.verifies(b"message", &signed));
    assert!(!key.verifies(b"massage", &signed));
    Ok(())
}

#[test]
fn a_key_of_another_kind_is_not_read() {
    let int = Item::Int;
    for (kind, algorithm) in [(1, -8), (2, -35), (3, -7)] {
        assert!(Key::read(&Item::Map(vec![(int(1), int(kind)), (int(3), int(algorithm))])).is_none());
    }
    assert!(Key::read(&Item::List(Vec::new())).is_none());
}

#[test]
fn data_that_is_cut_short_is_not_read() {
    let mut data = vec![0; 32];
    data.extend([super::ATTESTED, 0, 0, 0, 1]);
    data.extend([0; 16]);
    data.extend([0, 2, 7, 7, 0xa0]);
    let whole = AuthenticatorData::read(&data);
    assert!(whole.is_some_and(|whole| whole.credential == Some((vec![7, 7], Item::Map(Vec::new())))));
    assert!((0..data.len()).all(|length| AuthenticatorData::read(&data[..length]).is_none()));
}
