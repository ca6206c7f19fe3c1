//! The device of a world: its secure stores, the markers of the installation, and the presence check.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use appwrite_session_core::UserPresence;

use crate::{locked, store::DeviceStore};

/// One device.
#[derive(Default)]
pub struct Device {
    stores: Mutex<HashMap<String, DeviceStore>>,
    markers: Mutex<HashMap<String, String>>,
    user: DeviceUser,
}

impl Device {
    /// The store of that name. It is created when it is first used.
    pub fn store(&self, name: &str) -> DeviceStore {
        locked(&self.stores).entry(name.to_owned()).or_default().clone()
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
    pub fn uninstall(&self) {
        locked(&self.markers).clear();
    }

    /// The user of the device.
    pub fn user(&self) -> DeviceUser {
        self.user.clone()
    }

    /// A new device.
    pub(crate) fn reset(&self) {
        self.uninstall();
        locked(&self.stores).values().for_each(DeviceStore::reset);
        *locked(&self.user.0) = Asked::default();
    }
}

/// The user of a device, who confirms, or not. Clones are the same user.
#[derive(Clone, Default)]
pub struct DeviceUser(Arc<Mutex<Asked>>);

struct Asked {
    present: bool,
    times: u32,
}

impl Default for Asked {
    fn default() -> Self {
        Self { present: true, times: 0 }
    }
}

impl DeviceUser {
    /// Whether the user confirms when asked.
    pub fn set_present(&self, present: bool) {
        locked(&self.0).present = present;
    }

    /// Whether the user confirms when asked.
    pub fn is_present(&self) -> bool {
        locked(&self.0).present
    }

    /// How often the user was asked.
    pub fn times_asked(&self) -> u32 {
        locked(&self.0).times
    }
}

impl UserPresence for DeviceUser {
    fn confirm(&self) -> bool {
        let mut asked = locked(&self.0);
        asked.times += 1;
        asked.present
    }
}
