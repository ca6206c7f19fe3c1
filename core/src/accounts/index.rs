//! Which accounts a device has: what is stored beside their records, so that they can be listed without a request and without opening
//! each. Pure.

use serde::{Deserialize, Serialize};

use super::StoredAccount;
use crate::{Secret, json, model::User};

/// The accounts, in the order in which they were added, and which one the app uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
    pub(super) current: Option<String>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slot: String,
    /// `None` while nobody has signed in to it.
    pub(super) user: Option<User>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum Versioned {
    #[serde(rename = "1")]
    V1(V1),
}

#[derive(Serialize, Deserialize)]
struct V1 {
    accounts: Vec<V1Entry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct V1Entry {
    slot: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<V1User>,
}

#[derive(Serialize, Deserialize)]
struct V1User {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl Index {
    /// Reads a stored index. What is none is empty: the accounts' own records are not touched by that.
    pub(super) fn decode(text: &Secret) -> Self {
        // The text of the store is read here. It holds names and addresses, and no credential.
        let Ok(Versioned::V1(stored)) = serde_json::from_str(text.expose()) else { return Self::default() };
        let user = |user: V1User| User { id: user.id, name: user.name, email: user.email };
        let entry = |entry: V1Entry| Entry { slot: entry.slot, user: entry.user.map(user) };
        Self { entries: stored.accounts.into_iter().map(entry).collect(), current: stored.current }
    }

    /// The text to store; `None` if there is nothing to store.
    pub(super) fn encode(&self) -> Option<Secret> {
        if self.entries.is_empty() {
            return None;
        }
        let user = |user: User| V1User { id: user.id, name: user.name, email: user.email };
        let entry = |entry: &Entry| V1Entry { slot: entry.slot.clone(), user: entry.user.clone().map(user) };
        let stored = V1 { accounts: self.entries.iter().map(entry).collect(), current: self.current.clone() };
        let mut wiped = json::to_wiped(&Versioned::V1(stored))?;
        Some(Secret::new(String::from_utf8(std::mem::take(&mut *wiped)).ok()?))
    }

    /// Adds an account that nobody has signed in to yet.
    pub(super) fn add(&mut self, slot: &str) {
        self.entries.push(Entry { slot: slot.to_owned(), user: None });
    }

    /// Notes who has signed in. Whether that is news.
    pub(super) fn learn(&mut self, slot: &str, user: &User) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.slot == slot) else { return false };
        if entry.user.as_ref() == Some(user) {
            return false;
        }
        entry.user = Some(user.clone());
        true
    }

    /// Removes an account. If it was the current one, the one that was added last takes its place.
    pub(super) fn remove(&mut self, slot: &str) {
        self.entries.retain(|entry| entry.slot != slot);
        if self.current.as_deref() == Some(slot) {
            let last = self.entries.iter().rev().find(|entry| entry.user.is_some());
            self.current = last.map(|entry| entry.slot.clone());
        }
    }

    /// Whether there is such an account.
    pub(super) fn has(&self, slot: &str) -> bool {
        self.entries.iter().any(|entry| entry.slot == slot)
    }

    /// The accounts that somebody has signed in to.
    pub(super) fn listed(&self) -> Vec<StoredAccount> {
        let listed = |entry: &Entry| {
            let is_current = self.current.as_deref() == Some(&*entry.slot);
            Some(StoredAccount { id: entry.slot.clone(), user: entry.user.clone()?, is_current })
        };
        self.entries.iter().filter_map(listed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index that is on devices. This text never changes.
    const FIXTURE: &str = include_str!("fixtures/accounts-v1.json");

    #[test]
    fn what_is_written_is_the_fixture_and_is_read() {
        let mut index = Index::default();
        assert!(index.encode().is_none());
        index.add("account-1");
        index.add("account-2");
        assert!(index.learn("account-1", &User::new("ada").with_name("Ada").with_email("ada@example.com")));
        assert!(!index.learn("account-3", &User::new("eve")));
        index.current = Some("account-1".to_owned());
        let text = index.encode().expect("a text");
        assert_eq!(text.expose(), FIXTURE.trim_end());
        assert_eq!(Index::decode(&text), index);
        for text in ["", "{}", "null", r#"{"version":"2","accounts":[]}"#] {
            assert_eq!(Index::decode(&Secret::from(text)), Index::default(), "{text}");
        }
    }

    #[test]
    fn an_account_is_listed_once_somebody_has_signed_in_and_the_last_one_follows_the_current_one() {
        let mut index = Index::default();
        for slot in ["a", "b", "c", "d"] {
            index.add(slot);
        }
        for slot in ["a", "b", "c"] {
            assert!(index.learn(slot, &User::new(slot)));
            assert!(!index.learn(slot, &User::new(slot)), "no news");
        }
        index.current = Some("a".to_owned());
        assert_eq!(index.listed().len(), 3);
        index.remove("a");
        assert_eq!(index.current.as_deref(), Some("c"), "not d, whom nobody has signed in to");
        index.remove("b");
        assert_eq!(index.current.as_deref(), Some("c"));
        index.remove("c");
        assert_eq!((index.current.clone(), index.listed().len()), (None, 0));
        assert!(index.has("d") && !index.has("c"));
    }
}
