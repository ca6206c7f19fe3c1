//! The way out: directly, or through a proxy.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

use super::{ConfigError, Origin};
use crate::secret::Secret;

/// The proxy through which requests leave the device. Without one they go directly, whatever the environment says.
///
/// A proxy gets the name of each server and passes on what is encrypted for it (`CONNECT`); it can read nothing. This machine itself
/// (`localhost`, `127.0.0.0/8` and `[::1]`) is never reached through a proxy. A server beyond a proxy needs a name or an IPv4 address:
/// `build` reports an IPv6 address.
///
/// ```
/// # use appwrite_session_core::{Proxy, Secret};
/// # let password = Secret::from("");
/// let proxy = Proxy::at("http://proxy.example.com:3128").credentials("ada", password);
/// ```
///
/// A proxy that asks for credentials, or for others, fails the call with [`Error::Proxy`](crate::Error::Proxy) and
/// [`ProxyFault::Credentials`](crate::ProxyFault::Credentials); one that does not make the connection fails it with
/// [`ProxyFault::Refused`](crate::ProxyFault::Refused). A proxy that cannot be reached is like any host that cannot.
///
/// # Looking at the traffic
///
/// Charles, Proxyman and mitmproxy are proxies that decrypt. They show the traffic of an app that goes through them and trusts their root
/// certificate. Let only debug builds do so, and leave the [pins](crate::Pins) out there, which exist to refuse such a proxy:
///
/// ```
/// # use appwrite_session_core::{Proxy, SessionClientBuilder};
/// /// `root` is the certificate that the program exports, in PEM.
/// fn shows_traffic(builder: SessionClientBuilder, root: &[u8]) -> SessionClientBuilder {
///     if cfg!(debug_assertions) {
///         builder.proxy(Proxy::at("http://127.0.0.1:8888")).root_certificates(root)
///     } else {
///         builder
///     }
/// }
/// ```
///
/// What they show contains the session of whoever is signed in. There is no switch that turns the checking of certificates off.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    way: Way,
    credentials: Option<(Secret, Secret)>,
}

#[derive(Clone, Default)]
enum Way {
    #[default]
    Direct,
    Environment,
    At(String),
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("Direct"),
            Self::Environment => f.write_str("Environment"),
            // As the app has said it, it can hold a password.
            Self::At(url) => f.debug_tuple("At").field(&parse(url).map(|url| Origin::of(&url)).ok()).finish(),
        }
    }
}

impl Proxy {
    /// No proxy, which is the default.
    pub fn none() -> Self {
        Self::default()
    }

    /// The proxy at `url`, which has the scheme `http` or `https`, a host, and a port unless it is the scheme's own. `build` reports a
    /// `url` that is not valid.
    pub fn at(url: impl Into<String>) -> Self {
        Self { way: Way::At(url.into()), credentials: None }
    }

    /// The proxy that the environment names when the client is built: `https_proxy` or `all_proxy`, also in capitals, except for the
    /// hosts in `no_proxy`. It can hold a user name and password. For programs on desktops and servers: an app on a phone has no such
    /// variables, and neither the settings of the system nor PAC files are read.
    pub fn environment() -> Self {
        Self { way: Way::Environment, credentials: None }
    }

    /// Identifies with this user name and password (Basic, RFC 7617), in place of those that the environment holds. To a proxy with the
    /// scheme `http` they are sent unencrypted.
    pub fn credentials(mut self, user: impl Into<Secret>, password: impl Into<Secret>) -> Self {
        self.credentials = Some((user.into(), password.into()));
        self
    }

    /// Where requests go, if not directly.
    pub(crate) fn route(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<ProxyRoute>, ConfigError> {
        match &self.way {
            Way::Direct => Ok(None),
            Way::At(url) => {
                let url = parse(url)?;
                if !url.username().is_empty() || url.password().is_some() {
                    return Err(ConfigError::Proxy);
                }
                self.route_by(url, None, String::new()).map(Some)
            }
            Way::Environment => {
                let variable = |name: &str| {
                    let value = variable(name).or_else(|| variable(&name.to_ascii_uppercase()));
                    value.filter(|value| !value.trim().is_empty())
                };
                let Some(text) = variable("https_proxy").or_else(|| variable("all_proxy")) else {
                    return Ok(None);
                };
                // Most programs take a host and a port alone, too.
                let text = if text.contains("://") { text } else { format!("http://{text}") };
                let mut url = parse(&text)?;
                let plain = |part: &str| Secret::new(percent_decode_str(part).decode_utf8_lossy());
                let has_any = !url.username().is_empty() || url.password().is_some();
                let own = has_any.then(|| (plain(url.username()), plain(url.password().unwrap_or_default())));
                url.set_username("")
                    .and_then(|()| url.set_password(None))
                    .map_err(|()| ConfigError::Proxy)?;
                self.route_by(url, own, variable("no_proxy").unwrap_or_default()).map(Some)
            }
        }
    }

    fn route_by(
        &self,
        url: Url,
        of_environment: Option<(Secret, Secret)>,
        direct: String,
    ) -> Result<ProxyRoute, ConfigError> {
        let credentials = self.credentials.as_ref().or(of_environment.as_ref());
        let authorization = credentials.map(|(user, password)| basic(user, password)).transpose()?;
        Ok(ProxyRoute { url, authorization, direct })
    }
}

fn parse(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text.trim()).map_err(|_| ConfigError::Proxy)?;
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_http = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if is_plain && is_http { Ok(url) } else { Err(ConfigError::Proxy) }
}

/// The value of the header `Proxy-Authorization`.
fn basic(user: &Secret, password: &Secret) -> Result<Secret, ConfigError> {
    // Exposed to become what the proxy asks for.
    let (user, password) = (user.expose(), password.expose());
    if user.contains(':') || [user, password].iter().any(|text| text.contains(char::is_control)) {
        return Err(ConfigError::ProxyCredentials);
    }
    let pair = Zeroizing::new(format!("{user}:{password}"));
    let mut value = Zeroizing::new("Basic ".to_owned());
    BASE64_STANDARD.encode_string(pair.as_bytes(), &mut value);
    Ok(Secret::of_wiped(value))
}

/// A proxy as requests need it.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "sockets"), allow(dead_code, reason = "a host of the app has ways of its own"))]
pub(crate) struct ProxyRoute {
    /// Where it is, without user name and password.
    pub(crate) url: Url,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<Secret>,
    /// The hosts that are reached directly, as `no_proxy` lists them.
    pub(crate) direct: String,
}

impl ProxyRoute {
    /// Whether the way to `origin` is certain to lead through it. Of hosts that the environment may list as direct ones, it is not.
    pub(crate) fn leads_to(&self, origin: &Origin) -> bool {
        self.direct.is_empty() && !origin.is_loopback()
    }

    /// Refuses what cannot be reached through it: reqwest takes the address of a server beyond a proxy for a name, with its brackets.
    pub(crate) fn check<'a>(&self, mut origins: impl Iterator<Item = &'a Origin>) -> Result<(), ConfigError> {
        match origins.find(|origin| origin.is_ipv6() && self.leads_to(origin)) {
            Some(origin) => Err(ConfigError::Ipv6BehindProxy { origin: origin.to_string() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_environment(proxy: &Proxy, variables: &[(&str, &str)]) -> Result<Option<ProxyRoute>, ConfigError> {
        proxy.route(|name| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn authorization(route: &ProxyRoute) -> Option<&str> {
        // Exposed to compare it.
        route.authorization.as_ref().map(Secret::expose)
    }

    #[test]
    fn without_a_wish_the_environment_is_not_looked_at() {
        let variables = [("https_proxy", "http://proxy.test:3128")];
        for proxy in [Proxy::none(), Proxy::default()] {
            assert!(in_environment(&proxy, &variables).expect("a way").is_none());
        }
    }

    #[test]
    fn a_proxy_is_scheme_host_and_port() {
        let route = Proxy::at("http://proxy.test:3128").route(|_| None).expect("valid").expect("a proxy");
        assert_eq!((route.url.as_str(), authorization(&route)), ("http://proxy.test:3128/", None));
        for url in [
            "proxy.test:3128",
            "",
            "socks5://proxy.test",
            "http://proxy.test/path",
            "http://proxy.test?x",
            "http://ada:canary@proxy.test",
            "http://ada@proxy.test",
        ] {
            let refused = Proxy::at(url).route(|_| None).map(drop).expect_err(url);
            assert_eq!(refused, ConfigError::Proxy);
            assert!(!refused.to_string().contains("canary"));
        }
    }

    #[test]
    fn the_environment_is_read_as_other_programs_read_it() {
        let read = |variables: &[(&str, &str)]| in_environment(&Proxy::environment(), variables);
        assert!(read(&[]).expect("a way").is_none());
        assert!(read(&[("https_proxy", " "), ("http_proxy", "http://other.test")]).expect("a way").is_none());
        for (variables, url) in [
            (&[("https_proxy", "http://proxy.test:3128")][..], "http://proxy.test:3128/"),
            (&[("HTTPS_PROXY", "proxy.test:3128")], "http://proxy.test:3128/"),
            (&[("ALL_PROXY", "https://proxy.test")], "https://proxy.test/"),
            (
                &[("all_proxy", "http://other.test"), ("HTTPS_PROXY", "http://proxy.test")],
                "http://proxy.test/",
            ),
        ] {
            assert_eq!(read(variables).expect("valid").expect("a proxy").url.as_str(), url);
        }
        let variables =
            [("https_proxy", "http://ada:p%40ss@proxy.test:3128"), ("NO_PROXY", "intranet.test,10.0.0.0/8")];
        let route = read(&variables).expect("valid").expect("a proxy");
        assert_eq!(route.url.as_str(), "http://proxy.test:3128/");
        assert_eq!(authorization(&route), Some("Basic YWRhOnBAc3M="));
        assert_eq!(route.direct, "intranet.test,10.0.0.0/8");
        let own = Proxy::environment().credentials("eve", "other");
        let route = in_environment(&own, &variables).expect("valid").expect("a proxy");
        assert_eq!(authorization(&route), Some("Basic ZXZlOm90aGVy"));
        assert_eq!(read(&[("https_proxy", "socks5://proxy.test")]).map(drop), Err(ConfigError::Proxy));
    }

    #[test]
    fn credentials_are_checked_and_never_shown() {
        let proxy = |user: &str, password: &str| Proxy::at("http://proxy.test").credentials(user, password);
        let shown = proxy("canary-user", "canary-password");
        let route = shown.route(|_| None).expect("valid");
        assert!(!format!("{shown:?} {route:?}").contains("canary"));
        assert!(!format!("{route:?}").contains("Basic"));
        for (user, password) in [("a:b", "c"), ("a\r\nb", "c"), ("a", "b\nc")] {
            let refused = proxy(user, password).route(|_| None).map(drop);
            assert_eq!(refused, Err(ConfigError::ProxyCredentials));
        }
        assert!(proxy("ada", "p:a:s").route(|_| None).is_ok());
    }
}
