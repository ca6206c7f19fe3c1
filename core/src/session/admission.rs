//! Requires user presence before the session is used, where the app wants that.

use std::sync::{Arc, Mutex, PoisonError};

use super::{flight::SingleFlight, handle::Session, publisher::Held};
use crate::{
    error::{Error, Result, Sent},
    presence::{Admission, Attendance, Moment, PresencePolicy, UserPresence},
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

impl Session {
    /// The credential for a call of the app, once the user is present. See [`held`](Self::held).
    ///
    /// The credential is looked up after the user has answered, so a sign-out while the dialog is open counts. If another user
    /// signed in meanwhile, the result is [`Error::Superseded`].
    pub(crate) async fn admitted(&self) -> Result<Held> {
        let asked_for = self.held().await?;
        self.admit().await?;
        self.now().and_then(|held| of_same_user(held, &asked_for))
    }

    /// As [`admitted`](Self::admitted), also while a factor is missing.
    pub(super) async fn admitted_or_pending(&self) -> Result<Held> {
        let asked_for = self.held_or_pending().await?;
        self.admit().await?;
        self.now_or_pending().and_then(|held| of_same_user(held, &asked_for))
    }

    async fn admit(&self) -> Result<()> {
        let Some(door) = &self.door else { return Ok(()) };
        let now = self.moment();
        match door.with(|attendance| attendance.admission(door.policy, now)) {
            Admission::Granted => return Ok(()),
            Admission::Denied => return Err(Error::PresenceRequired),
            Admission::Ask => {}
        }
        let (session, host) = (self.clone(), door.host.clone());
        let ask = async move {
            let confirmed = tokio::select! {
                confirmed = session.tasks.blocking(move || host.confirm()) => confirmed.unwrap_or(false),
                // The dialog may stay open; nobody waits for it any more.
                () = session.tasks.closed() => false,
            };
            if confirmed {
                session.user_is_present();
            }
            confirmed
        };
        match door.asking.run(&self.tasks, (), || Some(ask)).await {
            Some(true) => Ok(()),
            _ if self.tasks.is_closed() => Err(Error::Closed(Sent::Nothing)),
            _ => Err(Error::PresenceRequired),
        }
    }

    /// Whether the session may be used now without a question to the user.
    pub(crate) fn is_admitted(&self) -> bool {
        let now = self.moment();
        self.door.as_ref().is_none_or(|door| {
            door.with(|attendance| attendance.admission(door.policy, now)) == Admission::Granted
        })
    }

    /// The user's presence is confirmed.
    pub(super) fn user_is_present(&self) {
        let now = self.moment();
        if let Some(door) = &self.door {
            door.with(|attendance| attendance.confirm(now));
        }
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.clock.now(), elapsed: self.clock.elapsed() }
    }

    /// The app went to the background.
    pub(crate) fn pause(&self) {
        let now = self.moment();
        if let Some(door) = &self.door {
            door.with(|attendance| attendance.leave(now));
        }
    }

    /// The app came back from the background.
    pub(crate) fn come_back(&self) {
        let now = self.moment();
        if let Some(door) = &self.door {
            door.with(|attendance| attendance.come_back(door.policy, now));
        }
    }
}

fn of_same_user(held: Held, asked_for: &Held) -> Result<Held> {
    if held.is_of_same_user(asked_for) { Ok(held) } else { Err(Error::Superseded(Sent::Nothing)) }
}
