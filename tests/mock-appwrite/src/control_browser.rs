//! The user's browser: it follows the redirects of a sign-in by OAuth2 until one leaves Appwrite.

use serde_json::Value;
use url::Url;

use crate::{
    control::Control,
    exchange::serve_request,
    json,
    request::{RawRequest, Request},
};

/// A real flow has four redirects.
const MOST_REDIRECTS: usize = 10;

impl Control {
    /// Opens `url` in a browser of the user, who goes through with the sign-in at the provider `mock`, or declines. Gives the URL that leaves
    /// Appwrite, which opens the app.
    ///
    /// The browser's requests are not in the journal, meet with no faults, and carry no credential.
    ///
    /// # Errors
    ///
    /// A sentence, if the URL is not one of this Appwrite, or ends on a page.
    pub async fn browse(&self, url: &str, declines: bool) -> Result<String, String> {
        let mut url = url.to_owned();
        for _ in 0..MOST_REDIRECTS {
            let Some(target) = own_target(&url) else { return Ok(url) };
            let request = RawRequest {
                method: "GET".to_owned(),
                target,
                headers: vec![("host".to_owned(), "localhost".to_owned())],
                ..RawRequest::default()
            };
            let answer = serve_request(&self.0, &Request::parse(request)).await;
            let location = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
            let Some((_, location)) = location else {
                return Err(format!("the browser ends on a page with the status {}", answer.status));
            };
            url = if declines {
                location.replace("code=abcdef", "error=access_denied")
            } else {
                location.clone()
            };
        }
        Err(format!("there are more than {MOST_REDIRECTS} redirects"))
    }
}

/// Path and query of a URL of Appwrite. Whatever its host and port are, they are those of the mock: newer servers take them from their
/// configuration (contract §14.13).
fn own_target(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| url.path().starts_with("/v1/"))?;
    Some(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

/// Answers a request of this control over HTTP.
pub(crate) async fn act(control: &Control, body: &Value) -> (u16, Value) {
    let url = body["url"].as_str().unwrap_or_default();
    let declines = body["declines"].as_bool().unwrap_or_default();
    match control.browse(url, declines).await {
        Ok(url) => (200, json!({ "url": url })),
        Err(why) => (409, json!({ "error": why })),
    }
}
