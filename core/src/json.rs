//! Reads JSON that others wrote: a byte order mark is skipped, and only an object is taken for a structure.
//!
//! Derived deserialisers also accept a JSON list for a structure, entry by entry, and fail for one field of an unexpected type.
//! Answers of Appwrite and of gateways are therefore read through this module.

use std::{collections::BTreeMap, io};

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};
use zeroize::Zeroizing;

/// The UTF-8 byte order mark, which some proxies and PHP files put in front of an answer.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a JSON object as `T`. `None` if the bytes are anything else: a list, a scalar, malformed, or of the wrong fields.
pub(crate) fn object<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(object_text(bytes)?).ok()
}

/// Reads any JSON text as `T`. By its bytes, as everything else: the code that reads JSON is there once, and not once more for texts.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_slice(text.as_bytes()).ok()
}

/// Whether the bytes are a well-formed JSON object.
pub(crate) fn is_object(bytes: &[u8]) -> bool {
    object_text(bytes).is_some_and(|text| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok())
}

/// The text as JSON that is passed on unchanged, if it is an object.
pub(crate) fn raw_object(text: &str) -> Option<&RawValue> {
    serde_json::from_str(text).ok().filter(|raw: &&RawValue| raw.get().starts_with('{'))
}

/// The bytes without a byte order mark in front.
pub(crate) fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// The bytes without a byte order mark, if what they begin is an object.
fn object_text(bytes: &[u8]) -> Option<&[u8]> {
    let text = without_byte_order_mark(bytes);
    let first = text.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))?;
    (*first == b'{').then_some(text)
}

/// JSON that is written and not read: one type for all of it, so that the code that writes it is there once.
pub(crate) enum Json<'a> {
    /// A member that is left out.
    Absent,
    Text(&'a str),
    Flag(bool),
    Number(i64),
    Object(&'a Map<String, Value>),
    /// JSON as it was given.
    Raw(&'a RawValue),
    List(Vec<Self>),
    Members(Vec<(&'a str, Self)>),
}

impl<'a> Json<'a> {
    /// The text, or a member that is left out.
    pub(crate) fn optional(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Object(object) => object.serialize(serializer),
            Self::Raw(raw) => raw.serialize(serializer),
            Self::List(list) => serializer.collect_seq(list),
            Self::Members(members) => {
                let present = members.iter().filter(|(_, value)| !matches!(value, Self::Absent));
                serializer.collect_map(present.map(|(name, value)| (name, value)))
            }
        }
    }
}

/// Writes `value` as JSON into a buffer that is wiped when it is dropped. The buffer has the right size from the beginning, so that
/// no copy is left behind where it grew.
pub(crate) fn to_wiped(value: &impl Serialize) -> Option<Zeroizing<Vec<u8>>> {
    let mut size = Size(0);
    serde_json::to_writer(&mut size, value).ok()?;
    let mut text = Zeroizing::new(Vec::with_capacity(size.0));
    serde_json::to_writer(&mut *text, value).ok()?;
    Some(text)
}

/// Counts what is written and keeps nothing.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text of a JSON string, in a buffer that is wiped. `None` if it is no string, or not one of Unicode.
pub(crate) fn wiped_text(raw: &RawValue) -> Option<Zeroizing<String>> {
    let mut rest = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    // An escape is longer than what it stands for.
    let mut text = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (character, after) = unescape(escape)?;
        text.push(character);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

/// The character that the text after a backslash stands for, and what follows it.
fn unescape(text: &str) -> Option<(char, &str)> {
    let (kind, after) = (*text.as_bytes().first()?, text.get(1..)?);
    let character = match kind {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = code_unit(after)?;
            let second = after.get(4..)?.strip_prefix("\\u").and_then(code_unit);
            let pair = [first, second.unwrap_or_default()];
            let units = if (0xd800..0xdc00).contains(&first) { &pair[..] } else { &pair[..1] };
            let mut decoded = char::decode_utf16(units.iter().copied());
            let length = if units.len() == 2 { 10 } else { 4 };
            return Some((decoded.next()?.ok()?, after.get(length..)?));
        }
        other => char::from(other),
    };
    Some((character, after))
}

fn code_unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.get(..4)?, 16).ok()
}

/// A JSON object whose members are read one by one.
///
/// A member that is missing, `null` or of an unexpected type is absent, and never a reason to refuse the object. Members that
/// nobody asks for are not looked at, whatever they hold and however deep they are.
pub(crate) struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// Reads an object; `None` if the bytes are not one.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(object_text(bytes)?).ok().map(Self)
    }

    /// A text, also an empty one.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name)
    }

    /// A text that is not empty: Appwrite writes what is missing as `""` or as `null`.
    pub(crate) fn non_empty(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A flag; `false` if it is absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).unwrap_or_default()
    }

    /// The texts of a list. Entries that are no text are left out.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let entries = self.list(name).unwrap_or_default();
        entries.into_iter().filter_map(|entry| read(entry.get())).collect()
    }

    /// The objects of a list; `None` if there is no such list. Entries that are no object are left out.
    pub(crate) fn objects(&self, name: &str) -> Option<Vec<Self>> {
        let entries = self.list(name)?;
        Some(entries.into_iter().filter_map(|entry| Self::read(entry.get().as_bytes())).collect())
    }

    /// The names of all members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Any member, as its own type.
    pub(crate) fn get<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        read(self.0.get(name)?.get())
    }

    fn list(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        self.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Named {
        name: String,
    }

    #[test]
    fn only_an_object_is_a_structure() {
        let named = |text: &str| object::<Named>(text.as_bytes()).map(|named| named.name);
        assert_eq!(named(" \r\n{\"name\":\"ada\"}").as_deref(), Some("ada"));
        for text in [r#"["ada"]"#, r#""ada""#, "null", "", "{", r#"{"name":7}"#] {
            assert_eq!(named(text), None, "{text}");
        }
        assert!(Object::read(br#"["ada"]"#).is_none());
    }

    #[test]
    fn what_is_to_be_wiped_never_moved() {
        for text in ["", "hunter2", "quotes \" and \u{0} and \u{1f511}"] {
            let written = to_wiped(&serde_json::json!({ "password": text })).expect("JSON");
            assert_eq!(written.len(), written.capacity(), "the buffer did not grow");
            let read: Value = serde_json::from_slice(&written).expect("JSON");
            assert_eq!(read["password"], text);
        }
    }

    #[test]
    fn a_text_is_read_as_serde_json_reads_it() {
        let read = |raw: &str| {
            let raw: &RawValue = serde_json::from_str(raw).expect("JSON");
            wiped_text(raw).map(|text| text.to_string())
        };
        for raw in [
            r#""plain""#,
            r#""""#,
            r#""a\u003d\/b\\c\"d\n\t\r\b\f""#,
            r#""\ud83d\udd11 \u00e9 é""#,
            r#""\ud83d\udd11""#,
        ] {
            assert_eq!(read(raw), serde_json::from_str(raw).ok(), "{raw}");
        }
        for raw in [r#""\ud83d""#, r#""\udd11x""#, r#""\ud83d\u0041""#, "7", "null", "[]"] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let marked = [BYTE_ORDER_MARK, br#"{"name":"ada"}"#].concat();
        assert_eq!(object::<Named>(&marked), Some(Named { name: "ada".to_owned() }));
        assert_eq!(Object::read(&marked).and_then(|object| object.text("name")).as_deref(), Some("ada"));
    }

    #[test]
    fn a_member_of_another_type_is_absent_and_harms_no_other() {
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        let text = format!(
            r#"{{"name":7,"name2":null,"on":"yes","list":["a",1,null,"b"],"all":[{{"id":"x"}},[],3],"deep":{deep},"good":"g"}}"#
        );
        let object = Object::read(text.as_bytes()).expect("an object");
        assert_eq!((object.text("name"), object.text("name2"), object.flag("on")), (None, None, false));
        assert_eq!(object.texts("list"), ["a", "b"]);
        assert_eq!(object.objects("all").map(|all| all.len()), Some(1));
        assert!(object.objects("name").is_none());
        assert_eq!(object.text("good").as_deref(), Some("g"));
    }
}
