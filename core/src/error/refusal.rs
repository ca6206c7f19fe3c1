//! What Appwrite said of a request that it refused.

use std::fmt;

/// Appwrite's own word on a refused request: the HTTP status and the error `type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    kind: String,
}

impl Refusal {
    /// A refusal with Appwrite's `type`, or `None` if the text cannot be one: only `[a-z0-9_]` up to 64 characters is taken, so that
    /// nothing else of a body can travel in an error. Public for the tests of apps.
    pub fn new(status: u16, kind: &str) -> Option<Self> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        (!kind.is_empty() && kind.len() <= 64 && kind.bytes().all(plain))
            .then(|| Self { status, kind: kind.to_owned() })
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Appwrite's error `type`, for example `user_blocked` (contract §7).
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_takes_no_free_text() {
        assert!(Refusal::new(401, "user_blocked").is_some());
        assert!(Refusal::new(401, "").is_none());
        assert!(Refusal::new(401, "Password hunter2 is wrong").is_none());
        assert!(Refusal::new(401, &"a".repeat(65)).is_none());
    }
}
