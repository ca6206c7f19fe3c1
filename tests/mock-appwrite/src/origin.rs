//! Which origins may call: by host up to 1.7, by scheme since 1.9 (contract §2), and the CORS headers that go with it.

use url::Url;

use crate::{
    errors::{ApiError, error_with},
    request::Request,
    world::{Project, World},
};

/// Refuses a request whose origin is not registered.
pub(crate) fn check(world: &World, request: &Request, exempt: bool) -> Result<(), ApiError> {
    if exempt {
        return Ok(());
    }
    if world.profile.traits().origin_by_scheme { by_scheme(world, request) } else { by_host(world, request) }
}

/// As [`check`], for a realtime connection: `Origin` alone, if it is there.
pub(crate) fn check_realtime(world: &World, request: &Request) -> Result<(), ApiError> {
    by_scheme(world, request)
}

fn refused(message: impl Into<String>) -> ApiError {
    error_with("general_unknown_origin", message)
}

/// Up to 1.7: writes only, `Origin` or else `Referer`, an empty host passes.
fn by_host(world: &World, request: &Request) -> Result<(), ApiError> {
    if request.is_read() {
        return Ok(());
    }
    let origin = request.filled("origin").or_else(|| request.filled("referer")).unwrap_or_default();
    let (scheme, host) = split(origin);
    if host.is_empty() || host == request.host() || is_registered(&world.project, &host) {
        return Ok(());
    }
    match platform(&scheme).filter(|name| !name.starts_with("Web (")) {
        Some(platform) => Err(refused(format!(
            "Invalid Origin. Register your new client ({host}) as a new {platform} platform on your project console dashboard"
        ))),
        None => Err(refused("Unsupported platform")),
    }
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

/// Whether a host is that of a platform of any kind. One that begins with a star stands for the subdomains.
pub(crate) fn is_registered(project: &Project, host: &str) -> bool {
    [&project.web_hosts, &project.android_apps, &project.apple_apps]
        .into_iter()
        .any(|hosts| is_among(hosts, host))
}

/// Whether a host is one of these.
pub(crate) fn is_among(hosts: &[String], host: &str) -> bool {
    hosts.iter().any(|known| match known.strip_prefix('*') {
        Some(domain) => host.ends_with(domain),
        None => host == known,
    })
}

/// The name of the platform that a scheme belongs to.
pub(crate) fn platform(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "http" | "https" => "Web",
        "appwrite-ios" => "iOS",
        "appwrite-macos" => "macOS",
        "appwrite-watchos" => "watchOS",
        "appwrite-tvos" => "tvOS",
        "appwrite-android" => "Android",
        "appwrite-windows" => "Windows",
        "appwrite-linux" => "Linux",
        "chrome-extension" => "Web (Chrome Extension)",
        "moz-extension" => "Web (Firefox Extension)",
        "safari-web-extension" => "Web (Safari Extension)",
        "ms-browser-extension" => "Web (Edge Extension)",
        "tauri" => "Web (Tauri)",
        _ => return None,
    })
}

/// Since 1.9: whether a URL is one of the project's platforms. Of an app only the scheme counts, of a page only the host.
pub(crate) fn is_allowed(project: &Project, scheme: &str, host: &str) -> bool {
    let callback = format!("appwrite-callback-{}", project.id);
    match platform(scheme) {
        Some(name) if name.starts_with("Web") => is_registered(project, &host.to_ascii_lowercase()),
        Some("Android") => !project.android_apps.is_empty(),
        Some("iOS" | "macOS" | "watchOS" | "tvOS") => !project.apple_apps.is_empty(),
        Some(_) => false,
        None => scheme == "exp" || scheme == callback,
    }
}

/// A host as the refusals since 1.9 name it.
pub(crate) fn shown(host: &str) -> String {
    if host.is_empty() { String::new() } else { format!("({})", host.to_ascii_lowercase()) }
}

/// Since 1.9: every method, `Origin` only.
fn by_scheme(world: &World, request: &Request) -> Result<(), ApiError> {
    let Some(origin) = request.filled("origin") else { return Ok(()) };
    let (scheme, host) = split(origin);
    if is_allowed(&world.project, &scheme, &host) {
        return Ok(());
    }
    let host = shown(&host);
    match platform(&scheme) {
        Some(platform) => Err(refused(format!(
            "Invalid Origin. Register your new client {host} as a new {platform} platform on your project console dashboard"
        ))),
        None if scheme.is_empty() => Err(refused("Invalid Origin.")),
        None => Err(refused(format!(
            "Invalid Scheme. The scheme used ({scheme}) in the Origin ({origin}) is not supported. If you are using a custom \
             scheme, please change it to `appwrite-callback-<PROJECT_ID>`"
        ))),
    }
}

/// Scheme and host as PHP reads them: no lower-casing, nothing for what is no URL.
pub(crate) fn split(origin: &str) -> (String, String) {
    let Some((scheme, rest)) = origin.split_once("://") else { return Default::default() };
    let valid = scheme.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.'));
    if scheme.is_empty() || !valid {
        return Default::default();
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    (scheme.to_owned(), host.to_owned())
}

/// Whether the request's host and its origin share a registrable domain, so that cookies are first-party and no fallback header is
/// sent (contract §1.5).
pub(crate) fn is_domain_verified(request: &Request) -> bool {
    let origin = request.filled("origin").or_else(|| request.filled("referer")).unwrap_or_default();
    let (_, host) = split(origin);
    match (registrable(&host), registrable(&request.host())) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => false,
    }
}

/// The last two labels of a domain. Public suffixes of two labels are not known here.
fn registrable(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return None;
    }
    let labels: Vec<&str> = host.rsplit('.').take(2).collect();
    match labels.as_slice() {
        [last, second] if !last.is_empty() && !second.is_empty() => Some(format!("{second}.{last}")),
        _ => None,
    }
}

/// `Access-Control-Allow-Origin`, where there is one.
pub(crate) fn allowed_origin(
    world: &World,
    request: &Request,
    preflight: bool,
    exempt: bool,
) -> Option<String> {
    let older = !world.profile.traits().origin_by_scheme;
    let origin =
        request.filled("origin").or_else(|| request.filled("referer").filter(|_| older && !preflight));
    let project = &world.project;
    if !world.profile.traits().origin_by_scheme {
        if preflight {
            return origin.map(str::to_owned);
        }
        // An origin that is not registered is answered as the same scheme on localhost (contract §13.14).
        let Some((scheme, host)) =
            origin.map(split).filter(|(scheme, host)| !scheme.is_empty() && !host.is_empty())
        else {
            let scheme = if request.is_https() { "https" } else { "http" };
            return Some(format!("{scheme}://localhost"));
        };
        let known = is_web(&scheme) && (is_among(&project.web_hosts, &host) || host == request.host());
        let port = origin.and_then(port).map(|port| format!(":{port}")).unwrap_or_default();
        return Some(format!("{scheme}://{}{port}", if known { host.as_str() } else { "localhost" }));
    }
    let origin = origin?;
    if preflight || exempt {
        return Some(origin.to_owned());
    }
    let (_, host) = split(origin);
    is_registered(project, &host.to_ascii_lowercase()).then(|| {
        if origin.bytes().any(|c| c.is_ascii_uppercase()) {
            origin.to_ascii_lowercase()
        } else {
            origin.to_owned()
        }
    })
}

fn port(origin: &str) -> Option<u16> {
    Url::parse(origin).ok().and_then(|url| url.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_split_as_php_does() {
        let owned = |scheme: &str, host: &str| (scheme.to_owned(), host.to_owned());
        assert_eq!(split("http://localhost:3000"), owned("http", "localhost"));
        assert_eq!(split("appwrite-ios://"), owned("appwrite-ios", ""));
        assert_eq!(split("HTTP://LOCALHOST"), owned("HTTP", "LOCALHOST"));
        assert_eq!(split("null"), owned("", ""));
        assert_eq!(split("not a url"), owned("", ""));
    }

    #[test]
    fn registrable_domains_are_the_last_two_labels() {
        assert_eq!(registrable("api.example.app").as_deref(), Some("example.app"));
        assert_eq!(registrable("localhost"), None);
        assert_eq!(registrable("127.0.0.1"), None);
    }
}
