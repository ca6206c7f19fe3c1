//! Lets the session be used only when its user has proven to be there, where the app wants that.

use std::sync::{Arc, Mutex, PoisonError};

use super::{flight::SingleFlight, manager::Manager, publisher::Held, tasks::blocking};
use crate::{
    error::{Error, Result},
    presence::{Admission, Attendance, PresencePolicy, UserPresence},
};

/// The policy, whom to ask, and what is known.
pub(crate) struct Door {
    policy: PresencePolicy,
    host: Arc<dyn UserPresence>,
    attendance: Mutex<Attendance>,
    asking: SingleFlight<(), bool>,
}

impl Door {
    pub(crate) fn new(policy: PresencePolicy, host: Arc<dyn UserPresence>) -> Self {
        Self { policy, host, attendance: Mutex::default(), asking: SingleFlight::new() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Attendance) -> T) -> T {
        work(&mut self.attendance.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Manager {
    /// The credential for a call of the app's, if its user is there. See [`held`](Self::held).
    pub(crate) async fn admitted(&self) -> Result<Held> {
        let held = self.held().await?;
        self.admit().await?;
        Ok(held)
    }

    /// As [`admitted`](Self::admitted), also while a factor is missing.
    pub(super) async fn admitted_or_pending(&self) -> Result<Held> {
        let held = self.held_or_pending().await?;
        self.admit().await?;
        Ok(held)
    }

    async fn admit(&self) -> Result<()> {
        let Some(door) = &self.door else { return Ok(()) };
        let now = self.clock.now();
        match door.with(|attendance| attendance.admission(door.policy, now)) {
            Admission::Granted => return Ok(()),
            Admission::Denied => return Err(Error::PresenceRequired),
            Admission::Ask => {}
        }
        let (manager, host) = (self.clone(), door.host.clone());
        let ask = async move {
            let confirmed = blocking(move || host.confirm()).await.unwrap_or(false);
            if confirmed {
                manager.user_is_present();
            }
            confirmed
        };
        match door.asking.run(&self.tasks, (), || Some(ask)).await {
            Some(true) => Ok(()),
            _ => Err(Error::PresenceRequired),
        }
    }

    /// The user has proven to be there.
    pub(super) fn user_is_present(&self) {
        let now = self.clock.now();
        if let Some(door) = &self.door {
            door.with(|attendance| attendance.confirm(now));
        }
    }

    /// The app went to the background.
    pub(crate) fn pause(&self) {
        let now = self.clock.now();
        if let Some(door) = &self.door {
            door.with(|attendance| attendance.leave(now));
        }
    }

    /// The app came back from the background.
    pub(crate) fn come_back(&self) {
        let now = self.clock.now();
        if let Some(door) = &self.door {
            door.with(|attendance| attendance.come_back(door.policy, now));
        }
    }
}
