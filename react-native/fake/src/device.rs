//! The fake device: its secure stores, the markers of the installation, and the presence check.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use appwrite_session_core::{UserPresence, store::StoreError};
use mock_appwrite::json;
use serde_json::Value;

use crate::{executor::locked, store::FakeStore};

/// One device.
#[derive(Default)]
pub(crate) struct Device {
    stores: Mutex<HashMap<String, FakeStore>>,
    markers: Mutex<HashMap<String, String>>,
    presence: FakePresence,
}

impl Device {
    /// The store of that name. It is created when it is first used.
    pub(crate) fn store(&self, name: &str) -> FakeStore {
        locked(&self.stores).entry(name.to_owned()).or_default().clone()
    }

    /// Makes a store fail from now on; `None` or an unknown name makes it work again. What a store throws that it should not throw
    /// means that it is unavailable, as in the native modules.
    pub(crate) fn fault(&self, store: &str, fault: Option<&str>) {
        self.store(store).fault(match fault {
            Some("locked") => Some(StoreError::Locked),
            Some("corrupt") => Some(StoreError::Corrupt),
            Some("unavailable" | "throws") => Some(StoreError::Unavailable),
            _ => None,
        });
    }

    /// The marker of this installation of the app; `None` if none was written yet.
    pub(crate) fn marker(&self, name: &str) -> Option<String> {
        locked(&self.markers).get(name).cloned()
    }

    /// Writes a marker of this installation.
    pub(crate) fn mark(&self, name: &str, text: &str) {
        locked(&self.markers).insert(name.to_owned(), text.to_owned());
    }

    /// Removes what is removed with the app. The stores stay, as iOS's Keychain does.
    pub(crate) fn uninstall(&self) {
        locked(&self.markers).clear();
    }

    /// The user of the device.
    pub(crate) fn presence(&self) -> FakePresence {
        self.presence.clone()
    }

    /// A new device.
    pub(crate) fn reset(&self) {
        self.uninstall();
        locked(&self.stores).values().for_each(FakeStore::reset);
        *locked(&self.presence.0) = Asked::default();
    }
}

/// The user of a device, who confirms, or not.
#[derive(Clone, Default)]
pub(crate) struct FakePresence(Arc<Mutex<Asked>>);

struct Asked {
    present: bool,
    times: u32,
}

impl Default for Asked {
    fn default() -> Self {
        Self { present: true, times: 0 }
    }
}

impl FakePresence {
    /// Whether the user confirms when asked.
    pub(crate) fn set_present(&self, present: bool) {
        locked(&self.0).present = present;
    }

    /// `{"present", "asked"}`.
    pub(crate) fn json(&self) -> Value {
        let asked = locked(&self.0);
        json!({ "present": asked.present, "asked": asked.times })
    }
}

impl UserPresence for FakePresence {
    fn confirm(&self) -> bool {
        let mut asked = locked(&self.0);
        asked.times += 1;
        asked.present
    }
}
