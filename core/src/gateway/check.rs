//! Asks a gateway whether it is there and whether it takes the carrier, for the diagnosis.

use bytes::Bytes;
use http::{
    Method,
    header::{CONTENT_TYPE, LOCATION},
};
use url::Url;

use super::{
    call::{Call, CallAnswer},
    gateways::Gateways,
    request::Parts,
};
use crate::{
    config::{AllowedGateway, Origin},
    error::Result,
    host::Request,
    session::Held,
    transport::{Plan, Response},
};

/// Where a gateway says who calls.
const PATH: &str = "/_gateway/session";

/// What a gateway answered to the question.
pub(crate) struct Checked {
    pub(crate) status: u16,
    /// Whether the answer is a redirect to another origin, or came from there.
    pub(crate) is_elsewhere: bool,
    /// Whether the answer is a page for people.
    pub(crate) is_page: bool,
    /// Whether the answer says who calls, as only the check does.
    pub(crate) names_user: bool,
}

impl Checked {
    fn of(response: &Response, is_elsewhere: bool) -> Self {
        let headers = &response.headers;
        let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| {
            kind.as_bytes().get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
        });
        let names_user = headers.contains_key("x-user-id") || headers.contains_key("x-user-token");
        Self { status: response.status.as_u16(), is_elsewhere, is_page, names_user }
    }
}

/// Whether the answer is a redirect from `url` to anywhere but `origin`.
fn leads_elsewhere(url: &Url, origin: &Origin, response: &Response) -> bool {
    let location = response.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let to = location.and_then(|location| url.join(location).ok());
    response.status.is_redirection() && !to.is_some_and(|to| origin.is_of(&to))
}

impl Gateways {
    /// The gateways in their order.
    pub(crate) fn each(&self) -> impl Iterator<Item = &AllowedGateway> {
        self.shared().allowed.each()
    }

    /// Asks the gateway at `place` who calls: as every call of the app does, if there is a credential; otherwise once and without one.
    pub(crate) async fn check(&self, place: usize, held: Option<Held>) -> Result<Checked> {
        let shared = self.shared();
        let gateway = shared.allowed.at(place);
        let mut url = gateway.base.clone();
        url.set_path(PATH);
        let deadline = shared.http.deadline(None);
        let Some(held) = held else {
            let plan = Plan::whole(deadline, true, shared.response_limit);
            let mut make =
                || Ok(Request::new(Method::GET, url.clone(), gateway.headers.clone(), Bytes::new()));
            let (response, _) = shared.http.once().exchange(&plan, &mut make).await?.into_answer()?;
            return Ok(Checked::of(&response, leads_elsewhere(&url, &gateway.origin, &response)));
        };
        let parts = Parts::new(Method::GET, PATH);
        let CallAnswer { response: answer, .. } =
            Call::new(shared, parts, url, place, held, deadline).run().await?;
        let is_elsewhere = answer.response.status.is_redirection() || !gateway.origin.is_of(&answer.url);
        Ok(Checked::of(&answer.response, is_elsewhere))
    }
}
