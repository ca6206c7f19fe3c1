//! The devices that take the signed-in user's push messages.

use crate::{
    appwrite::{Id, operations::push_targets},
    error::Result,
    model::PushTarget,
    session::Session,
};

/// The push targets of this session. Made by [`SessionClient::push_targets`](crate::SessionClient::push_targets). A target belongs to the
/// session, and ends with it.
///
/// Every method fails with the errors of [`SessionClient::account`](crate::SessionClient::account), too. Work that was begun goes on if
/// its future is dropped.
#[derive(Clone)]
pub struct PushTargets {
    pub(super) session: Session,
}

impl PushTargets {
    /// Lets push messages come to this device. `identifier` is the device's token of FCM or APNs, and `provider_id` names the messaging
    /// provider where the project has several.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is a target with this token, on Appwrite before 2.0. `Config` if `provider_id` cannot be an id.
    pub async fn create(&self, identifier: &str, provider_id: Option<&str>) -> Result<PushTarget> {
        let provider = provider_id.map(|id| Id::parse("provider", id)).transpose()?;
        self.session.perform(push_targets::create(identifier, provider.as_ref())).await
    }

    /// Replaces the device's token, when FCM or APNs gave the app a new one.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if there is no such target. `Config` if `id` cannot be an id.
    pub async fn update(&self, id: &str, identifier: &str) -> Result<PushTarget> {
        self.session.perform(push_targets::update(&Id::parse("push target", id)?, identifier)).await
    }

    /// Stops push messages to a device.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.session.perform(push_targets::delete(&Id::parse("push target", id)?)).await
    }
}
