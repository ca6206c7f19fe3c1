//! Shows what authorized a request without showing what it was worth.
//!
//! A header is shown only if its place for the secret is known, and whatever stands in that place is replaced, so nothing depends
//! on how a secret looks.

/// The headers that can carry a login, each as one line to print.
pub(crate) fn shown<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    headers.into_iter().filter_map(|(name, value)| line(name, value)).collect()
}

fn line(name: &str, value: &str) -> Option<String> {
    Some(match name.to_ascii_lowercase().as_str() {
        "cookie" => format!("Cookie: {}", cookies(value)),
        "x-fallback-cookies" => format!("X-Fallback-Cookies: {}", fallback(value)),
        "x-appwrite-session" => format!("X-Appwrite-Session: {}", redacted(value)),
        "x-appwrite-jwt" => format!("X-Appwrite-JWT: {}", redacted(value)),
        "authorization" => format!("Authorization: {}", redacted(value)),
        _ => return None,
    })
}

/// The names stay, every value goes.
fn cookies(value: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim(), redacted(value)),
        None => redacted(pair),
    };
    value.split(';').map(pair).collect::<Vec<_>>().join("; ")
}

/// The keys of the object stay, every value goes; what is no object goes as a whole.
fn fallback(value: &str) -> String {
    let Ok(serde_json::Value::Object(entries)) = serde_json::from_str(value) else { return redacted(value) };
    let entry = |(key, value): (&String, &serde_json::Value)| {
        format!("\"{key}\":\"{}\"", redacted(value.as_str().unwrap_or_default()))
    };
    format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
}

/// How long it is, and of a long one the first three characters, which are the same for every credential.
fn redacted(secret: &str) -> String {
    let length = secret.chars().count();
    let start: String = secret.chars().take(if length >= 64 { 3 } else { 0 }).collect();
    format!("{start}…[redacted, {length} characters]")
}
