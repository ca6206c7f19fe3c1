//! The OAuth2 providers: their names, where they ask, and Appwrite's own mock of one.

use crate::{
    call::{Call, Outcome},
    errors::ApiError,
    params::invalid,
    php, redirects,
};

/// The names that both versions know.
const NAMES: &str = "amazon, apple, auth0, authentik, autodesk, bitbucket, bitly, box, dailymotion, discord, disqus, dropbox, \
                     etsy, facebook, github, gitlab, google, linkedin, microsoft, notion, oidc, okta, paypal, paypalSandbox, \
                     podio, salesforce, slack, spotify, stripe, tradeshift, tradeshiftBox, twitch, wordpress, yahoo, yammer, \
                     yandex, zoho, zoom, mock";

/// The refusal lists the names by the alphabet, but for the mocks at the end.
fn order(name: &str) -> (bool, &str) {
    (name.starts_with("mock"), name)
}

/// Refuses a provider that the version does not know.
pub(super) fn check(call: &Call<'_>, provider: &str) -> Result<(), ApiError> {
    let mut names: Vec<&str> = NAMES.split(", ").collect();
    for newer in call.traits().newer_providers {
        names.insert(names.partition_point(|name| order(name) < order(newer)), newer);
    }
    if names.contains(&provider) {
        return Ok(());
    }
    Err(invalid("provider", &format!("Value must be one of ({})", names.join(", "))))
}

/// The page of a provider that asks the user.
pub(super) fn login_url(
    call: &Call<'_>,
    provider: &str,
    callback: &str,
    scopes: &[String],
    state: &str,
) -> String {
    let (page, id, own): (String, &str, &[&str]) = match provider {
        "mock" => {
            // The newer server names the port that it listens on, whatever the client wrote.
            let host = call.request.host();
            let port = call.world.port;
            let host = if call.traits().configured_urls { format!("{host}:{port}") } else { host };
            (format!("http://{host}/v1/mock/tests/general/oauth2"), "1", &["email"])
        }
        "google" => {
            let own = &[
                "https://www.googleapis.com/auth/userinfo.email",
                "https://www.googleapis.com/auth/userinfo.profile",
                "openid",
            ];
            ("https://accounts.google.com/o/oauth2/v2/auth".to_owned(), "app-id", own)
        }
        "github" => ("https://github.com/login/oauth/authorize".to_owned(), "app-id", &["user:email"]),
        other => (format!("https://{other}.example/authorize"), "app-id", &["email"]),
    };
    let mut wanted: Vec<&str> = own.to_vec();
    wanted.extend(scopes.iter().map(String::as_str).filter(|scope| !own.contains(scope)));
    let scope = wanted.join(" ");
    let mut pairs =
        vec![("client_id", id), ("redirect_uri", callback), ("scope", scope.as_str()), ("state", state)];
    if provider == "google" {
        pairs.push(("response_type", "code"));
        if call.traits().newer_fields {
            pairs.extend([("access_type", "offline"), ("prompt", "consent")]);
        }
    }
    format!("{page}?{}", php::query(&pairs))
}

/// The code that the mock provider gives, and the only one that it takes.
const CODE: &str = "abcdef";

/// The mock provider's page, which asks nobody.
pub(super) fn mock_page(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let callback = params.text("redirect_uri", "Value must be a valid URL", |_| true)?;
    let state = params.text("state", "Value must be a valid string", |_| true)?;
    params.text("client_id", "Value must be a valid string", |_| true)?;
    if let Some(rule) = redirects::foreign_host(call.world, &callback) {
        return Err(invalid("redirect_uri", &rule));
    }
    call.reply.bare = true;
    call.redirect(format!("{callback}?{}", php::query(&[("code", CODE), ("state", &state)])))
}

/// Who a provider says has signed in.
pub(super) struct Person {
    pub(super) uid: &'static str,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) access_token: &'static str,
    pub(super) refresh_token: &'static str,
    /// Seconds.
    pub(super) life: i64,
}

/// Asks the provider for what a code stands for; the mock provider knows one person.
pub(super) fn person(call: &Call<'_>, provider: &str, code: &str, callback: &str) -> Result<Person, String> {
    if provider != "mock" {
        return Err("invalid_client: No description".to_owned());
    }
    if let Some(rule) = redirects::foreign_host(call.world, callback) {
        return Err(format!("Invalid `redirect_uri` param: {rule}: No description"));
    }
    if code != CODE {
        return Err("Invalid token: No description".to_owned());
    }
    Ok(Person {
        uid: "1",
        name: "User Name",
        email: "useroauth@localhost.test",
        access_token: "123456",
        refresh_token: "tuvwxyz",
        life: 14_400,
    })
}
