//! Name, e-mail address, phone number, password and preferences of the signed-in user, and the end of the account.

use std::future::Future;

use crate::{
    Secret,
    appwrite::operations::profile,
    error::Result,
    model::{Account, Preferences},
    session::{Ending, Session},
};

/// The signed-in user's own data. Made by [`SessionClient::profile`](crate::SessionClient::profile).
///
/// Every method fails with the errors of [`SessionClient::account`](crate::SessionClient::account), too. Work that was begun goes on if
/// its future is dropped.
#[derive(Clone)]
pub struct Profile {
    pub(super) session: Session,
}

impl Profile {
    /// Changes the name. The state shows the new one when this returns.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a name of more than 128 characters.
    pub async fn update_name(&self, name: &str) -> Result<Account> {
        self.session.perform(profile::update_name(name)).await
    }

    /// Changes the e-mail address, which is not verified afterwards. An anonymous user becomes a user with this address and this password;
    /// for everybody else the password is the one that they have. The session stays as it is.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if another user has the address, `InvalidCredentials` for a wrong password, `InvalidInput`.
    pub async fn update_email(&self, email: &str, password: &str) -> Result<Account> {
        self.session.perform(profile::update_email(email, &Secret::from(password))).await
    }

    /// Changes the phone number, in the form `+14155552671`. It is not verified afterwards.
    ///
    /// # Errors
    ///
    /// As [`update_email`](Self::update_email).
    pub async fn update_phone(&self, phone: &str, password: &str) -> Result<Account> {
        self.session.perform(profile::update_phone(phone, &Secret::from(password))).await
    }

    /// Changes the password. `old` is needed if the user has one. This session goes on; depending on the project's settings Appwrite ends
    /// the user's other sessions.
    ///
    /// # Errors
    ///
    /// `InvalidCredentials` for a wrong old password; `InvalidInput` for a new one that the project's rules refuse.
    pub async fn update_password(&self, new: &str, old: Option<&str>) -> Result<Account> {
        let (new, old) = (Secret::from(new), old.map(Secret::from));
        self.session.perform(profile::update_password(&new, old.as_ref())).await
    }

    /// The user's preferences.
    pub async fn preferences(&self) -> Result<Preferences> {
        self.session.perform(profile::preferences()).await
    }

    /// Replaces all preferences.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for more than 64 KB.
    pub async fn replace_preferences(&self, preferences: &Preferences) -> Result<Preferences> {
        let account = self.session.perform(profile::update_preferences(preferences)).await?;
        Ok(account.preferences)
    }

    /// Changes the given preferences and keeps the others; a member that is `null` is removed. Appwrite only replaces, so this reads
    /// first: if another device writes between the two requests, what it wrote is lost.
    ///
    /// # Errors
    ///
    /// As [`replace_preferences`](Self::replace_preferences). `Superseded` if another user signs in between the two requests: nothing is
    /// written.
    pub async fn merge_preferences(&self, changes: &Preferences) -> Result<Preferences> {
        let held = self.session.admitted().await?;
        let mut preferences = self.session.perform_as(&held, profile::preferences()).await?;
        for (name, value) in changes {
            if value.is_null() {
                preferences.remove(name);
            } else {
                preferences.insert(name.clone(), value.clone());
            }
        }
        let account = self.session.perform_as(&held, profile::update_preferences(&preferences)).await?;
        Ok(account.preferences)
    }

    /// Blocks the own account, so that nobody can sign in to it until one of the project's servers lifts the block, and signs out on this
    /// device. Appwrite keeps the other devices' sessions, and lets nobody use them until then.
    ///
    /// # Errors
    ///
    /// If Appwrite does not do it, nothing has changed on this device. `StorageUnavailable` as for
    /// [`sign_out`](crate::SessionClient::sign_out).
    pub fn block(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session.account_ended(profile::block(), Ending::Blocked)
    }

    /// Deletes the own account with everything that Appwrite has of it, and signs out on this device. Cannot be undone.
    ///
    /// # Errors
    ///
    /// As [`block`](Self::block).
    pub fn delete(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.session.account_ended(profile::delete(), Ending::Deleted)
    }
}
