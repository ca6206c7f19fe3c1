//! Reads gzip bodies (RFC 1952 and 1951), which is all that a replay needs of compression.

/// The body as it was before `Content-Encoding`; other encodings than gzip are left as they are.
pub(super) fn decompress(encoding: Option<&str>, body: Vec<u8>) -> Vec<u8> {
    match encoding {
        Some("gzip") => gunzip(&body).unwrap_or(body),
        _ => body,
    }
}

fn gunzip(body: &[u8]) -> Option<Vec<u8>> {
    let header = body.get(..10).filter(|header| header.starts_with(&[0x1f, 0x8b, 8]))?;
    let flags = *header.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(*body.get(at)?) + 256 * usize::from(*body.get(at + 1)?);
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += body.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    at += if flags & 2 != 0 { 2 } else { 0 };
    inflate(body.get(at..)?)
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<usize> {
        let mut value = 0;
        for bit in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value |= usize::from((byte >> (self.at % 8)) & 1) << bit;
            self.at += 1;
        }
        Some(value)
    }
}

/// A canonical Huffman code: how many codes there are of each length, and the symbols in order.
struct Huffman {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Huffman {
    fn new(lengths: &[usize]) -> Self {
        let mut counts = [0; 16];
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|at| lengths.get(*at) != Some(&0)).collect();
        symbols.sort_by_key(|at| (lengths.get(*at).copied(), *at));
        for length in lengths.iter().filter(|length| **length > 0) {
            if let Some(count) = counts.get_mut(*length) {
                *count += 1;
            }
        }
        Self { counts, symbols }
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in self.counts.iter().skip(1) {
            code |= bits.take(1)?;
            if code < first + count {
                return self.symbols.get(index + code - first).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

const LENGTH_BASE: [usize; 29] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
    227, 258,
];
const DISTANCE_BASE: [usize; 30] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
    4097, 6145, 8193, 12289, 16385, 24577,
];
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bits = Bits { bytes, at: 0 };
    let mut out = Vec::new();
    loop {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => {
                let start = bits.at.div_ceil(8);
                let length = usize::from(*bytes.get(start)?) + 256 * usize::from(*bytes.get(start + 1)?);
                out.extend(bytes.get(start + 4..start + 4 + length)?);
                bits.at = (start + 4 + length) * 8;
            }
            1 => {
                let literal: Vec<usize> = (0..288)
                    .map(|symbol| match symbol {
                        144..=255 => 9,
                        256..=279 => 7,
                        _ => 8,
                    })
                    .collect();
                block(&mut bits, &mut out, &Huffman::new(&literal), &Huffman::new(&[5; 30]))?;
            }
            2 => {
                let (literal, distance) = tables(&mut bits)?;
                block(&mut bits, &mut out, &literal, &distance)?;
            }
            _ => return None,
        }
        if last {
            return Some(out);
        }
    }
}

fn tables(bits: &mut Bits<'_>) -> Option<(Huffman, Huffman)> {
    let (literals, distances, codes) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    let mut lengths = [0; 19];
    for place in ORDER.iter().take(codes) {
        *lengths.get_mut(*place)? = bits.take(3)?;
    }
    let code = Huffman::new(&lengths);
    let mut all: Vec<usize> = Vec::new();
    while all.len() < literals + distances {
        let (value, times) = match code.read(bits)? {
            16 => (*all.last()?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length, 1),
        };
        all.extend(std::iter::repeat_n(value, times));
    }
    Some((Huffman::new(all.get(..literals)?), Huffman::new(all.get(literals..literals + distances)?)))
}

fn block(bits: &mut Bits<'_>, out: &mut Vec<u8>, literal: &Huffman, distance: &Huffman) -> Option<()> {
    loop {
        let symbol = literal.read(bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            out.push(byte);
            continue;
        }
        if symbol == 256 {
            return Some(());
        }
        let place = symbol - 257;
        let extra = if place < 8 || place == 28 { 0 } else { place / 4 - 1 };
        let length = LENGTH_BASE.get(place)? + bits.take(extra)?;
        let place = distance.read(bits)?;
        let extra = if place < 4 { 0 } else { place / 2 - 1 };
        let back = DISTANCE_BASE.get(place)? + bits.take(extra)?;
        for _ in 0..length {
            out.push(*out.get(out.len().checked_sub(back)?)?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .filter_map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok())
            .collect()
    }

    #[test]
    fn fixed_and_stored_blocks_are_read() {
        // gzip of "hello hello hello hello" with fixed codes, and of "hi" stored.
        let fixed = "1f8b0800000000000203cb48cdc9c957c8402701e3513d8d17000000";
        assert_eq!(
            gunzip(&body(fixed)).map(|out| String::from_utf8_lossy(&out).into_owned()).as_deref(),
            Some("hello hello hello hello")
        );
        let stored = "1f8b08000000000000ff010200fdff6869ac2a93d802000000";
        assert_eq!(gunzip(&body(stored)).as_deref(), Some(b"hi".as_slice()));
    }
}
