//! The mock's journal as lines, and the rules that hold for every one of them.

use mock_appwrite::Entry;

/// One request in the form of the scenarios: `METHOD listener /path carrier status`, with `gateway:` before what the gateway itself
/// asked. The carrier is `cookie`, `session-header`, `fallback`, `jwt` or `none`; the status `-` if there was no answer.
pub(crate) fn line(entry: &Entry) -> String {
    let by = if entry.caller == "gateway" { "gateway: " } else { "" };
    let status = entry.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    format!("{by}{} {} {} {} {status}", entry.method, entry.listener, entry.path, entry.credential.carrier)
}

/// What no request of any scenario may do.
pub(crate) fn offence(entry: &Entry) -> Option<String> {
    let carried = entry.credential.carriers;
    let login = entry.method == "POST"
        && (entry.path == "/v1/account" || entry.path.starts_with("/v1/account/sessions"));
    let rule = match () {
        () if entry.listener == "foreign" && carried > 0 => "a foreign origin got the credential",
        () if carried > 1 => "there was more than one carrier",
        () if login && entry.caller == "client" && carried > 0 => "a login call carried a credential",
        () => return None,
    };
    Some(format!("{rule}: {}", line(entry)))
}
