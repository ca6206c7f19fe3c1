//! Which Appwrite to try the promises on, from the environment.

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

/// Reads the three variables; the error names what is missing or wrong.
pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Target, String> {
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
    Ok(Target { endpoint, project, key })
}
