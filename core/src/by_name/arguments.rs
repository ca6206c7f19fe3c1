//! The arguments of an operation that was named: a JSON list.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{Secret, appwrite::Id, config::ConfigError, json, model::Preferences};

/// The arguments, read one by one. Those that are left out or `null` are missing.
pub(super) struct Arguments<'a>(Vec<&'a RawValue>);

impl<'a> Arguments<'a> {
    pub(super) fn read(list: &'a Secret) -> Result<Self, ConfigError> {
        // Exposed to be read, back into types that hide it.
        serde_json::from_str(list.expose()).map(Self).map_err(|_| ConfigError::Arguments)
    }

    /// A text. Any text may be a secret.
    pub(super) fn text(&self, at: usize) -> Result<Secret, ConfigError> {
        self.optional(at)?.ok_or(ConfigError::Arguments)
    }

    pub(super) fn optional(&self, at: usize) -> Result<Option<Secret>, ConfigError> {
        let read = |raw| json::wiped_text(raw).map(Secret::of_wiped).ok_or(ConfigError::Arguments);
        self.raw(at).map(read).transpose()
    }

    /// The id of a `what`.
    pub(super) fn id(&self, what: &'static str, at: usize) -> Result<Id, ConfigError> {
        Id::parse(what, self.text(at)?.expose())
    }

    pub(super) fn flag(&self, at: usize) -> Result<bool, ConfigError> {
        self.value(at)
    }

    pub(super) fn texts(&self, at: usize) -> Result<Vec<String>, ConfigError> {
        self.value(at)
    }

    pub(super) fn object(&self, at: usize) -> Result<Preferences, ConfigError> {
        self.value(at)
    }

    fn value<T: DeserializeOwned>(&self, at: usize) -> Result<T, ConfigError> {
        let value = self.raw(at).and_then(|raw| serde_json::from_str(raw.get()).ok());
        value.ok_or(ConfigError::Arguments)
    }

    fn raw(&self, at: usize) -> Option<&'a RawValue> {
        self.0.get(at).copied().filter(|raw| raw.get() != "null")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_of_their_types_or_missing() {
        let list = Secret::from(r#"["a\n", null, true, ["x"], {"k": 1}, 7]"#);
        let of = Arguments::read(&list).expect("a list");
        assert_eq!(of.text(0).expect("a text").expose(), "a\n");
        assert!(of.text(1).is_err() && of.text(2).is_err() && of.text(9).is_err());
        assert!(matches!((of.optional(1), of.optional(9)), (Ok(None), Ok(None))));
        assert!(of.optional(5).is_err(), "a number is no text");
        assert_eq!((of.flag(2), of.flag(0).is_err()), (Ok(true), true));
        assert_eq!(of.texts(3), Ok(vec!["x".to_owned()]));
        assert_eq!(of.object(4).expect("an object")["k"], 1);
        for text in ["", "{}", "null", "[", "7"] {
            assert!(Arguments::read(&Secret::from(text)).is_err(), "{text}");
        }
    }
}
