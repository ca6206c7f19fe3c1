//! Which URLs may be redirected to or sent out: those of the project's platforms (contract §2, §14.13).

use crate::{
    errors::ApiError,
    origin,
    params::{Params, invalid},
    world::World,
};

/// The needed URL of a parameter.
pub(crate) fn param(world: &World, params: &Params<'_>, name: &str) -> Result<String, ApiError> {
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
    let web = matches!(scheme.as_str(), "http" | "https") && project.web_hosts.contains(&host);
    if !world.profile.traits().origin_by_scheme {
        return (!web).then(|| hosts_rule(world));
    }
    let registered = match scheme.as_str() {
        "http" | "https" => web,
        "appwrite-android" => !project.android_apps.is_empty(),
        "appwrite-ios" | "appwrite-macos" | "appwrite-watchos" | "appwrite-tvos" => {
            !project.apple_apps.is_empty()
        }
        "exp" => true,
        other => other == format!("appwrite-callback-{}", project.id),
    };
    if registered {
        return None;
    }
    let platform = match scheme.as_str() {
        "" => return Some("Invalid URI.".to_owned()),
        "http" | "https" => "Web",
        "appwrite-android" => "Android",
        "appwrite-ios" => "iOS",
        "appwrite-macos" => "macOS",
        "appwrite-watchos" => "watchOS",
        "appwrite-tvos" => "tvOS",
        "appwrite-linux" => "Linux",
        "appwrite-windows" => "Windows",
        _ => "",
    };
    Some(format!(
        "Invalid URI. Register your new client ({host}) as a new {platform} platform on your project console dashboard"
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
