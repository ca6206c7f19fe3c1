//! A JWT for the session, which another server can ask Appwrite about.

use std::time::Duration;

use http::Method;

use crate::{
    Secret,
    appwrite::{operation::Operation, wire},
};

/// The spelling that every version from 1.5 on answers.
const PATH: [&str; 2] = ["account", "jwt"];

/// How long it lives in every version, unless something else is asked for (contract §3).
pub(crate) const LIFE: Duration = Duration::from_secs(15 * 60);

pub(crate) fn create() -> Operation<Secret> {
    Operation::new(Method::POST, PATH, wire::jwt)
}
