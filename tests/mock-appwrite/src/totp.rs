//! Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds, six digits, no window around the present one.

use hmac::{Hmac, Mac as _};
use sha1::Sha1;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret in base32, of 64 bytes as the server makes them.
pub(crate) fn new_secret() -> String {
    (0..103).map(|_| char::from(ALPHABET[fastrand::usize(..32)])).collect()
}

/// The code of `secret` at `seconds` since 1970.
pub fn code(secret: &str, seconds: i64) -> String {
    at_counter(&base32(secret), u64::try_from(seconds / 30).unwrap_or_default())
}

fn at_counter(key: &[u8], counter: u64) -> String {
    let digest = Hmac::<Sha1>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(&counter.to_be_bytes());
            mac.finalize().into_bytes().to_vec()
        })
        .unwrap_or_else(|_| vec![0; 20]);
    let offset = usize::from(digest[19] & 0x0f);
    let word = [digest[offset] & 0x7f, digest[offset + 1], digest[offset + 2], digest[offset + 3]];
    format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
}

fn base32(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for c in text.bytes() {
        let Some(value) = ALPHABET.iter().position(|each| each.eq_ignore_ascii_case(&c)) else { continue };
        bits = (bits << 5) | u32::try_from(value).unwrap_or_default();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(((bits >> count) & 0xff) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn the_standards_own_vectors_hold() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; // "12345678901234567890"
        for (seconds, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(code(secret, seconds), expected, "at {seconds}");
        }
    }
}
