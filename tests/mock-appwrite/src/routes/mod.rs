//! The routes: path, who may call, what limits it, and what it does.

mod account;
mod codes;
mod extras;
mod id_tokens;
mod invitations;
mod jwt;
mod lists;
mod mfa;
mod oauth2;
mod oauth2_providers;
mod otp;
mod passkey_tokens;
mod passkeys;
mod passkeys_of_users;
mod project;
mod recovery;
mod sessions;
#[cfg(test)]
mod table_tests;
mod teams;
mod teams_settings;
mod tokens;
mod users;
mod users_more;
mod users_sessions;

pub(crate) use mfa::new_codes as new_recovery_codes;
pub(crate) use users::new_user_payload;

use crate::{
    call::{Call, Outcome},
    errors::{ApiError, error},
    profile::{Profile, Traits},
    request::Request,
    world::World,
};

/// A route of the API.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// The path below `/v1`, with `:names`.
    pub(crate) path: &'static str,
    /// The path that limits are counted under; an alias shares its route's.
    pub(crate) limit_path: &'static str,
    pub(crate) scope: Scope,
    pub(crate) service: &'static str,
    /// Works while a factor is missing.
    pub(crate) mfa_exempt: bool,
    pub(crate) limit: Option<Limit>,
    /// A success empties the limit.
    pub(crate) resets_limit: bool,
    /// The sign-in method that must be switched on, and its name in the refusal.
    pub(crate) auth_method: Option<(&'static str, &'static str)>,
    /// The profiles that look at whether the method is switched on.
    pub(crate) auth_since: Since,
    /// Refused while a session is active.
    pub(crate) opens_session: bool,
    /// Open to every origin.
    pub(crate) any_origin: bool,
    /// The profiles that answer errors with the HTML page.
    pub(crate) html_errors: Option<Since>,
    /// The profiles that have it.
    pub(crate) since: Since,
    /// What a server lacks that does not have it yet, as the switch `lacks` names it.
    pub(crate) feature: Option<&'static str>,
    pub(crate) act: fn(&mut Call<'_>) -> Outcome,
}

/// Which profiles have a route.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// All.
    Always,
    /// 1.9 and newer.
    V1_9,
    /// 2.7.
    V2_7,
    /// Those that are older than 2.7.
    UntilV1_9,
}

impl Since {
    pub(crate) fn includes(self, profile: Profile) -> bool {
        match self {
            Self::Always => true,
            Self::V1_9 => profile >= Profile::V1_9,
            Self::V2_7 => profile >= Profile::V2_7,
            Self::UntilV1_9 => profile <= Profile::V1_9,
        }
    }
}

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everybody: guests have the scope, and so can keys.
    Public,
    /// Everybody but API keys, which no scope of a key allows.
    Open,
    /// A signed-in user.
    Account,
    /// An API key, for this scope.
    Key(&'static str),
    /// An API key, for this scope or the one that came for sessions.
    Sessions(&'static str, &'static str),
    /// A signed-in user or an API key, for this scope.
    User(&'static str),
}

impl Scope {
    /// The scope.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Public | Self::Open => "public",
            Self::Account => "account",
            Self::Key(name) | Self::User(name) => name,
            Self::Sessions(name, _) => name,
        }
    }

    /// The scopes of which one will do, as a refusal lists them.
    pub(crate) fn names(self, traits: &Traits) -> Vec<&'static str> {
        match self {
            Self::Sessions(older, newer) if traits.plural_scopes => vec![older, newer],
            scope => vec![scope.name()],
        }
    }
}

/// A limit: how many, in which window, counted by what.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) most: u32,
    /// Seconds; 0 takes both numbers from the profile's JWT limit.
    pub(crate) window: i64,
    pub(crate) by: &'static [By],
}

/// What a limit is counted by, beside the route.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// The caller's address.
    Ip,
    /// The address, whatever the route: routes with this share one count.
    IpOnly,
    /// The e-mail as it was typed.
    Email,
    /// The phone number as it was typed.
    Phone,
    /// A parameter.
    Param(&'static str),
    /// A parameter, whatever the route: routes with this share one count.
    ParamOnly(&'static str),
    /// The address and a parameter, whatever the route: routes with this share one count.
    IpAndParam(&'static str),
    /// The signed-in user.
    User,
}

impl Limit {
    pub(crate) fn of(self, traits: &Traits) -> (u32, i64) {
        if self.window == 0 { traits.jwt_limit } else { (self.most, self.window) }
    }

    pub(crate) fn keys(self, call: &Call<'_>, route: &Route) -> Vec<String> {
        let param = |name: &str| match call.request.params.get(name) {
            Some(serde_json::Value::String(text)) => text.clone(),
            value => value.map(ToString::to_string).unwrap_or_default(),
        };
        let (host, ip) = (call.request.host(), call.request.ip());
        // The newer server counts all projects together.
        let project = if call.traits().newer_headers { "" } else { call.cookie_key.as_str() };
        // The older server counts by parameters that these routes do not have, and so all of a project together (contract §13.8).
        let shared = !call.traits().newer_fields && route.limit_path == "/account/mfa/challenges";
        let key = |by: &By| {
            let what = match by {
                By::Ip => format!("ip:{ip}"),
                By::Email if call.traits().folds_limit_email => {
                    format!("email:{}", param("email").to_lowercase())
                }
                By::IpOnly => return format!("{project} ip:{ip}"),
                By::Email => format!("email:{}", param("email")),
                By::Phone => format!("phone:{}", param("phone")),
                By::User if shared => format!("token:{}", param("token")),
                By::Param("challengeId") if shared => return format!("{project} userId:{}", param("userId")),
                By::ParamOnly(name) => return format!("{project} {name}:{}", param(name)),
                By::Param(name) => format!("{name}:{}", param(name)),
                By::IpAndParam(name) => return format!("{project} ip:{ip} {name}:{}", param(name)),
                By::User => format!("userId:{}", call.caller.user_id.clone().unwrap_or_default()),
            };
            format!("{project} {host} {} {what}", route.limit_path)
        };
        // The older server counts codes by e-mail by the address alone.
        let only_email = !call.traits().newer_fields && route.limit_path == "/account/tokens/email";
        self.by.iter().filter(|by| !(only_email && matches!(by, By::Ip))).map(key).collect()
    }
}

/// Most limits: ten an hour by address.
pub(crate) const TEN: Limit = Limit { most: 10, window: 3600, by: &[By::Ip] };
/// Deleting sessions.
pub(crate) const HUNDRED: Limit = Limit { most: 100, window: 3600, by: &[By::Ip] };

/// The values that most routes have, for `..account(…)`.
pub(crate) const fn route(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    act: fn(&mut Call<'_>) -> Outcome,
) -> Route {
    Route {
        method,
        path,
        limit_path: path,
        scope,
        service: "account",
        mfa_exempt: false,
        limit: None,
        resets_limit: false,
        auth_method: None,
        auth_since: Since::Always,
        opens_session: false,
        any_origin: false,
        html_errors: None,
        since: Since::Always,
        feature: None,
        act,
    }
}

const TABLES: &[&[Route]] = &[
    account::ROUTES,
    sessions::ROUTES,
    tokens::ROUTES,
    jwt::ROUTES,
    mfa::ROUTES,
    users::ROUTES,
    users_sessions::ROUTES,
    users_more::ROUTES,
    recovery::ROUTES,
    teams::ROUTES,
    invitations::ROUTES,
    extras::ROUTES,
    oauth2::ROUTES,
    id_tokens::ROUTES,
    codes::ROUTES,
    passkeys::ROUTES,
    passkey_tokens::ROUTES,
    passkeys_of_users::ROUTES,
    project::ROUTES,
    teams_settings::ROUTES,
];

/// The route of a request, with the values of its `:names`.
pub(crate) fn find(request: &Request, world: &World) -> Option<(&'static Route, Vec<String>)> {
    let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
    let path = request.path.strip_prefix("/v1/").or((request.path == "/v1").then_some(""))?;
    // Empty segments are passed over (contract §14.21), and by the older server those that are "0".
    let older = !world.profile.traits().newer_headers;
    let is_passed_over = |part: &str| part.is_empty() || older && part == "0";
    let path: String =
        path.split('/').filter(|part| !is_passed_over(part)).map(|part| format!("/{part}")).collect();
    let path = path.as_str();
    let known = |route: &Route| {
        let lacks = |feature| world.switches.lacks(feature);
        route.since.includes(world.profile) && !route.feature.is_some_and(lacks)
    };
    let all =
        TABLES.iter().flat_map(|table| table.iter()).filter(|route| route.method == method && known(route));
    // A literal path wins over one with names.
    let found = all.filter_map(|route| Some((route, matched(route.path, path)?)));
    found.min_by_key(|(_, names)| names.len())
}

fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(names),
            (Some(name), Some(value)) if name.starts_with(':') && !value.is_empty() => {
                // As it was sent: the server does not decode paths.
                names.push(value.to_owned());
            }
            (Some(want), Some(have)) if want == have => {}
            _ => return None,
        }
    }
}

/// The refusal of an unknown path: JSON up to 1.7, the HTML page since 1.8 (contract §14.2).
pub(crate) fn unknown(_request: &Request, profile: Profile) -> ApiError {
    error("general_route_not_found").with_page(profile >= Profile::V1_9)
}

/// The project that an OAuth2 callback path names: `…/callback/:provider/:project`.
pub(crate) fn project_of_path(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/oauth2/callback/")?;
    rest.split('/').nth(1).map(str::to_owned)
}
