//! One operation of the account API as a value: what is sent, how the answer is read, and since which version it exists.
//!
//! The operations themselves are in `operations/`, a file for each noun. Whoever performs one needs to know nothing of paths and
//! bodies.

use std::borrow::Cow;

use bytes::Bytes;
use http::Method;

use super::{Appwrite, Failure, Id, Reply, body::texts};
use crate::{credential::Credential, error::SensitiveAction, model::Account};

/// A segment of a path.
pub(super) type Segment = Cow<'static, str>;

/// What is sent, and how the answer is read.
pub(crate) struct Operation<T> {
    pub(crate) call: Call,
    pub(crate) read: fn(&[u8]) -> Option<T>,
}

/// On whose behalf an operation is performed, and what its answer says beside its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behalf {
    /// On behalf of the user who is signed in. Appwrite may want a recent sign-in for this action.
    User(SensitiveAction),
    /// On behalf of the user; the answer is the account as it is afterwards.
    UserWhoChanges,
    /// Of nobody: no credential is sent.
    Nobody,
}

/// What is sent.
pub(crate) struct Call {
    pub(crate) behalf: Behalf,
    method: Method,
    path: Vec<Segment>,
    body: Option<Bytes>,
    /// The first version of Appwrite that has the route, if not all do.
    since: Option<&'static str>,
}

impl<T> Operation<T> {
    /// The operation of that method and path, with an empty object as its body where the method has one.
    pub(super) fn new<S: Into<Segment>>(
        method: Method,
        path: impl IntoIterator<Item = S>,
        read: fn(&[u8]) -> Option<T>,
    ) -> Self {
        let body = if method == Method::GET || method == Method::DELETE { None } else { texts(&[]) };
        let path = path.into_iter().map(Into::into).collect();
        let behalf = Behalf::User(SensitiveAction::Other);
        Self { call: Call { behalf, method, path, body, since: None }, read }
    }

    /// The operation with this body.
    pub(super) fn body(mut self, body: Option<Bytes>) -> Self {
        self.call.body = body;
        self
    }

    /// The operation without a credential.
    pub(super) fn for_nobody(mut self) -> Self {
        self.call.behalf = Behalf::Nobody;
        self
    }

    /// The operation that Appwrite may want a recent sign-in for.
    pub(super) fn sensitive(mut self, action: SensitiveAction) -> Self {
        self.call.behalf = Behalf::User(action);
        self
    }

    /// The operation that Appwrite has since that version.
    pub(super) fn since(mut self, version: &'static str) -> Self {
        self.call.since = Some(version);
        self
    }
}

impl Operation<Account> {
    /// The operation that changes the account, and is answered with it.
    pub(super) fn changes_account(mut self) -> Self {
        self.call.behalf = Behalf::UserWhoChanges;
        self
    }
}

/// The segment of a path that an id is.
pub(super) fn segment(id: &Id) -> Segment {
    Cow::Owned(id.as_str().to_owned())
}

/// For answers of which nothing is needed.
pub(super) fn nothing(_body: &[u8]) -> Option<()> {
    Some(())
}

impl Appwrite {
    /// Performs an operation with the credential, if one is given.
    pub(crate) async fn perform(
        &self,
        call: &Call,
        credential: Option<&Credential>,
    ) -> Result<Reply, Failure> {
        let path: Vec<&str> = call.path.iter().map(|segment| &**segment).collect();
        let reply = self.call(call.method.clone(), &path, call.body.clone(), credential).await;
        reply.map_err(|failure| match call.since {
            Some(since) => failure.of_route_since(since),
            None => failure,
        })
    }
}
