//! The origin rule: which gateway a URL is of, if any.

use url::Url;

use crate::{
    config::{AllowedGateway, ConfigError, Origin},
    error::{Error, Result},
};

/// The gateways of a client; the first is the default.
#[derive(Clone, Debug)]
pub(crate) struct Allowed(Vec<AllowedGateway>);

impl Allowed {
    pub(crate) fn new(gateways: Vec<AllowedGateway>) -> Self {
        Self(gateways)
    }

    /// The gateways in their order.
    pub(super) fn each(&self) -> impl Iterator<Item = &AllowedGateway> {
        self.0.iter()
    }

    /// The place of the gateway whose scheme, host and port are exactly those of `url`.
    pub(super) fn of(&self, url: &Url) -> Option<usize> {
        self.0.iter().position(|gateway| gateway.origin.is_of(url))
    }

    /// The gateway at `place`, which came from [`of`](Self::of).
    pub(super) fn at(&self, place: usize) -> &AllowedGateway {
        &self.0[place]
    }

    /// The URL of a call that the app means: a path is of the default gateway, a URL must be of an allowed one.
    ///
    /// What the app wrote is parsed once, and it is the parsed URL that is compared and then requested, so there is no spelling
    /// that one reads differently from the other. The place is that of the gateway.
    pub(super) fn resolve(&self, target: &str) -> Result<(Url, usize)> {
        let url = self.parse(target)?;
        if is_socket(&url) {
            return Err(ConfigError::WebSocket.into());
        }
        self.place(url)
    }

    /// As [`resolve`](Self::resolve), for a request that the app sends by itself, which can be the opening handshake of a WebSocket:
    /// that URL is returned as the one of the handshake's HTTP request.
    pub(super) fn resolve_own(&self, target: &str) -> Result<(Url, usize)> {
        let url = self.parse(target)?;
        let is_foreign = is_socket(&url) && self.of(&handshake(url.clone())).is_none();
        // A foreign URL is told with the scheme that the app wrote.
        self.place(if is_foreign { url } else { handshake(url) })
    }

    fn parse(&self, target: &str) -> Result<Url> {
        if target.len() > LONGEST_URL {
            return Err(ConfigError::UrlTooLong.into());
        }
        let not_a_url = ConfigError::NotAUrl {
            what: "request URL",
            example: "/orders or https://api.example.com/orders",
        };
        let url = if target.starts_with('/') {
            let base = &self.0.first().ok_or(ConfigError::NoGateway)?.base;
            base.join(target).map_err(|_| not_a_url)?
        } else {
            Url::parse(target).map_err(|_| not_a_url)?
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::UserInfo { what: "request URL" }.into());
        }
        Ok(url)
    }

    fn place(&self, url: Url) -> Result<(Url, usize)> {
        match self.of(&url) {
            Some(place) => check_length(&url).map(|()| (url, place)),
            None => Err(Error::OriginNotAllowed { origin: Origin::of(&url).to_string() }),
        }
    }
}

/// Whether it is the URL of a WebSocket.
fn is_socket(url: &Url) -> bool {
    matches!(url.scheme(), "ws" | "wss")
}

/// The URL of the HTTP request that opens a WebSocket: `https` for `wss` and `http` for `ws`, with the same host and port. Other URLs
/// stay as they are.
pub(super) fn handshake(mut url: Url) -> Url {
    let scheme = match url.scheme() {
        "wss" => "https",
        "ws" => "http",
        _ => return url,
    };
    // Both schemes are special ones with a host, between which a URL can change.
    let _ = url.set_scheme(scheme);
    url
}

/// The longest URL that the HTTP library takes.
const LONGEST_URL: usize = 65_534;

pub(super) fn check_length(url: &Url) -> Result<()> {
    if url.as_str().len() > LONGEST_URL { Err(ConfigError::UrlTooLong.into()) } else { Ok(()) }
}

/// Appends the parameters that the app gave apart from the URL.
pub(super) fn resolve_query(url: &mut Url, parameters: &[(String, String)]) -> Result<()> {
    if parameters.is_empty() {
        return Ok(());
    }
    url.query_pairs_mut().extend_pairs(parameters);
    check_length(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{Gateway, ProjectId, parse_gateways};

    fn allowed() -> Allowed {
        let project = ProjectId::parse("demo").expect("a project id");
        let gateways = [Gateway::new("https://api.example.com"), Gateway::new("http://127.0.0.1:8000")];
        Allowed::new(parse_gateways(&gateways, &project).expect("gateways"))
    }

    fn resolved(target: &str) -> Result<String, String> {
        allowed()
            .resolve(target)
            .map(|(url, _)| url.to_string())
            .map_err(|error| error.code().as_str().to_owned())
    }

    #[test]
    fn a_path_goes_to_the_first_gateway() {
        assert_eq!(resolved("/orders?page=2"), Ok("https://api.example.com/orders?page=2".to_owned()));
    }

    #[test]
    fn an_allowed_url_is_taken_in_every_spelling() {
        for url in
            ["https://api.example.com/a", "HTTPS://API.EXAMPLE.COM:443/a", "https://api.example.com:0443/a"]
        {
            assert_eq!(resolved(url), Ok("https://api.example.com/a".to_owned()), "{url}");
        }
        assert_eq!(resolved("http://127.0.0.1:8000/a"), Ok("http://127.0.0.1:8000/a".to_owned()));
    }

    #[test]
    fn everything_else_is_refused_before_it_leaves() {
        for url in [
            "http://api.example.com/a",
            "https://api.example.com:444/a",
            "https://api.example.com.evil.test/a",
            "https://evil.test/api.example.com",
            "https://example.com/a",
            "//evil.test/a",
            "/\\evil.test/a",
            "/\t/evil.test/a",
            "http://127.0.0.1:8001/a",
            "http://localhost:8000/a",
            "file:///etc/passwd",
        ] {
            assert_eq!(resolved(url), Err("origin_not_allowed".to_owned()), "{url}");
        }
        assert_eq!(resolved("https://api.example.com@evil.test/"), Err("config".to_owned()));
        assert_eq!(resolved("https://ada:pw@api.example.com/"), Err("config".to_owned()));
        let long = format!("/{}", "a".repeat(70_000));
        for url in ["wss://api.example.com/a", "ws://127.0.0.1:8000/a", &long] {
            assert_eq!(resolved(url), Err("config".to_owned()));
        }
        assert_eq!(resolved("orders"), Err("config".to_owned()));
        // A host with a capital before a letter that is not ASCII.
        assert!(resolved("/\\A\u{bd7}").is_err());
    }

    fn opened(target: &str) -> Result<String, Error> {
        allowed().resolve_own(target).map(|(url, _)| url.to_string())
    }

    #[test]
    fn a_web_socket_of_an_allowed_origin_is_opened_by_its_http_request() {
        for (socket, request) in [
            ("wss://api.example.com/live?room=1", "https://api.example.com/live?room=1"),
            ("WSS://API.EXAMPLE.COM:443/live", "https://api.example.com/live"),
            ("ws://127.0.0.1:8000/live", "http://127.0.0.1:8000/live"),
            ("https://api.example.com/a", "https://api.example.com/a"),
            ("/a", "https://api.example.com/a"),
        ] {
            assert_eq!(opened(socket).as_deref(), Ok(request), "{socket}");
        }
    }

    #[test]
    fn every_other_web_socket_is_refused_by_its_origin() {
        for (socket, origin) in [
            ("ws://api.example.com/live", "ws://api.example.com"),
            ("ws://api.example.com:443/live", "ws://api.example.com:443"),
            ("wss://api.example.com:444/live", "wss://api.example.com:444"),
            ("wss://api.example.com:80/live", "wss://api.example.com:80"),
            ("wss://127.0.0.1:8000/live", "wss://127.0.0.1:8000"),
            ("ws://127.0.0.1/live", "ws://127.0.0.1"),
            ("wss://evil.test/live", "wss://evil.test"),
        ] {
            assert_eq!(
                opened(socket),
                Err(Error::OriginNotAllowed { origin: origin.to_owned() }),
                "{socket}"
            );
        }
        let user_info = ConfigError::UserInfo { what: "request URL" };
        assert_eq!(opened("wss://ada:pw@api.example.com/live"), Err(user_info.into()));
    }

    #[test]
    fn the_error_names_the_origin_and_nothing_else_of_the_url() {
        let error = allowed().resolve("https://evil.test:8443/a?token=canary#canary").expect_err("refused");
        assert!(error.to_string().contains("https://evil.test:8443"));
        assert!(!error.to_string().contains("canary") && !format!("{error:?}").contains("canary"));
    }

    #[test]
    fn a_path_needs_a_gateway() {
        let error = Allowed::new(Vec::new()).resolve("/orders").expect_err("refused");
        assert_eq!(error, Error::Config(ConfigError::NoGateway));
    }

    proptest! {
        #[test]
        fn whatever_resolves_is_of_an_allowed_origin(target in "\\PC{0,60}") {
            let allowed = allowed();
            if let Ok((url, place)) = allowed.resolve(&target) {
                prop_assert_eq!(Origin::of(&url), allowed.at(place).origin.clone());
            }
        }

        #[test]
        fn whatever_opens_is_of_an_allowed_origin(target in "wss?://(api\\.example\\.com|127\\.0\\.0\\.1)\\PC{0,30}") {
            let allowed = allowed();
            if let Ok((url, place)) = allowed.resolve_own(&target) {
                prop_assert_eq!(Origin::of(&url), allowed.at(place).origin.clone());
                let socket = Url::parse(&target).expect("a URL");
                prop_assert_eq!((url.host(), url.port_or_known_default()), (socket.host(), socket.port_or_known_default()));
                prop_assert_eq!(url.scheme() == "https", socket.scheme() == "wss");
            }
        }

        #[test]
        fn no_path_escapes_its_gateway(path in "/[/\\\\@:.a-z0-9\t\r\n%?#]{0,30}") {
            if let Ok((url, _)) = allowed().resolve(&path) {
                prop_assert_eq!(url.host_str(), Some("api.example.com"));
                prop_assert_eq!(url.scheme(), "https");
            }
        }
    }
}
