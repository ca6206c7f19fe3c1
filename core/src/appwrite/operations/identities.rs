//! The accounts at other providers that the user can sign in with.

use http::Method;

use crate::{
    appwrite::{
        Id,
        operation::{Operation, nothing, segment},
        wire,
    },
    model::Identity,
};

pub(crate) fn list() -> Operation<Vec<Identity>> {
    Operation::new(Method::GET, ["account", "identities"], wire::identities)
}

pub(crate) fn unlink(id: &Id) -> Operation<()> {
    Operation::new(Method::DELETE, ["account".into(), "identities".into(), segment(id)], nothing)
}
