//! The bodies of requests: JSON objects of texts, some of which are passwords.

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::json;

/// A JSON object of texts.
struct Fields<'a>(&'a [(&'a str, &'a str)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// The body with these fields, in a buffer that was never moved while it grew and is wiped when its last handle is dropped.
///
/// What the HTTP library and the system copy on the way to the network is theirs.
pub(super) fn body(fields: &[(&str, &str)]) -> Option<Bytes> {
    json::to_wiped(&Fields(fields)).map(Bytes::from_owner)
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
}
