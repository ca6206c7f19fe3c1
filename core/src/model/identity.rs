//! What is attached to an account beside its sessions: identities of other providers, and devices that take push messages.

use std::time::SystemTime;

/// An account at another provider that the signed-in user can sign in with. Holds no token of that provider.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The identity's id at Appwrite.
    pub id: String,
    /// The provider's name, such as `google` or `apple`.
    pub provider: String,
    /// The user's id at the provider; empty if unknown.
    pub provider_user_id: String,
    /// The e-mail address at the provider; `None` if there is none.
    pub email: Option<String>,
    /// When it was linked.
    pub created_at: Option<SystemTime>,
}

/// A device that Appwrite sends the user's push messages to. It belongs to the session, and ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PushTarget {
    /// The target's id.
    pub id: String,
    /// The device's token of FCM or APNs.
    pub identifier: String,
    /// The id of the messaging provider; `None` for the project's only one.
    pub provider_id: Option<String>,
    /// Whether the provider has refused the token, so that a newer one is needed.
    pub expired: bool,
}

impl Identity {
    /// An identity of that provider, with nothing else known.
    pub fn new(id: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            provider: provider.into(),
            provider_user_id: String::new(),
            email: None,
            created_at: None,
        }
    }

    setters! {
        /// The identity of this user of the provider.
        with_provider_user_id: provider_user_id = id: impl Into<String>, id.into();
        /// The identity with this e-mail address.
        with_email: email = email: impl Into<String>, Some(email.into());
        /// The identity that was linked at this time.
        with_created_at: created_at = time: SystemTime, Some(time);
    }
}

impl PushTarget {
    /// A target with this token of the device.
    pub fn new(id: impl Into<String>, identifier: impl Into<String>) -> Self {
        Self { id: id.into(), identifier: identifier.into(), provider_id: None, expired: false }
    }

    setters! {
        /// The target of this messaging provider.
        with_provider_id: provider_id = id: impl Into<String>, Some(id.into());
        /// The target whose token was refused, or was not.
        with_expired: expired = expired: bool, expired;
    }
}
