//! The bodies of requests: JSON objects, some of whose members are passwords.

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{json, model::Preferences};

/// A member that is no text.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Member<'a> {
    Text(&'a str),
    Flag(bool),
    Object(&'a Preferences),
    /// JSON as it was given.
    Raw(&'a RawValue),
}

struct Fields<'a, V>(&'a [(&'a str, V)]);

impl<V: Serialize> Serialize for Fields<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The body with these fields, in a buffer that was never moved while it grew and is wiped when its last handle is dropped.
///
/// What the HTTP library and the system copy on the way to the network is theirs.
pub(super) fn body<V: Serialize>(fields: &[(&str, V)]) -> Option<Bytes> {
    json::to_wiped(&Fields(fields)).map(Bytes::from_owner)
}

/// The body without fields: `{}`.
pub(super) fn no_fields() -> Option<Bytes> {
    body::<&str>(&[])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    proptest! {
        #[test]
        fn any_text_arrives_as_it_is(password in "\\PC{0,80}", name in "[\\x00-\\x1f\"\\\\]{0,9}") {
            let bytes = body(&[("password", &password), ("name", &name)]).expect("a body");
            let read: Map<String, Value> = serde_json::from_slice(&bytes).expect("an object");
            prop_assert_eq!(read["password"].as_str(), Some(password.as_str()));
            prop_assert_eq!(read["name"].as_str(), Some(name.as_str()));
        }
    }

    #[test]
    fn members_of_other_types_are_written_as_they_are() {
        let raw = RawValue::from_string(r#"{"id":"x", "n": 1}"#.to_owned()).expect("JSON");
        let mut preferences = Preferences::new();
        preferences.insert("theme".to_owned(), Value::from("dark"));
        let members = [
            ("t", Member::Text("a")),
            ("f", Member::Flag(true)),
            ("o", Member::Object(&preferences)),
            ("r", Member::Raw(&raw)),
        ];
        let bytes = body(&members).expect("a body");
        assert_eq!(&*bytes, br#"{"t":"a","f":true,"o":{"theme":"dark"},"r":{"id":"x", "n": 1}}"#);
        assert_eq!(no_fields().as_deref(), Some(&b"{}"[..]));
    }
}
