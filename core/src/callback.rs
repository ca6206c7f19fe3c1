//! URLs that open the app: the callback that the app chooses, and what Appwrite adds to it.

use url::Url;

use crate::{
    Secret,
    config::{ConfigError, is_loopback},
    error::CallbackFault,
};

/// A longer URL is none of Appwrite's: its longest have some 1,500 characters.
const LONGEST: usize = 16 * 1024;
const EXAMPLE: &str = "https://app.example.com/signed-in or my-app://signed-in";

/// Where a browser or a mail program returns to the app: an https URL that the platform gives to the app (an app link or universal link),
/// http on this machine, or a URL with a scheme of the app's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Callback(Url);

impl Callback {
    /// Checks what the app chose.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let what = "callback";
        let none = || ConfigError::NotAUrl { what, example: EXAMPLE };
        let url = Url::parse(text.trim()).map_err(|_| none())?;
        if url.host_str().is_none_or(str::is_empty) || url.scheme() == "file" || url.fragment().is_some() {
            return Err(none());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::UserInfo { what });
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(ConfigError::Insecure { what, origin: url.origin().ascii_serialization() });
        }
        Ok(Self(url))
    }

    /// The callback as it is sent to Appwrite.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The scheme that the platform is to give to the app.
    pub(crate) fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// The callback with one more parameter in its query.
    pub(crate) fn with(&self, name: &str, value: &Secret) -> Url {
        let mut url = self.0.clone();
        // Exposed into a URL of the app's own, which Appwrite gives back.
        url.query_pairs_mut().append_pair(name, value.expose());
        url
    }

    /// Reads a URL that was opened as an answer to this callback.
    pub(crate) fn answer(&self, url: &str) -> Result<Answer, CallbackFault> {
        if url.len() > LONGEST {
            return Err(CallbackFault::Malformed);
        }
        let url = Url::parse(url.trim()).map_err(|_| CallbackFault::Malformed)?;
        if !self.is_base_of(&url) {
            return Err(CallbackFault::Foreign);
        }
        let parameters = url.query_pairs().map(|(name, value)| (name.into_owned(), Secret::new(value)));
        Ok(Answer(parameters.collect()))
    }

    /// Whether `url` is this callback, whatever its query is. Appwrite adds an empty path, an empty port and an empty fragment
    /// (contract §13.17, §14.13).
    fn is_base_of(&self, url: &Url) -> bool {
        let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
        let host = |url: &Url| url.host_str().unwrap_or_default().to_ascii_lowercase();
        self.0.scheme() == url.scheme()
            && host(&self.0) == host(url)
            && self.0.port_or_known_default() == url.port_or_known_default()
            && path(&self.0) == path(url)
            && url.username().is_empty()
            && url.password().is_none()
    }
}

/// The parameters of a URL that was opened.
#[derive(Debug)]
pub(crate) struct Answer(Vec<(String, Secret)>);

impl Answer {
    /// The parameter of that name, unless it is missing, empty, or there twice, so that one of them is somebody else's.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Secret> {
        let mut found = self.0.iter().filter(|(other, _)| other == name).map(|(_, value)| value);
        // Exposed to be measured.
        found.next().filter(|value| !value.expose().is_empty() && found.next().is_none())
    }

    /// The user's id and the secret, as links of magic URLs, recovery and verification have them, and the token flow of OAuth2.
    pub(crate) fn token(&self) -> Option<(&Secret, &Secret)> {
        Some((self.parameter("userId")?, self.parameter("secret")?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn callback(text: &str) -> Callback {
        Callback::parse(text).expect("a callback")
    }

    #[test]
    fn a_callback_is_a_url_that_leads_to_the_app() {
        for text in [
            "https://app.example.com/in",
            "my-app://in",
            "http://localhost:8123/in",
            "http://[::1]/",
            "a.b.c://x?y=z",
        ] {
            assert!(Callback::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "in",
            "/in",
            "my-app:in",
            "my-app:///in",
            "mailto:a@b.c",
            "file://x/y",
            "javascript:alert(1)",
            "https://",
            "my-app://in#x",
        ] {
            assert!(matches!(Callback::parse(text), Err(ConfigError::NotAUrl { .. })), "{text}");
        }
        assert!(matches!(Callback::parse("http://app.example.com/"), Err(ConfigError::Insecure { .. })));
        assert!(matches!(
            Callback::parse("https://ada:pw@app.example.com/"),
            Err(ConfigError::UserInfo { .. })
        ));
    }

    #[test]
    fn only_urls_of_the_callback_are_answers() {
        let own = callback("appwrite-callback-demo://oauth2");
        for url in [
            "appwrite-callback-demo://oauth2?secret=s",
            "appwrite-callback-demo://oauth2/?secret=s&userId=u#",
            "APPWRITE-callback-demo://OAuth2/?",
        ] {
            assert!(own.answer(url).is_ok(), "{url}");
        }
        for url in [
            "appwrite-callback-other://oauth2?secret=s",
            "appwrite-callback-demo://oauth3?secret=s",
            "appwrite-callback-demo://oauth2/x?secret=s",
            "appwrite-callback-demo://me@oauth2?secret=s",
            "appwrite-callback-demo://oauth2:1?secret=s",
            "https://oauth2?secret=s",
        ] {
            assert_eq!(own.answer(url).err(), Some(CallbackFault::Foreign), "{url}");
        }
        let long = format!("appwrite-callback-demo://oauth2?secret={}", "s".repeat(LONGEST));
        for url in ["", "no URL", "://", &long] {
            assert_eq!(own.answer(url).err(), Some(CallbackFault::Malformed), "{url}");
        }
        let web = callback("https://app.example.com/in?theme=dark");
        assert!(web.answer("https://app.example.com:443/in/?theme=dark&secret=s").is_ok());
        assert!(web.answer("https://app.example.com.evil.example/in?secret=s").is_err());
        assert!(web.answer("https://app.example.com/in/../other?secret=s").is_err());
    }

    #[test]
    fn a_parameter_that_is_there_twice_counts_as_missing() {
        let answer =
            callback("my-app://in").answer("my-app://in?secret=a&userId=u&secret=b&x=").expect("an answer");
        assert!(answer.token().is_none() && answer.parameter("x").is_none());
        let answer =
            callback("my-app://in").answer("my-app://in?secret=a%2Bb+c&userId=u").expect("an answer");
        let (user, secret) = answer.token().expect("both");
        assert_eq!((user.expose(), secret.expose()), ("u", "a+b c"));
    }

    proptest! {
        #[test]
        fn no_url_makes_it_panic(url in "[ -~]{0,200}") {
            let _ = callback("my-app://in").answer(&url);
            let _ = callback("my-app://in").answer(&format!("my-app://in?{url}"));
            let _ = Callback::parse(&url);
        }
    }
}
