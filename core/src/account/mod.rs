//! The account of the signed-in user, grouped by noun: each handle is made by the client, is cheap to clone, and has the operations
//! of one noun.
//!
//! A handle decides nothing. It names an operation of Appwrite, and the session performs it: with the credential at the moment of
//! sending, once the user is present where the app wants that, and with what the answer says about the session.

mod factors;
mod identities;
mod passkeys;
mod profile;
mod push_targets;
mod recovery;
mod verification;

pub use factors::Factors;
pub use identities::Identities;
pub use passkeys::Passkeys;
pub use profile::Profile;
pub use push_targets::PushTargets;
pub use recovery::Recovery;
pub use verification::Verification;

use crate::session::Session;

/// The handles of nouns, each around the session.
macro_rules! handles {
    ($($name:ident)+) => {
        $(impl $name {
            pub(crate) fn of(session: &Session) -> Self {
                Self { session: session.clone() }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}

handles! { Factors Identities Passkeys Profile PushTargets Recovery Verification }
