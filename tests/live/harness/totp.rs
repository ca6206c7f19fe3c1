//! The codes of an authenticator app (RFC 6238: SHA-1, 30 seconds, 6 digits), as Appwrite checks them.

use hmac::{Hmac, Mac};
use sha1::Sha1;

const PERIOD: u64 = 30;

/// The code of the base32 secret at `seconds` since 1970.
pub(crate) fn code_at(secret: &str, seconds: u64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(&base32(secret)?).ok()?;
    mac.update(&(seconds / PERIOD).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 0x0f);
    let bytes: [u8; 4] = digest[offset..offset + 4].try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000))
}

/// For how long the code of this moment is still valid, in seconds.
pub(crate) fn left(seconds: u64) -> u64 {
    PERIOD - seconds % PERIOD
}

/// RFC 4648 base32, with or without padding.
fn base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let digit = match c.to_ascii_uppercase() {
            c @ b'A'..=b'Z' => c - b'A',
            c @ b'2'..=b'7' => c - b'2' + 26,
            _ => return None,
        };
        buffer = (buffer << 5) | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}
