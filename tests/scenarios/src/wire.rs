//! What went over the wire as lines, and the rules that hold for every one of them.

use serde::Deserialize;

/// One request that a world received.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    /// Counts the requests from 1.
    pub(crate) seq: u64,
    /// `gateway` if the gateway itself asked, else `client`.
    caller: String,
    method: String,
    /// `appwrite`, `gateway` or `foreign`.
    listener: String,
    path: String,
    /// `cookie`, `session-header`, `fallback`, `jwt` or `none`: the one that counts.
    carrier: String,
    /// How many carriers there were.
    carriers: usize,
    /// What was answered, if anything.
    status: Option<u16>,
}

impl From<&mock_appwrite::Entry> for Entry {
    fn from(entry: &mock_appwrite::Entry) -> Self {
        Self {
            seq: entry.seq,
            caller: entry.caller.to_owned(),
            method: entry.method.clone(),
            listener: entry.listener.to_owned(),
            path: entry.path.clone(),
            carrier: entry.credential.carrier.to_owned(),
            carriers: entry.credential.carriers,
            status: entry.status,
        }
    }
}

/// One request in the form of the scenarios: `METHOD listener /path carrier status`, with `gateway:` before what the gateway itself
/// asked, and `-` for the status if there was no answer.
pub(crate) fn line(entry: &Entry) -> String {
    let by = if entry.caller == "gateway" { "gateway: " } else { "" };
    let status = entry.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    format!("{by}{} {} {} {} {status}", entry.method, entry.listener, entry.path, entry.carrier)
}

/// What no request of any scenario may do.
pub(crate) fn offence(entry: &Entry) -> Option<String> {
    // An ID token that comes with a credential is linked to its account.
    let login = entry.method == "POST"
        && (entry.path == "/v1/account" || entry.path.starts_with("/v1/account/sessions"))
        && entry.path != "/v1/account/sessions/id-token";
    let rule = match () {
        () if entry.listener == "foreign" && entry.carriers > 0 => "a foreign origin got the credential",
        () if entry.carriers > 1 => "there was more than one carrier",
        () if login && entry.caller == "client" && entry.carriers > 0 => "a login call carried a credential",
        () => return None,
    };
    Some(format!("{rule}: {}", line(entry)))
}
