//! What users, sessions and the rest look like to a client (contract §4).

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    dates::{database, iso},
    json,
    profile::Traits,
    world::{Session, Target, User},
};

/// An account.
pub(crate) fn account(user: &User, traits: &Traits) -> Value {
    let mut body = json!({
        "$id": user.id, "$createdAt": iso(user.created), "$updatedAt": iso(user.updated), "name": user.name,
        "registration": iso(user.created), "status": user.enabled, "labels": user.labels,
        "passwordUpdate": user.password_updated.map(iso).unwrap_or_default(),
        "email": user.email.clone().unwrap_or_default(), "phone": user.phone.clone().unwrap_or_default(),
        "emailVerification": user.email_verified,
    });
    if traits.newer_fields {
        let known = user.email.is_some();
        body["emailCanonical"] = json!(user.email.as_deref().map(canonical));
        body["emailIsFree"] = json!(known.then(|| user.email.as_deref().is_some_and(is_free)));
        body["emailIsDisposable"] = json!(user.email.as_deref().map(is_disposable));
        body["emailIsCorporate"] =
            json!(user.email.as_deref().map(|email| !is_free(email) && !is_disposable(email)));
        body["emailIsCanonical"] = json!(user.email.as_deref().map(|email| canonical(email) == email));
    }
    if traits.fields_of_2 {
        // The list of passwords that were found in breaches is not included: none was ever checked.
        body["passwordPwned"] = Value::Null;
    }
    body["phoneVerification"] = json!(user.phone_verified);
    body["mfa"] = json!(user.mfa);
    body["prefs"] = json!(user.prefs);
    body["targets"] = user.targets.iter().map(|each| target(user, each, traits)).collect();
    body["accessedAt"] = json!(user.accessed.map(iso).unwrap_or_default());
    if traits.newer_fields {
        body["impersonator"] = json!(false);
        body["impersonatorUserId"] = Value::Null;
    }
    body
}

fn is_free(email: &str) -> bool {
    ["@gmail.com", "@outlook.com", "@yahoo.com", "@hotmail.com"].iter().any(|domain| email.ends_with(domain))
}

/// The lists of disposable domains have the reserved ones too.
fn is_disposable(email: &str) -> bool {
    ["@example.com", "@example.net", "@example.org", "@mailinator.com"]
        .iter()
        .any(|domain| email.ends_with(domain))
}

/// Gmail knows neither dots nor what follows a plus.
fn canonical(email: &str) -> String {
    match email.rsplit_once('@') {
        Some((local, domain @ ("gmail.com" | "googlemail.com"))) => {
            let local = local.split('+').next().unwrap_or_default().replace('.', "");
            format!("{local}@{}", domain.replace("googlemail", "gmail"))
        }
        _ => email.to_owned(),
    }
}

/// A messaging target.
pub(crate) fn target(user: &User, target: &Target, traits: &Traits) -> Value {
    let mut body = json!({
        "$id": target.id, "$createdAt": iso(target.created), "$updatedAt": iso(target.updated),
        "name": target.name, "userId": user.id, "providerId": Value::Null, "providerType": target.kind,
        "identifier": target.identifier,
    });
    if !target.provider_id.is_empty() {
        body["providerId"] = json!(target.provider_id);
    }
    if traits.newer_fields {
        body["expired"] = json!(false);
    }
    body
}

/// How a session is shown, which differs by route.
#[derive(Clone, Copy, Default)]
pub(crate) struct SessionStyle {
    /// It is the caller's.
    pub(crate) current: bool,
    /// As the database has it: no country name, dates that were just written in its own format.
    pub(crate) raw: bool,
    /// `secret`: nothing, the blob, or the stored hash.
    pub(crate) secret: Secret,
}

/// What `secret` shows.
#[derive(Clone, Copy, Default)]
pub(crate) enum Secret {
    /// Nothing, as clients see it.
    #[default]
    Masked,
    /// The blob, for API keys at creation.
    Blob,
    /// The raw secret, as 1.5 gives it to API keys.
    Raw,
    /// The stored hash.
    Hash,
}

/// A secret as it is stored: its SHA-256 in hexadecimal.
pub(crate) fn hashed(secret: &str) -> String {
    Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A session.
pub(crate) fn session(user: &User, session: &Session, style: SessionStyle) -> Value {
    let agent = |name: &str| session.agent.text(name);
    let written = |at| if style.raw { database(at) } else { iso(at) };
    let secret = match style.secret {
        Secret::Masked => String::new(),
        Secret::Blob => session.blob(&user.id),
        Secret::Raw => session.secret.clone(),
        Secret::Hash => hashed(&session.secret),
    };
    json!({
        "$id": session.id, "$createdAt": iso(session.created), "$updatedAt": iso(session.updated),
        "userId": user.id, "expire": written(session.expire), "provider": session.provider,
        "providerUid": session.provider_uid, "providerAccessToken": session.provider_access_token,
        "providerAccessTokenExpiry": session.provider_access_token_expiry.map(written).unwrap_or_default(),
        "providerRefreshToken": session.provider_refresh_token, "ip": session.ip,
        "osCode": agent("osCode"), "osName": agent("osName"), "osVersion": agent("osVersion"),
        "clientType": agent("clientType"), "clientCode": agent("clientCode"), "clientName": agent("clientName"),
        "clientVersion": agent("clientVersion"), "clientEngine": agent("clientEngine"),
        "clientEngineVersion": agent("clientEngineVersion"), "deviceName": agent("deviceName"),
        "deviceBrand": agent("deviceBrand"), "deviceModel": agent("deviceModel"), "countryCode": "--",
        "countryName": if style.raw { "" } else { "Unknown" }, "current": style.current,
        "factors": session.factors, "secret": secret,
        "mfaUpdatedAt": session.mfa_updated.map(written).unwrap_or_default(),
    })
}
