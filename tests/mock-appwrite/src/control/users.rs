//! Users behind the client's back.

use serde_json::Value;

use super::Control;
use crate::{totp, world::Totp};

/// A user to be made. What is left out is empty.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// The id; a new one if `None`.
    pub user_id: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The name.
    pub name: String,
}

impl Control {
    /// Makes a user and gives the id.
    pub fn create_user(&self, new: NewUser) -> String {
        self.change(|world| {
            let now = world.now();
            let email = new.email.map(|email| email.to_lowercase());
            let user = world.add_user(new.user_id, email, &new.name);
            user.accessed = None;
            user.password_updated = new.password.as_ref().map(|_| now);
            user.password = new.password;
            user.id.clone()
        })
    }

    /// Which of these a user has already: the id, or the e-mail address.
    pub(crate) fn taken<'a>(&self, user_id: Option<&'a str>, email: Option<&'a str>) -> Option<&'a str> {
        let world = self.0.world();
        let has_email = |email: &&str| {
            world.users.iter().any(|user| user.email.as_deref() == Some(email.to_lowercase().as_str()))
        };
        user_id.filter(|id| world.user(id).is_some()).or_else(|| email.filter(has_email))
    }

    /// Makes a user with e-mail and password, and gives the id.
    pub fn user(&self, email: &str, password: &str) -> String {
        let (email, password) = (Some(email.to_owned()), Some(password.to_owned()));
        self.create_user(NewUser { email, password, ..NewUser::default() })
    }

    /// Deletes a user.
    pub fn delete_user(&self, user_id: &str) {
        self.change(|world| world.delete_user(user_id));
    }

    /// Blocks a user, or lifts the block.
    pub fn block(&self, user_id: &str, blocked: bool) {
        self.change(|world| world.user_mut(user_id).map(|user| user.enabled = !blocked));
    }

    /// Gives a user a verified authenticator, requires it at sign-in, and gives its secret.
    pub fn require_mfa(&self, user_id: &str) -> String {
        self.change(|world| {
            let secret = totp::new_secret();
            if let Some(user) = world.user_mut(user_id) {
                user.totp = Some(Totp { secret: secret.clone(), verified: true });
                user.mfa = true;
            }
            secret
        })
    }

    /// Gives a user new recovery codes, and gives them.
    pub fn make_recovery_codes(&self, user_id: &str) -> Vec<String> {
        self.change(|world| {
            let codes = crate::routes::new_recovery_codes();
            if let Some(user) = world.user_mut(user_id) {
                user.recovery_codes.clone_from(&codes);
            }
            codes
        })
    }

    /// Changes a user as `{"status", "mfa", "totp", "emailVerification", "phoneVerification", "prefs", "name", "email", "phone",
    /// "password", "labels"}` says, and gives the authenticator's secret, if one was made.
    pub fn update_user(&self, user_id: &str, change: &Value) -> Option<String> {
        self.change(|world| {
            let user = world.user_mut(user_id)?;
            let flag = |name: &str| change.get(name).and_then(Value::as_bool);
            let text = |name: &str| change.get(name).and_then(Value::as_str).map(str::to_owned);
            user.enabled = flag("status").unwrap_or(user.enabled);
            user.mfa = flag("mfa").unwrap_or(user.mfa);
            user.email_verified = flag("emailVerification").unwrap_or(user.email_verified);
            user.phone_verified = flag("phoneVerification").unwrap_or(user.phone_verified);
            user.name = text("name").unwrap_or_else(|| user.name.clone());
            if let Some(email) = text("email").map(|email| email.to_lowercase()) {
                user.retarget("email", &email);
                user.email = Some(email);
            }
            user.phone = text("phone").or_else(|| user.phone.clone());
            user.password = text("password").or_else(|| user.password.clone());
            if let Some(Value::Object(prefs)) = change.get("prefs") {
                user.prefs.clone_from(prefs);
            }
            if let Some(Value::Array(labels)) = change.get("labels") {
                user.labels = labels.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect();
            }
            let enrolled = flag("totp")?.then(totp::new_secret);
            user.totp = enrolled.clone().map(|secret| Totp { secret, verified: true });
            enrolled
        })
    }

    /// The authenticator code that is valid now.
    pub fn totp_code(&self, user_id: &str) -> Option<String> {
        let world = self.0.world();
        let totp = world.user(user_id)?.totp.as_ref()?;
        Some(totp::code(&totp.secret, world.now() / 1000))
    }
}
