//! Which accounts a device has: what is stored beside their records, so that they can be listed without a request and without opening
//! each. Pure.

use std::collections::HashSet;

use serde::Serialize;

use super::StoredAccount;
use crate::{
    Secret,
    config::AccountSlot,
    json::{self, Object},
    model::User,
};

/// The accounts, in the order in which they were added, and which one the app uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
    pub(super) current: Option<String>,
    /// Accounts that were signed out. Appwrite may not know of it yet, and then only their clients can tell it.
    pub(super) left: Vec<String>,
    /// The installation of the app that wrote this, where the app wants to notice another one.
    pub(super) installation: Option<String>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slot: String,
    /// `None` while nobody has signed in to it.
    pub(super) user: Option<User>,
}

#[derive(Serialize)]
#[serde(tag = "version")]
enum Versioned<'a> {
    #[serde(rename = "1")]
    V1(V1<'a>),
}

#[derive(Serialize)]
struct V1<'a> {
    accounts: Vec<V1Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<&'a str>,
}

#[derive(Serialize)]
struct V1Entry<'a> {
    slot: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<V1User<'a>>,
}

#[derive(Serialize)]
struct V1User<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

impl Index {
    /// Reads a stored index, as far as it makes sense; `None` if there is no list of accounts in it.
    ///
    /// One of a newer version is read in the same way: what matters is which slots there are, because nobody else knows of the sessions in
    /// them. Who is signed in, their records say.
    pub(super) fn decode(text: &Secret) -> Option<Self> {
        // The text of the store is read here. It holds names and addresses, and no credential.
        let stored = Object::read(text.expose().as_bytes())?;
        let mut seen = HashSet::new();
        let mut is_new_slot = |slot: &String| AccountSlot::parse(slot).is_ok() && seen.insert(slot.clone());
        let accounts = stored.objects("accounts")?;
        let slots = accounts.iter().filter_map(|entry| Some((entry.non_empty("slot")?, user(entry))));
        let entries: Vec<Entry> =
            slots.filter(|(slot, _)| is_new_slot(slot)).map(|(slot, user)| Entry { slot, user }).collect();
        let current = stored.text("current").filter(|slot| entries.iter().any(|entry| entry.slot == *slot));
        let left = stored.texts("left").into_iter().filter(is_new_slot).collect();
        Some(Self { entries, current, left, installation: stored.non_empty("installation") })
    }

    /// The text to store; `None` if there is nothing to store.
    pub(super) fn encode(&self) -> Option<Secret> {
        if self.entries.is_empty() && self.left.is_empty() {
            return None;
        }
        let stored = V1 {
            accounts: self
                .entries
                .iter()
                .map(|entry| V1Entry { slot: &entry.slot, user: entry.user.as_ref().map(V1User::of) })
                .collect(),
            current: self.current.as_deref(),
            left: &self.left,
            installation: self.installation.as_deref(),
        };
        let mut wiped = json::to_wiped(&Versioned::V1(stored))?;
        Some(Secret::new(String::from_utf8(std::mem::take(&mut *wiped)).ok()?))
    }

    /// Adds an account that nobody has signed in to yet.
    pub(super) fn add(&mut self, slot: &str) {
        self.entries.push(Entry { slot: slot.to_owned(), user: None });
    }

    /// Notes who is signed in. An account that was signed out, and whose client has signed in again, is one again.
    pub(super) fn learn(&mut self, slot: &str, user: &User) {
        self.left.retain(|left| left != slot);
        match self.entries.iter_mut().find(|entry| entry.slot == slot) {
            Some(entry) => entry.user = Some(user.clone()),
            None => self.entries.push(Entry { slot: slot.to_owned(), user: Some(user.clone()) }),
        }
    }

    /// Removes an account. If it was the current one, the one that was added last takes its place.
    pub(super) fn remove(&mut self, slot: &str) {
        if self.has(slot) {
            self.entries.retain(|entry| entry.slot != slot);
            self.left.push(slot.to_owned());
        }
        if self.current.as_deref() == Some(slot) {
            let last = self.entries.iter().rev().find(|entry| entry.user.is_some());
            self.current = last.map(|entry| entry.slot.clone());
        }
    }

    /// The app was installed anew: these accounts are nobody's here.
    pub(super) fn abandon(&mut self) {
        self.left.extend(self.entries.drain(..).map(|entry| entry.slot));
        self.current = None;
    }

    /// The slots of which it is not known who is signed in, or whether anything is left to do in them.
    pub(super) fn unlisted(&self) -> Vec<String> {
        let nobodys = self.entries.iter().filter(|entry| entry.user.is_none()).map(|entry| &entry.slot);
        nobodys.chain(&self.left).cloned().collect()
    }

    /// Drops a slot in which nothing is, unless the app uses it.
    pub(super) fn forget(&mut self, slot: &str) {
        if self.current.as_deref() != Some(slot) {
            self.entries.retain(|entry| entry.slot != slot);
        }
        self.left.retain(|left| left != slot);
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

impl<'a> V1User<'a> {
    fn of(user: &'a User) -> Self {
        Self { id: &user.id, name: &user.name, email: user.email.as_deref() }
    }
}

fn user(entry: &Object<'_>) -> Option<User> {
    let user: &serde_json::value::RawValue = entry.get("user")?;
    let user = Object::read(user.get().as_bytes())?;
    Some(User {
        id: user.non_empty("id")?,
        name: user.text("name").unwrap_or_default(),
        email: user.non_empty("email"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index that is on devices. This text never changes.
    const FIXTURE: &str = include_str!("fixtures/accounts-v1.json");
    /// One with an account that was signed out, and with the installation that wrote it.
    const LEFT: &str = include_str!("fixtures/accounts-v1-left.json");

    #[test]
    fn what_is_written_is_the_fixture_and_is_read() {
        let mut index = Index::default();
        assert!(index.encode().is_none());
        index.add("account-1");
        index.add("account-2");
        index.learn("account-1", &User::new("ada").with_name("Ada").with_email("ada@example.com"));
        index.current = Some("account-1".to_owned());
        let text = index.encode().expect("a text");
        assert_eq!(text.expose(), FIXTURE.trim_end());
        assert_eq!(Index::decode(&text), Some(index.clone()));
        index.remove("account-2");
        index.installation = Some("i".to_owned());
        let text = index.encode().expect("a text");
        assert_eq!(text.expose(), LEFT.trim_end());
        assert_eq!(Index::decode(&text), Some(index));
    }

    #[test]
    fn what_makes_no_sense_is_left_out_and_no_slot_is_lost() {
        let read = |text: &str| Index::decode(&Secret::from(text));
        for text in ["", "{}", "null", "[]", r#"{"version":"1","accounts":{}}"#] {
            assert_eq!(read(text), None, "{text}");
        }
        let newer = r#"{"version":"2","accounts":[{"slot":"a","user":{"name":"Ada"}},{"slot":"../b"},7,{},{"slot":"a"},
            {"slot":"c","user":{"id":"eve","name":7}}],"current":"b","left":["a","d","",9]}"#;
        let index = read(newer).expect("an index");
        let entries: Vec<_> =
            index.entries.iter().map(|entry| (&*entry.slot, entry.user.is_some())).collect();
        assert_eq!(entries, [("a", false), ("c", true)]);
        assert_eq!((index.current, index.left), (None, vec!["d".to_owned()]));
    }

    #[test]
    fn an_account_is_listed_once_somebody_has_signed_in_and_the_last_one_follows_the_current_one() {
        let mut index = Index::default();
        for slot in ["a", "b", "c", "d"] {
            index.add(slot);
        }
        for slot in ["a", "b", "c"] {
            index.learn(slot, &User::new(slot));
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
        assert_eq!(index.unlisted(), ["d", "a", "b", "c"]);
        index.learn("b", &User::new("b"));
        index.forget("a");
        index.forget("d");
        assert_eq!((index.unlisted(), index.listed().len()), (vec!["c".to_owned()], 1));
        index.abandon();
        assert_eq!((index.left, index.entries), (vec!["c".to_owned(), "b".to_owned()], vec![]));
    }
}
