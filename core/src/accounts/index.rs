//! Which accounts a device has: what is stored beside their records, so that they can be listed without a request and without opening
//! each. Pure.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::value::RawValue;

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
    /// The installation of the app that wrote it, where the app wants to notice another one.
    pub(super) installation: Option<String>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) slot: String,
    /// `None` while nobody has signed in to it.
    pub(super) user: Option<User>,
    /// It was signed out of, or another account has taken its place. It stays until Appwrite has been told of all its sessions, so that none
    /// is left that nobody knows, and is no account for the app.
    pub(super) leaving: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<&'a str>,
}

#[derive(Serialize)]
struct V1Entry<'a> {
    slot: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<V1User<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    leaving: bool,
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
        let mut is_new_slot = |slot: &str| AccountSlot::parse(slot).is_ok() && seen.insert(slot.to_owned());
        let accounts = stored.objects("accounts")?;
        let entries: Vec<Entry> = accounts
            .iter()
            .filter_map(|entry| {
                let slot = entry.non_empty("slot").filter(|slot| is_new_slot(slot))?;
                let leaving = entry.flag("leaving");
                Some(Entry { slot, user: user(entry).filter(|_| !leaving), leaving })
            })
            .collect();
        let is_known = |slot: &String| entries.iter().any(|entry| entry.slot == *slot && !entry.leaving);
        let current = stored.text("current").filter(is_known);
        Some(Self { entries, current, installation: stored.non_empty("installation") })
    }

    /// The text to store; `None` if there is nothing to store.
    pub(super) fn encode(&self) -> Option<Secret> {
        if self.entries.is_empty() {
            return None;
        }
        let stored = V1 {
            accounts: self.entries.iter().map(V1Entry::of).collect(),
            current: self.current.as_deref(),
            installation: self.installation.as_deref(),
        };
        let mut wiped = json::to_wiped(&Versioned::V1(stored))?;
        Some(Secret::new(String::from_utf8(std::mem::take(&mut *wiped)).ok()?))
    }

    /// Adds an account that nobody has signed in to yet.
    pub(super) fn add(&mut self, slot: &str) {
        self.entries.push(Entry { slot: slot.to_owned(), user: None, leaving: false });
    }

    /// Notes who has signed in to an account, which is added again if it has left. If the device has that user under another account, this
    /// one takes its place, and the other one leaves. Whether that is news.
    pub(super) fn learn(&mut self, slot: &str, user: &User) -> bool {
        let place = self.place(slot).unwrap_or_else(|| {
            self.add(slot);
            self.entries.len() - 1
        });
        if self.entries[place].user.as_ref() == Some(user) {
            return false;
        }
        let is_same = |entry: &Entry| entry.user.as_ref().is_some_and(|known| known.id == user.id);
        let other = self.entries.iter().position(|entry| entry.slot != slot && is_same(entry));
        let entry = &mut self.entries[place];
        (entry.user, entry.leaving) = (Some(user.clone()), false);
        if let Some(other) = other {
            self.entries.swap(place, other);
            let replaced = self.entries[place].slot.clone();
            if self.current.as_deref() == Some(&*replaced) {
                self.current = Some(slot.to_owned());
            }
            self.leave(&replaced);
        }
        true
    }

    /// An account is none for the app any more. If it was the current one, the one that was added last takes its place.
    pub(super) fn leave(&mut self, slot: &str) {
        if let Some(place) = self.place(slot) {
            (self.entries[place].user, self.entries[place].leaving) = (None, true);
        }
        if self.current.as_deref() == Some(slot) {
            let last = self.entries.iter().rev().find(|entry| entry.user.is_some());
            self.current = last.map(|entry| entry.slot.clone());
        }
    }

    /// The app was installed anew: no account is one for the app any more.
    pub(super) fn leave_all(&mut self) {
        for entry in &mut self.entries {
            (entry.user, entry.leaving) = (None, true);
        }
        self.current = None;
    }

    /// Forgets an account that was leaving.
    pub(super) fn forget(&mut self, slot: &str) {
        self.entries.retain(|entry| entry.slot != slot || !entry.leaving);
    }

    /// Drops an account in which nothing is, unless the app uses it.
    pub(super) fn drop_unused(&mut self, slot: &str) {
        if self.current.as_deref() != Some(slot) {
            self.entries.retain(|entry| entry.slot != slot);
        }
    }

    /// Whether there is such an account.
    pub(super) fn has(&self, slot: &str) -> bool {
        self.entries.iter().any(|entry| entry.slot == slot && !entry.leaving)
    }

    /// Whether an account is leaving.
    pub(super) fn is_leaving(&self, slot: &str) -> bool {
        self.place(slot).is_some_and(|place| self.entries[place].leaving)
    }

    /// The slots of the accounts that are leaving.
    pub(super) fn leaving(&self) -> Vec<String> {
        self.slots(|entry| entry.leaving)
    }

    /// The slots of the accounts that the app has, listed or not.
    pub(super) fn all(&self) -> Vec<String> {
        self.slots(|entry| !entry.leaving)
    }

    /// The slots of which it is not known who is signed in.
    pub(super) fn unlisted(&self) -> Vec<String> {
        self.slots(|entry| entry.user.is_none() && !entry.leaving)
    }

    fn slots(&self, which: impl Fn(&Entry) -> bool) -> Vec<String> {
        self.entries.iter().filter(|entry| which(entry)).map(|entry| entry.slot.clone()).collect()
    }

    fn place(&self, slot: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.slot == slot)
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

impl<'a> V1Entry<'a> {
    fn of(entry: &'a Entry) -> Self {
        let user = |user: &'a User| V1User { id: &user.id, name: &user.name, email: user.email.as_deref() };
        Self { slot: &entry.slot, user: entry.user.as_ref().map(user), leaving: entry.leaving }
    }
}

fn user(entry: &Object<'_>) -> Option<User> {
    let user: &RawValue = entry.get("user")?;
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

    // Indices that are on devices. These texts never change.
    const FIXTURE: &str = include_str!("fixtures/accounts-v1.json");
    const LEAVING: &str = include_str!("fixtures/accounts-v1-leaving.json");

    fn index(slots: &[&str]) -> Index {
        let mut index = Index::default();
        for slot in slots {
            index.add(slot);
        }
        index
    }

    fn listed(index: &Index) -> Vec<String> {
        index.listed().into_iter().map(|account| account.id).collect()
    }

    #[test]
    fn what_is_written_is_the_fixture_and_is_read() {
        assert!(Index::default().encode().is_none());
        let mut index = index(&["account-1", "account-2"]);
        assert!(index.learn("account-1", &User::new("ada").with_name("Ada").with_email("ada@example.com")));
        index.current = Some("account-1".to_owned());
        let text = index.encode().expect("a text");
        assert_eq!(text.expose(), FIXTURE.trim_end());
        assert_eq!(Index::decode(&text), Some(index.clone()));
        index.leave("account-2");
        let text = index.encode().expect("a text");
        assert_eq!(text.expose(), LEAVING.trim_end());
        assert_eq!(Index::decode(&text), Some(index.clone()));
        index.leave_all();
        index.installation = Some("0".repeat(32));
        assert_eq!(Index::decode(&index.encode().expect("a text")), Some(index));
    }

    #[test]
    fn what_makes_no_sense_is_left_out_and_no_slot_is_lost() {
        let read = |text: &str| Index::decode(&Secret::from(text));
        for text in ["", "{}", "null", "[]", r#"{"version":"1","accounts":{}}"#] {
            assert_eq!(read(text), None, "{text}");
        }
        let newer = r#"{"version":"2","accounts":[{"slot":"a","user":{"name":"Ada"}},{"slot":"../b"},7,{},{"slot":"a"},
            {"slot":"c","user":{"id":"eve","name":7}},{"slot":"d","leaving":true,"user":{"id":"ada"}}],"current":"b"}"#;
        let index = read(newer).expect("an index");
        let entries: Vec<_> =
            index.entries.iter().map(|entry| (&*entry.slot, entry.user.is_some(), entry.leaving)).collect();
        assert_eq!(entries, [("a", false, false), ("c", true, false), ("d", false, true)]);
        assert_eq!((index.current.clone(), index.unlisted()), (None, vec!["a".to_owned()]));
    }

    #[test]
    fn an_account_is_listed_once_somebody_has_signed_in_and_the_last_one_follows_the_current_one() {
        let mut index = index(&["a", "b", "c", "d"]);
        for slot in ["a", "b", "c"] {
            assert!(index.learn(slot, &User::new(slot)));
            assert!(!index.learn(slot, &User::new(slot)), "no news");
        }
        index.current = Some("a".to_owned());
        assert_eq!(index.listed().len(), 3);
        index.leave("a");
        assert_eq!(index.current.as_deref(), Some("c"), "not d, whom nobody has signed in to");
        assert!(index.is_leaving("a") && !index.has("a"));
        index.leave("b");
        assert_eq!(index.current.as_deref(), Some("c"));
        index.leave("c");
        assert_eq!((index.current.clone(), index.listed().len()), (None, 0));
        assert_eq!(index.leaving(), ["a", "b", "c"]);
        index.forget("a");
        index.forget("d");
        assert_eq!(index.leaving(), ["b", "c"]);
        assert!(index.has("d") && !index.has("c"), "what was not leaving is not forgotten");
    }

    #[test]
    fn a_user_who_signs_in_anew_takes_the_place_of_the_account_that_the_device_had() {
        for is_current in [true, false] {
            let mut index = index(&["a", "b", "c"]);
            index.learn("a", &User::new("ada"));
            index.learn("b", &User::new("eve"));
            index.current = Some(if is_current { "a" } else { "b" }.to_owned());
            assert!(index.learn("c", &User::new("ada").with_name("Ada")));
            assert_eq!(listed(&index), ["c", "b"], "at the place of the first");
            assert_eq!(index.current.as_deref(), Some(if is_current { "c" } else { "b" }));
            assert_eq!(index.leaving(), ["a"]);
        }
    }

    #[test]
    fn an_account_that_is_signed_in_to_again_while_it_leaves_or_after_that_is_there_again() {
        let mut index = index(&["a"]);
        index.learn("a", &User::new("ada"));
        index.leave("a");
        assert!(index.learn("a", &User::new("ada")));
        assert!(index.has("a") && index.leaving().is_empty());
        index.leave("a");
        index.forget("a");
        assert!(index.learn("a", &User::new("ada")));
        assert_eq!(listed(&index), ["a"]);
    }
}
