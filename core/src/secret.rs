//! Text that proves something about a user: it cannot be formatted, is compared in constant time, and is wiped on drop.

use std::fmt;

use zeroize::Zeroizing;

/// A secret string.
///
/// There is no `Display`, no `PartialEq` and no serialisation: a secret leaves this type only through
/// [`expose`](Secret::expose), and every call of that says why in a comment.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller's copy is moved, not duplicated.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Takes over a text that is wiped already.
    pub(crate) fn of_wiped(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text itself. Each caller states the reason.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both hold the same text, in time that depends on the lengths only.
    pub fn matches(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "[redacted]");
    }

    #[test]
    fn matches_compares_the_whole_text() {
        assert!(Secret::from("abc").matches(&Secret::from("abc")));
        assert!(!Secret::from("abc").matches(&Secret::from("abd")));
        assert!(!Secret::from("abc").matches(&Secret::from("ab")));
    }
}
