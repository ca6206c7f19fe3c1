//! Links that Appwrite sends by e-mail: to sign in, to recover an account, to verify an address.

use crate::{
    Secret,
    appwrite::Id,
    callback::Callback,
    error::{CallbackFault, Error, Result},
};

/// The user's id and the secret in `url`, which the user opened, if it leads to `callback`.
pub(crate) fn read(callback: &str, url: &str) -> Result<(Id, Secret)> {
    let answer = Callback::parse(callback)?.answer(url).map_err(Error::CallbackRejected)?;
    let malformed = Error::CallbackRejected(CallbackFault::Malformed);
    let Some((user, secret)) = answer.token() else { return Err(malformed) };
    // Exposed to be checked: it is an id.
    let user = Id::parse("user", user.expose()).map_err(|_| malformed)?;
    Ok((user, secret.clone()))
}
