//! Compressed answers (contract §13.20, §14.12).

use std::io::{Read as _, Write as _};

use brotli::{CompressorWriter, Decompressor};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::profile::Traits;

/// The coding that the server picks for a body, if it compresses it.
pub(crate) fn pick(accepted: &str, length: usize, traits: &Traits) -> Option<&'static str> {
    let codings: Vec<&str> =
        accepted.split(',').map(|each| each.split(';').next().unwrap_or_default().trim()).collect();
    let wanted: &[&'static str] = if traits.newer_headers { &["gzip", "zstd"] } else { &["br", "gzip"] };
    let least = if traits.newer_headers { 1024 } else { 20 };
    wanted.iter().find(|coding| length >= least && codings.contains(coding)).copied()
}

/// A body in that coding.
pub(crate) fn encode(coding: &str, body: &[u8]) -> Vec<u8> {
    let written = match coding {
        "gzip" => {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(body).and_then(|()| gzip.finish())
        }
        "br" => {
            let mut brotli = CompressorWriter::new(Vec::new(), 4096, 4, 20);
            brotli.write_all(body).map(|()| brotli.into_inner())
        }
        _ => Ok(compress_to_vec(body, CompressionLevel::Fastest)),
    };
    // Writing to memory cannot fail.
    written.unwrap_or_default()
}

/// A body as it was before that coding; as it is if it does not decode, or in a coding that the recordings keep.
pub(crate) fn decode(coding: Option<&str>, body: Vec<u8>) -> Vec<u8> {
    let mut decoded = Vec::new();
    let read = match coding {
        Some("gzip") => GzDecoder::new(body.as_slice()).read_to_end(&mut decoded),
        Some("br") => Decompressor::new(body.as_slice(), 4096).read_to_end(&mut decoded),
        _ => return body,
    };
    if read.is_ok() { decoded } else { body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_decodes() {
        let body = b"hello hello hello hello".repeat(9);
        for coding in ["gzip", "br"] {
            let encoded = encode(coding, &body);
            assert!(encoded.len() < body.len(), "{coding}");
            assert_eq!(decode(Some(coding), encoded), body);
        }
        assert!(encode("zstd", &body).starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
        assert_eq!(decode(None, body.clone()), body);
    }

    #[test]
    fn each_server_has_its_own_choice() {
        use crate::profile::Profile;
        let all = "gzip, deflate, br;q=0.5, zstd";
        assert_eq!(pick(all, 2000, Profile::V1_9.traits()), Some("gzip"));
        assert_eq!(pick(all, 1000, Profile::V1_9.traits()), None);
        assert_eq!(pick(all, 100, Profile::V1_5.traits()), Some("br"));
        assert_eq!(pick("identity", 5000, Profile::V1_5.traits()), None);
    }
}
