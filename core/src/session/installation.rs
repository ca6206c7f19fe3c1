//! Knows whether the app was installed anew since a record was written, by a marker file that goes when the app is removed.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{host::Host, store::StoreError};

/// How many characters the id of an installation has.
const LENGTH: usize = 32;

/// The marker of this installation. Its content is no secret: it names the installation, and proves nothing.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    host: Arc<dyn Host>,
    marker: PathBuf,
}

/// What the marker file holds.
enum Marker {
    Id(String),
    /// There is no file.
    Absent,
    /// There is one, and it is not ours or was cut off.
    Malformed,
}

impl Installation {
    pub(crate) fn new(host: Arc<dyn Host>, marker: PathBuf) -> Self {
        Self { host, marker }
    }

    /// The id for a record that is about to be written; the marker is made if there is none. `None` if that fails: a record
    /// without an id is of any installation.
    pub(crate) fn id(&self) -> Option<String> {
        // Several accounts may write their first records at the same time. Two ids would make one of them an earlier installation's.
        static MAKING: Mutex<()> = Mutex::new(());
        let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Marker::Id(id) = self.read().ok()? {
            return Some(id);
        }
        let id = format!("{:032x}", fastrand::u128(..));
        self.host.write_marker(&self.marker, &id).ok().map(|()| id)
    }

    /// Whether a record with the id `recorded` was written by an installation before this one.
    ///
    /// # Errors
    ///
    /// `Locked` if the marker cannot be read now, so that nothing can be decided.
    pub(crate) fn is_another(&self, recorded: &str) -> Result<bool, StoreError> {
        match self.read().map_err(|_| StoreError::Locked)? {
            Marker::Id(id) => Ok(id != recorded),
            Marker::Absent => Ok(true),
            // It tells nothing, and a user is not signed out for it. The next record makes a new one.
            Marker::Malformed => Ok(false),
        }
    }

    fn read(&self) -> io::Result<Marker> {
        match self.host.read_marker(&self.marker) {
            Ok(Some(id)) if id.len() == LENGTH && id.bytes().all(|c| c.is_ascii_hexdigit()) => {
                Ok(Marker::Id(id))
            }
            Ok(Some(_)) => Ok(Marker::Malformed),
            Ok(None) => Ok(Marker::Absent),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Marker::Malformed),
            Err(error) => Err(error),
        }
    }
}
