//! What is outside of the app and of Appwrite's API: the user's mailbox, the browser, the providers' sign-in screens, and authenticators.

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
        Message { secret: text("secret"), link: text("link") }
    }

    /// How many messages were sent.
    pub(crate) fn messages(&self) -> usize {
        self.control().messages().len()
    }

    /// What the browser does with a URL: it goes through the sign-in at the provider, and gives the URL that opens the app.
    pub(crate) async fn browse(&self, url: &str) -> String {
        self.control().browse(url, false).await.unwrap()
    }

    /// As [`browse`](Self::browse), for a user who declines at the provider.
    pub(crate) async fn decline(&self, url: &str) -> String {
        self.control().browse(url, true).await.unwrap()
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
