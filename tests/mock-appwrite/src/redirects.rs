//! Which URLs may be redirected to or sent out: those of the project's platforms (contract §2, §14.13).

use url::Url;

use crate::{call::Call, errors::ApiError, origin, params::invalid, world::World};

/// The needed URL of a parameter. Who has a dev key may name any URL.
pub(crate) fn param(call: &Call<'_>, name: &str) -> Result<String, ApiError> {
    let (world, params) = (&*call.world, call.params());
    if call.caller.dev_key {
        return params.text(name, "Value must be a valid URL", |url| Url::parse(url).is_ok());
    }
    let rule = "Invalid URI.";
    let rule = if world.profile.traits().origin_by_scheme { rule.to_owned() } else { hosts_rule(world) };
    let url = params.text(name, &rule, |_| true)?;
    match refusal(world, &url) {
        Some(rule) => Err(invalid(name, &rule)),
        None => Ok(url),
    }
}

/// Why a URL is refused, if it is.
pub(crate) fn refusal(world: &World, url: &str) -> Option<String> {
    let (scheme, host) = origin::split(url);
    let project = &world.project;
    if !world.profile.traits().origin_by_scheme {
        // The scheme does not matter, if only the host is a page's.
        let known = !scheme.is_empty() && origin::is_among(&project.web_hosts, &host);
        return (!known).then(|| hosts_rule(world));
    }
    if origin::is_allowed(project, &scheme, &host) {
        return None;
    }
    if scheme.is_empty() {
        return Some("Invalid URI.".to_owned());
    }
    let (host, platform) = (origin::shown(&host), origin::platform(&scheme).unwrap_or_default());
    Some(format!(
        "Invalid URI. Register your new client {host} as a new {platform} platform on your project console dashboard"
    ))
}

/// Why a URL is refused by its host alone, if it is.
pub(crate) fn foreign_host(world: &World, url: &str) -> Option<String> {
    let (_, host) = origin::split(url);
    (!world.project.web_hosts.contains(&host)).then(|| hosts_rule(world))
}

fn hosts_rule(world: &World) -> String {
    format!("URL host must be one of: {}", world.project.web_hosts.join(", "))
}
