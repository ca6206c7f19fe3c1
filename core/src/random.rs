//! What nobody may be able to guess: from the system's own source of randomness.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::{
    Secret,
    error::{Error, Result},
};

/// A name that nothing else has. It can be guessed.
pub(crate) fn name() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// 256 random bits as 43 characters of `A-Z a-z 0-9 - _`. Fails only where the system has no source of randomness.
pub(crate) fn unguessable() -> Result<Secret> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| Error::Internal)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}
