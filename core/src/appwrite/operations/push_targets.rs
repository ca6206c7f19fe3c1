//! The devices that take the user's push messages.

use http::Method;

use crate::{
    appwrite::{
        Id,
        body::texts,
        operation::{Operation, Segment, nothing, segment},
        wire,
    },
    model::PushTarget,
};

fn one(id: &Id) -> [Segment; 4] {
    ["account".into(), "targets".into(), segment(id), "push".into()]
}

pub(crate) fn create(identifier: &str, provider: Option<&Id>) -> Operation<PushTarget> {
    let mut fields = vec![("targetId", "unique()"), ("identifier", identifier)];
    fields.extend(provider.map(|id| ("providerId", id.as_str())));
    Operation::new(Method::POST, ["account", "targets", "push"], wire::push_target).body(texts(&fields))
}

pub(crate) fn update(id: &Id, identifier: &str) -> Operation<PushTarget> {
    Operation::new(Method::PUT, one(id), wire::push_target).body(texts(&[("identifier", identifier)]))
}

pub(crate) fn delete(id: &Id) -> Operation<()> {
    Operation::new(Method::DELETE, one(id), nothing)
}
