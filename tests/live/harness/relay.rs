//! Stands between the client and Appwrite, passes everything on, sees all of it, and can break.
//!
//! It is how a promise about the wire is checked on a server that keeps no journal: nothing is changed on the way.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{
    HeaderName, Request, Response, Uri,
    header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
};
use url::Url;

use super::{
    http::{Http, Served, serve, typed},
    journal::Journal,
};

/// What happens to a request in place of being passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection breaks.
    Cut,
    /// An answer of something in front of Appwrite: status, content type, body.
    Answer(u16, &'static str, &'static str),
}

/// Which requests a fault meets: all, or those of one line such as `GET /account`.
type Aim = Option<&'static str>;

/// A relay to one Appwrite.
pub(crate) struct Relay {
    served: Served,
    journal: Journal,
    faults: Arc<Mutex<Vec<(Aim, Fault)>>>,
    path: String,
}

impl Relay {
    pub(crate) async fn start(endpoint: &Url, http: Http) -> Result<Self, String> {
        let journal = Journal::default();
        let faults: Arc<Mutex<Vec<(Aim, Fault)>>> = Arc::default();
        let origin = endpoint.origin().ascii_serialization();
        let path = endpoint.path().trim_end_matches('/').to_owned();
        let answer = {
            let (journal, faults, path) = (journal.clone(), faults.clone(), path.clone());
            move |request: Request<Bytes>| {
                let line = journal.note(&request).line().replacen(&path, "", 1);
                let faults = faults.lock().unwrap_or_else(PoisonError::into_inner);
                let met = faults.iter().find(|(aim, _)| aim.is_none_or(|aim| aim == line));
                let fault = met.map(|(_, fault)| *fault);
                let (origin, http) = (origin.clone(), http.clone());
                async move {
                    match fault {
                        None => pass_on(request, &origin, &http).await,
                        Some(Fault::Cut) => None,
                        Some(Fault::Answer(status, content_type, body)) => {
                            Some(typed(status, content_type, body))
                        }
                    }
                }
            }
        };
        let served = serve(answer).await.map_err(|error| error.to_string())?;
        Ok(Self { served, journal, faults, path })
    }

    /// What the client takes for Appwrite's endpoint.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}{}", self.served.origin(), self.path)
    }

    /// What came through.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What came through to `path`, such as `GET /account`.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.journal.of(&format!("{method} {}{path}", self.path)).len()
    }

    /// Breaks from now on, or works again.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) =
            fault.map(|fault| (None, fault)).into_iter().collect();
    }

    /// Breaks for the requests of `line` from now on, such as `GET /account`, below the endpoint.
    pub(crate) fn set_for(&self, line: &'static str, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push((Some(line), fault));
    }
}

async fn pass_on(request: Request<Bytes>, origin: &str, http: &Http) -> Option<Response<Bytes>> {
    let (mut head, body) = request.into_parts();
    let target = head.uri.path_and_query()?.as_str();
    head.uri = format!("{origin}{target}").parse::<Uri>().ok()?;
    for name in OF_ONE_CONNECTION {
        head.headers.remove(name);
    }
    head.headers.remove(HOST);
    let answer = http.send(Request::from_parts(head, body)).await.ok()?;
    let (mut head, body) = answer.into_parts();
    for name in OF_ONE_CONNECTION {
        head.headers.remove(name);
    }
    Some(Response::from_parts(head, body))
}

const OF_ONE_CONNECTION: [HeaderName; 3] = [CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH];
