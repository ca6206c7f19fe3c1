//! The part of CBOR (RFC 8949) that WebAuthn needs: integers, byte and text strings, lists and maps of definite length.

/// An item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Item>),
    Map(Vec<(Item, Item)>),
    /// `true`, `false` and `null`.
    Simple(u8),
}

impl Item {
    /// The value of a map's key.
    pub(crate) fn get(&self, key: &Item) -> Option<&Item> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value of a map's key that is a text.
    pub(crate) fn named(&self, key: &str) -> Option<&Item> {
        self.get(&Self::Text(key.to_owned()))
    }

    /// The value of a map's key that is a number.
    pub(crate) fn numbered(&self, key: i64) -> Option<&Item> {
        self.get(&Self::Int(key))
    }

    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// As it is written.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.append(&mut out);
        out
    }

    fn append(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(number @ 0..) => head(out, 0, number.unsigned_abs()),
            Self::Int(number) => head(out, 1, number.unsigned_abs() - 1),
            Self::Bytes(bytes) => {
                head(out, 2, bytes.len() as u64);
                out.extend(bytes);
            }
            Self::Text(text) => {
                head(out, 3, text.len() as u64);
                out.extend(text.as_bytes());
            }
            Self::List(items) => {
                head(out, 4, items.len() as u64);
                items.iter().for_each(|item| item.append(out));
            }
            Self::Map(pairs) => {
                head(out, 5, pairs.len() as u64);
                for (key, value) in pairs {
                    key.append(out);
                    value.append(out);
                }
            }
            Self::Simple(value) => head(out, 7, u64::from(*value)),
        }
    }
}

fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let bytes = value.to_be_bytes();
    let (code, length) = match value {
        0..=23 => return out.push(major << 5 | bytes[7]),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | code);
    out.extend(&bytes[8 - length..]);
}

/// Reads an item, and gives what comes after it. `None` for what is not CBOR, or is more of it than WebAuthn has.
pub(crate) fn read(bytes: &[u8]) -> Option<(Item, &[u8])> {
    read_nested(bytes, 8)
}

fn read_nested(bytes: &[u8], depth: u8) -> Option<(Item, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (first, rest) = bytes.split_first()?;
    let length = match first & 0x1f {
        0..=23 => 0,
        code @ 24..=27 => 1usize << (code - 24),
        _ => return None,
    };
    let (number, mut rest) = rest.split_at_checked(length)?;
    let value = match length {
        0 => u64::from(first & 0x1f),
        _ => number.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)),
    };
    let count = usize::try_from(value).ok()?;
    let item = match first >> 5 {
        0 => Item::Int(i64::try_from(value).ok()?),
        1 => Item::Int(-1 - i64::try_from(value).ok()?),
        2 | 3 => {
            let (content, after) = rest.split_at_checked(count)?;
            rest = after;
            if first >> 5 == 2 {
                Item::Bytes(content.to_vec())
            } else {
                Item::Text(String::from_utf8(content.to_vec()).ok()?)
            }
        }
        4 => {
            let mut items = Vec::new();
            for _ in 0..count {
                let (item, after) = read_nested(rest, depth)?;
                items.push(item);
                rest = after;
            }
            Item::List(items)
        }
        5 => {
            let mut pairs = Vec::new();
            for _ in 0..count {
                let (key, after) = read_nested(rest, depth)?;
                let (value, after) = read_nested(after, depth)?;
                pairs.push((key, value));
                rest = after;
            }
            Item::Map(pairs)
        }
        7 if length == 0 => Item::Simple(first & 0x1f),
        _ => return None,
    };
    Some((item, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let numbers = [0, 23, 24, 255, 256, 65_536, 4_294_967_296, -1, -7, -257];
        let item = Item::Map(vec![
            (Item::Int(1), Item::List(numbers.into_iter().map(Item::Int).collect())),
            (Item::Text("bytes".to_owned()), Item::Bytes(vec![7; 300])),
            (Item::Text("none".to_owned()), Item::Simple(22)),
        ]);
        let mut bytes = item.write();
        bytes.push(0xaa);
        assert_eq!(read(&bytes), Some((item, &[0xaa][..])));
    }

    /// Examples of RFC 8949, appendix A.
    #[test]
    fn the_standards_own_examples_are_written() {
        for (item, bytes) in [
            (Item::Int(-100), &[0x38, 0x63][..]),
            (Item::Int(1_000_000), &[0x1a, 0x00, 0x0f, 0x42, 0x40]),
            (Item::Bytes(vec![1, 2, 3, 4]), &[0x44, 1, 2, 3, 4]),
            (Item::Text("IETF".to_owned()), b"\x64IETF"),
        ] {
            assert_eq!(item.write(), bytes);
        }
    }

    #[test]
    fn nonsense_is_not_read() {
        let deep = [0x81; 20];
        let texts: [&[u8]; 5] =
            [b"", b"\x44ab", b"\x9f\x01\xff", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", &deep];
        assert!(texts.iter().all(|bytes| read(bytes).is_none()));
    }
}
