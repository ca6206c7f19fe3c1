//! The operations of the account API beyond sessions, a file for each noun (contract §3, §2x.9).
//!
//! Paths are the spellings that every version which has the operation answers.

pub(crate) mod codes;
pub(crate) mod factors;
pub(crate) mod identities;
pub(crate) mod jwt;
pub(crate) mod passkeys;
pub(crate) mod profile;
pub(crate) mod push_targets;
pub(crate) mod recovery;
pub(crate) mod verification;
