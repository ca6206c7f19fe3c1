//! Ids that apps pass and that become part of a request: checked before anything is sent.

use std::borrow::Cow;

use crate::{Secret, config::ConfigError, model::Factor, model::MfaChallenge};

/// The id of something at Appwrite: 1 to 36 of `A-Z a-z 0-9 . _ -`, and not dots alone.
///
/// An id becomes a segment of a path. `""`, `"."` and `".."` would address what is above it: `DELETE /account/sessions/..`
/// deletes the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Id(Cow<'static, str>);

impl Id {
    /// The name that Appwrite gives the session of the caller.
    pub(crate) const CURRENT: Self = Self(Cow::Borrowed("current"));

    /// Checks `text`, which is the id of a `what`: `session`, `user` or `challenge`.
    pub(crate) fn parse(what: &'static str, text: &str) -> Result<Self, ConfigError> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
        let fits =
            (1..=36).contains(&text.len()) && text.bytes().all(plain) && text.bytes().any(|c| c != b'.');
        if fits { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(ConfigError::Id { what }) }
    }

    /// The id as Appwrite knows it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A challenge that an app wants to answer.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(super) id: Id,
    factor: Option<Factor>,
}

impl Challenge {
    /// Checks what the app passed.
    pub(crate) fn parse(challenge: &MfaChallenge) -> Result<Self, ConfigError> {
        Ok(Self { id: Id::parse("challenge", &challenge.id)?, factor: challenge.factor })
    }

    /// Whether `code` may be a recovery code. A challenge that was kept over a restart by its id alone does not say its factor;
    /// then the form of the code tells, because the codes of all other factors are six digits.
    pub(super) fn may_want_recovery_code(&self, code: &Secret) -> bool {
        // Exposed for its form alone.
        let code = code.expose();
        let six_digits = code.len() == 6 && code.bytes().all(|c| c.is_ascii_digit());
        self.factor.map_or(!six_digits, |factor| factor == Factor::RecoveryCode)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn an_id_that_would_address_something_else_is_refused() {
        let too_long = "a".repeat(37);
        for text in ["", ".", "..", "...", "a b", "a/b", "%2e%2e", "a?b", "a#b", "\u{e9}", "a\n", &too_long] {
            assert_eq!(Id::parse("session", text), Err(ConfigError::Id { what: "session" }), "{text:?}");
        }
        for text in ["6b0472962518beeb479b", "current", "a.b", ".a", "-", "_", &too_long[1..]] {
            assert_eq!(Id::parse("session", text).map(|id| id.as_str().to_owned()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn the_form_of_a_code_tells_only_where_the_factor_is_unknown() {
        let wants = |challenge: MfaChallenge, code| {
            Challenge::parse(&challenge).expect("an id").may_want_recovery_code(&Secret::from(code))
        };
        assert!(wants(MfaChallenge::new("c"), "a1b2c3d4e5"));
        assert!(!wants(MfaChallenge::new("c"), "123456"));
        assert!(!wants(MfaChallenge::new("c").with_factor(Factor::Totp), "a1b2c3d4e5"));
        assert!(wants(MfaChallenge::new("c").with_factor(Factor::RecoveryCode), "123456"));
    }

    proptest! {
        #[test]
        fn an_id_is_exactly_one_segment_of_a_path(text in "\\PC{0,40}") {
            if let Ok(id) = Id::parse("session", &text) {
                let url = Url::parse(&format!("https://a.example/v1/account/sessions/{}", id.as_str())).expect("a URL");
                prop_assert_eq!(url.path(), format!("/v1/account/sessions/{text}"));
            }
        }
    }
}
