//! The bodies of requests: JSON objects, some of whose members are passwords.

use bytes::Bytes;

use crate::json::{self, Json};

/// The body with these members, in a buffer that was never moved while it grew and is wiped when its last handle is dropped.
///
/// What the HTTP library and the system copy on the way to the network is theirs.
pub(super) fn body<'a>(members: impl IntoIterator<Item = (&'a str, Json<'a>)>) -> Option<Bytes> {
    json::to_wiped(&Json::Members(members.into_iter().collect())).map(Bytes::from_owner)
}

/// The body with these texts.
pub(super) fn texts(members: &[(&str, &str)]) -> Option<Bytes> {
    body(members.iter().map(|(name, text)| (*name, Json::Text(text))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, value::RawValue};

    use super::*;

    proptest! {
        #[test]
        fn any_text_arrives_as_it_is(password in "\\PC{0,80}", name in "[\\x00-\\x1f\"\\\\]{0,9}") {
            let bytes = texts(&[("password", &password), ("name", &name)]).expect("a body");
            let read: Map<String, Value> = serde_json::from_slice(&bytes).expect("an object");
            prop_assert_eq!(read["password"].as_str(), Some(password.as_str()));
            prop_assert_eq!(read["name"].as_str(), Some(name.as_str()));
        }
    }

    #[test]
    fn members_of_other_types_are_written_as_they_are() {
        let raw = RawValue::from_string(r#"{"id":"x", "n": 1}"#.to_owned()).expect("JSON");
        let mut preferences = Map::new();
        preferences.insert("theme".to_owned(), Value::from("dark"));
        let members = [
            ("t", Json::Text("a")),
            ("a", Json::Absent),
            ("f", Json::Flag(true)),
            ("n", Json::Number(-1)),
            ("o", Json::Object(&preferences)),
            ("r", Json::Raw(&raw)),
            ("l", Json::List(vec![Json::Text("b")])),
        ];
        let expected = br#"{"t":"a","f":true,"n":-1,"o":{"theme":"dark"},"r":{"id":"x", "n": 1},"l":["b"]}"#;
        assert_eq!(&*body(members).expect("a body"), expected);
        assert_eq!(texts(&[]).as_deref(), Some(&b"{}"[..]));
    }
}
