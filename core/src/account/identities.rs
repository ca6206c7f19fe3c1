//! The accounts at other providers that the signed-in user can sign in with.

use std::future::Future;

use crate::{
    appwrite::{Id, operations::identities},
    error::Result,
    id_token::IdToken,
    model::Identity,
    session::{Session, SessionState},
};

/// The identities of the signed-in user. Made by [`SessionClient::identities`](crate::SessionClient::identities).
///
/// Every method fails with the errors of [`SessionClient::account`](crate::SessionClient::account), too. Work that was begun goes on if
/// its future is dropped.
#[derive(Clone)]
pub struct Identities {
    pub(super) session: Session,
}

impl Identities {
    /// The user's identities.
    pub async fn list(&self) -> Result<Vec<Identity>> {
        self.session.perform(identities::list()).await
    }

    /// Links the Google or Apple account of `token` to the account that is signed in, which may be anonymous: it then is an account that the
    /// user can come back to. Since Appwrite 2.1.
    ///
    /// Appwrite replaces the session. The old one goes on until the new one has arrived; then it is swapped in one step, so no call fails
    /// meanwhile. The user stays the same.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if the identity or its e-mail address is another user's; otherwise as
    /// [`sign_in_with_id_token`](crate::SessionClient::sign_in_with_id_token). The session stays as it was. If the answer was lost
    /// ([`may_have_arrived`](crate::Error::may_have_arrived)), Appwrite may have replaced the session: if it has ended, the same
    /// user signs in again with the provider. `SignedOut` if the session has ended: Appwrite then takes the token for a sign-in of its own
    /// user, whose session is revoked at once.
    pub fn link(&self, token: &IdToken) -> impl Future<Output = Result<SessionState>> + Send + use<> {
        self.session.link(token)
    }

    /// Unlinks an identity: the user cannot sign in with it any more. This session goes on.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if there is no such identity. `Config` if `id` cannot be an id.
    pub async fn unlink(&self, id: &str) -> Result<()> {
        self.session.perform(identities::unlink(&Id::parse("identity", id)?)).await
    }
}
