//! What is outside of the app and of Appwrite's API: the user's mailbox, the browser, the providers' sign-in screens, and authenticators.

use appwrite_session_core::bytes::Bytes;
use http_body_util::Empty;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use mock_appwrite::Profile;
use serde_json::{Value, json};

use crate::server::{Person, Server};

/// A callback that the profile takes: schemes of apps since 1.9 only (contract §13.17).
pub(crate) fn callback(server: &Server) -> String {
    match server.profile() {
        Profile::V1_5 => "http://localhost/signed-in".to_owned(),
        _ => format!("appwrite-callback-{}://signed-in", server.project()),
    }
}

/// What Appwrite sent to a user: a code, or a link with a secret.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) secret: String,
    pub(crate) link: String,
}

impl Server {
    /// The newest message that was sent to anybody.
    pub(crate) fn newest_message(&self) -> Message {
        let message = self.control().messages().pop().expect("a message");
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        let (user, secret, url) = (text("userId"), text("secret"), text("url"));
        let link = format!("{url}?userId={user}&secret={secret}&expire=2026-12-01+00%3A00%3A00.000");
        Message { secret, link }
    }

    /// How many messages were sent.
    pub(crate) fn messages(&self) -> usize {
        self.control().messages().len()
    }

    /// Lets the browser go to the mock's own provider.
    pub(crate) fn allow_browser(&self) {
        self.control().update_project(
            &json!({ "webHosts": ["localhost", "127.0.0.1"], "providers": ["mock", "google"] }),
        );
    }

    /// What the browser does with a URL: it follows redirects until one leaves Appwrite, and gives that URL. `meddle` may change each
    /// URL on the way.
    pub(crate) async fn browse(&self, url: &str, meddle: impl Fn(String) -> String) -> String {
        let browser = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let mut url = url.to_owned();
        while let Some((_, path)) = url.split_once("/v1/") {
            // Its own URLs have whatever port its configuration says (contract §14.13).
            let own = format!("{}/{path}", self.endpoint()).trim_end_matches('#').parse().unwrap();
            let answer = browser.get(own).await.unwrap();
            let status = answer.status();
            let location =
                answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
            url = meddle(location.unwrap_or_else(|| panic!("{status} for {url}")));
        }
        url
    }

    /// An ID token of a provider's screen, with the raw nonce that belongs to it.
    pub(crate) fn id_token(&self, provider: &str, wishes: &Value) -> (String, String) {
        let issued = self.control().issue_id_token(provider, wishes).expect("a provider");
        let text = |name: &str| issued[name].as_str().unwrap_or_default().to_owned();
        (text("idToken"), text("nonce"))
    }

    /// Lets an authenticator make a passkey.
    pub(crate) fn make_passkey(&self, device: &str, options: &str) -> Option<String> {
        let options = serde_json::from_str(options).unwrap();
        Some(self.control().create_credential(device, &options, &json!({}))?.to_string())
    }

    /// Lets an authenticator use a passkey.
    pub(crate) fn use_passkey(&self, device: &str, options: &str, wishes: &Value) -> Option<String> {
        let options = serde_json::from_str(options).unwrap();
        Some(self.control().get_credential(device, &options, wishes)?.to_string())
    }

    /// The code of a challenge that Appwrite does not deliver.
    pub(crate) fn undelivered_code(&self, person: &Person) -> String {
        let challenges = self.control().challenges(&person.id);
        challenges.last().and_then(|challenge| challenge["code"].as_str()).expect("a code").to_owned()
    }
}
