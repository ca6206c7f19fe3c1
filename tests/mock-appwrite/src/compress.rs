//! Compressed answers: every coding in its form for data that is not worth compressing, which every client can read (contract §13.20,
//! §14.12).

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
    match coding {
        "gzip" => gzip(body),
        "br" => brotli(body),
        _ => zstd(body),
    }
}

/// Each piece with whether it is the last.
fn pieces(body: &[u8], size: usize) -> impl Iterator<Item = (&[u8], bool)> {
    let count = body.len().div_ceil(size);
    body.chunks(size).enumerate().map(move |(index, piece)| (piece, index + 1 == count))
}

/// RFC 1952, with the stored blocks of RFC 1951.
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for (piece, last) in pieces(body, 0xffff) {
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        out.push(u8::from(last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(piece);
    }
    out.extend(crc32(body).to_le_bytes());
    out.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// RFC 7932, with uncompressed meta-blocks.
fn brotli(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, (piece, _)) in pieces(body, 0x1_0000).enumerate() {
        // Not the last block, a length of four nibbles, the length less one, uncompressed; and a bit for the window before the first.
        let length = u32::try_from(piece.len().saturating_sub(1)).unwrap_or_default();
        let head = (length << 3 | 1 << 19) << u32::from(index == 0);
        out.extend(head.to_le_bytes().iter().take(3));
        out.extend(piece);
    }
    out.push(3);
    out
}

/// RFC 8878, with raw blocks.
fn zstd(body: &[u8]) -> Vec<u8> {
    // A frame with a window of 128 kB and no content size.
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    for (piece, last) in pieces(body, 0x1_0000) {
        let head = u32::try_from(piece.len()).unwrap_or_default() << 3 | u32::from(last);
        out.extend(head.to_le_bytes().iter().take(3));
        out.extend(piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bytes_come_out() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(brotli(b"ab"), [0x10, 0x00, 0x10, b'a', b'b', 3]);
        assert_eq!(gzip(b"ab").get(10..17), Some(&[1, 2, 0, 0xfd, 0xff, b'a', b'b'][..]));
        assert_eq!(zstd(b"ab").get(6..), Some(&[0x11, 0, 0, b'a', b'b'][..]));
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
