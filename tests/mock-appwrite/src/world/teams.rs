//! Teams and who belongs to them.

use serde_json::{Map, Value};

use crate::dates::Millis;

/// A team.
#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) name: String,
    pub(crate) prefs: Map<String, Value>,
    pub(crate) memberships: Vec<Membership>,
}

/// A user's place in a team, or the invitation to it.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    /// When the invitation was sent last.
    pub(crate) invited: Millis,
    pub(crate) user_id: String,
    pub(crate) roles: Vec<String>,
    pub(crate) secret: String,
    pub(crate) joined: Option<Millis>,
}
