//! Who the user is: name, e-mail address, phone number, password, preferences, and the end of the account.

use http::Method;

use crate::{
    Secret,
    appwrite::{
        body::{body, texts},
        operation::{Operation, nothing},
        wire,
    },
    json::Json,
    model::{Account, Preferences},
};

fn patch(what: &'static str) -> Operation<Account> {
    Operation::new(Method::PATCH, ["account", what], wire::account).changes_account()
}

// Each password is exposed into the body of the one request that it is for.

pub(crate) fn update_name(name: &str) -> Operation<Account> {
    patch("name").body(texts(&[("name", name)]))
}

pub(crate) fn update_email(email: &str, password: &Secret) -> Operation<Account> {
    patch("email").body(texts(&[("email", email), ("password", password.expose())]))
}

pub(crate) fn update_phone(phone: &str, password: &Secret) -> Operation<Account> {
    patch("phone").body(texts(&[("phone", phone), ("password", password.expose())]))
}

pub(crate) fn update_password(new: &Secret, old: Option<&Secret>) -> Operation<Account> {
    let mut fields = vec![("password", new.expose())];
    fields.extend(old.map(|old| ("oldPassword", old.expose())));
    patch("password").body(texts(&fields))
}

pub(crate) fn preferences() -> Operation<Preferences> {
    Operation::new(Method::GET, ["account", "prefs"], wire::preferences)
}

pub(crate) fn update_preferences(preferences: &Preferences) -> Operation<Account> {
    patch("prefs").body(body([("prefs", Json::Object(preferences))]))
}

/// The user blocks the own account.
pub(crate) fn block() -> Operation<Account> {
    patch("status")
}

/// Not in Appwrite's client SDKs, but a session may call it (contract §3).
pub(crate) fn delete() -> Operation<()> {
    Operation::new(Method::DELETE, ["account"], nothing)
}
