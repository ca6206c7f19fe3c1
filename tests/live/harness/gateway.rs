//! A minimal gateway, as an app would have one: it asks Appwrite who calls, with the one credential that it was sent.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::LOCATION};
use serde_json::{Value, json};
use url::Url;

use super::{
    http::{Http, Served, json as answer_json, serve},
    journal::{Journal, Seen},
};

/// A gateway on a port of its own, or any other origin, as which nobody has allowed it.
pub(crate) struct AppGateway {
    served: Served,
    journal: Journal,
}

impl AppGateway {
    /// Starts one that asks the Appwrite at `endpoint`.
    ///
    /// - `/whoami` asks Appwrite: 200 with `userId`, 401 if Appwrite knows nobody, 502 for everything else
    /// - `/deny` answers a 401 of its own
    /// - `/redirect?to=URL` answers 302
    /// - `/open` answers 200
    pub(crate) async fn start(endpoint: &Url, project: &str, http: Http) -> Result<Self, String> {
        let journal = Journal::default();
        let noted = journal.clone();
        let account = format!("{}/account", endpoint.as_str().trim_end_matches('/'));
        let project = project.to_owned();
        let answer = move |request: Request<Bytes>| {
            let seen = noted.note(&request);
            let (account, project, http) = (account.clone(), project.clone(), http.clone());
            async move {
                Some(match request.uri().path() {
                    "/whoami" => who_calls(&seen, &account, &project, &http).await,
                    "/deny" => answer_json(401, &json!({ "error": "not for you" })),
                    "/redirect" => redirect(&request),
                    _ => answer_json(200, &json!({ "open": true })),
                })
            }
        };
        let served = serve(answer).await.map_err(|error| error.to_string())?;
        Ok(Self { served, journal })
    }

    /// Its origin.
    pub(crate) fn origin(&self) -> String {
        self.served.origin()
    }

    /// A URL of it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// What it received.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }
}

/// Passes the one carrier on, nothing else of the call (contract §12.5).
async fn who_calls(seen: &Seen, account: &str, project: &str, http: &Http) -> Response<Bytes> {
    let carriers = seen.carriers();
    let [carrier] = carriers[..] else {
        return answer_json(400, &json!({ "error": "not exactly one carrier", "carriers": carriers }));
    };
    let mut question = Request::get(account).header("x-appwrite-project", project);
    for value in seen.headers.get_all(carrier) {
        question = question.header(carrier, value);
    }
    let Ok(question) = question.body(Bytes::new()) else { return answer_json(500, &Value::Null) };
    let Ok(answer) = http.send(question).await else { return answer_json(502, &Value::Null) };
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    match answer.status().as_u16() {
        200 => answer_json(200, &json!({ "userId": body["$id"], "carrier": carrier })),
        401 => answer_json(401, &json!({ "error": body["type"] })),
        status => answer_json(502, &json!({ "error": body["type"], "status": status })),
    }
}

fn redirect(request: &Request<Bytes>) -> Response<Bytes> {
    let query = request.uri().query().unwrap_or_default();
    let to = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to");
    let location = to.and_then(|(_, to)| HeaderValue::from_str(&to).ok());
    let mut response = answer_json(302, &Value::Null);
    match location {
        Some(location) => {
            response.headers_mut().insert(LOCATION, location);
            response
        }
        None => answer_json(400, &Value::Null),
    }
}
