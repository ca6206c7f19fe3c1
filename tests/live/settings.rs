//! Which Appwrite to try the promises on, and how, from the environment.

use std::time::Duration;

use url::Url;

use crate::harness::world::Target;

const NEEDED: [(&str, &str); 3] = [
    ("APPWRITE_ENDPOINT", "such as https://appwrite.example.com/v1"),
    ("APPWRITE_PROJECT", "the id of a project made for tests"),
    (
        "APPWRITE_API_KEY",
        "a key of it with the scopes users.read, users.write and sessions.write; the SDK never sees it",
    ),
];

/// How long a run waits for a limit's window to end, unless it is told otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the environment says.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    /// How long to wait for the windows of rate limits to end, in the whole run.
    pub(crate) patience: Duration,
    /// The names of the promises to try; all of them if there is none.
    pub(crate) only: Vec<String>,
    /// Whether users that earlier runs left behind are removed.
    pub(crate) clean: bool,
}

/// Reads the variables; the error names what is missing or wrong.
pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, String> {
    let value = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let missing: Vec<_> = NEEDED
        .iter()
        .filter(|(name, _)| value(name).is_none())
        .map(|(name, meaning)| format!("\n    {name}: {meaning}"))
        .collect();
    let [Some(endpoint), Some(project), Some(key)] = NEEDED.map(|(name, _)| value(name)) else {
        return Err(format!(
            "These variables must name the Appwrite to try the promises on:{}",
            missing.concat()
        ));
    };
    let endpoint = Url::parse(endpoint.trim_end_matches('/'))
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.path().ends_with("/v1"))
        .ok_or("APPWRITE_ENDPOINT is not a URL that ends in /v1")?;
    let patience = match value("APPWRITE_LIVE_PATIENCE") {
        None => PATIENCE,
        Some(seconds) => seconds
            .trim()
            .parse()
            .map(Duration::from_secs)
            .map_err(|_| "APPWRITE_LIVE_PATIENCE is not a number of seconds")?,
    };
    let only = value("APPWRITE_LIVE_ONLY").unwrap_or_default();
    let only = only.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let clean = match value("APPWRITE_LIVE_CLEAN").as_deref() {
        None => false,
        Some("1") => true,
        Some(_) => return Err("APPWRITE_LIVE_CLEAN can only be 1".to_owned()),
    };
    Ok(Settings { target: Target { endpoint, project, key }, patience, only, clean })
}
