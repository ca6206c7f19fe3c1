//! Tokens that are sent out to sign in with: e-mail codes, magic links and phone codes (contract §3.1).

use serde_json::Value;

use crate::{
    call::{Call, Outcome, Place},
    dates::Millis,
    errors::{ApiError, broken, error, error_with},
    json,
    params::Params,
    redirects,
    world::{self, Message, Target, Token, TokenKind, digits, hex, unique_id},
};

const QUARTER: Millis = 15 * 60 * 1000;
const HOUR: Millis = 60 * 60 * 1000;

/// Whether the server can send e-mail; if not, this is what it says, which differs by route.
pub(super) fn check_mail(call: &Call<'_>, message: &str) -> Outcome {
    match call.world.project.allows("smtp") {
        true => Ok(()),
        false => Err(error_with("general_smtp_disabled", message)),
    }
}

/// What most routes say if there is no server for e-mail.
pub(super) const NO_MAIL: &str = "SMTP disabled";

/// Whether the server can send SMS.
pub(super) fn check_phone(call: &Call<'_>) -> Outcome {
    if call.world.project.allows("sms") { Ok(()) } else { Err(error("general_phone_disabled")) }
}

/// `POST /account/tokens/email`.
pub(super) fn create_email(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("userId")?;
    let email = params.email_as_typed(call.traits())?;
    let phrase = phrase(&params)?;
    check_mail(call, NO_MAIL)?;
    let targeted = call.traits().targets_of_tokens;
    let user = user_of_email(call, id, &email, targeted, "general_bad_request")?;
    send(call, &user, TokenKind::EmailOtp, digits(6), QUARTER, None, phrase)
}

/// `POST /account/tokens/magic-url`.
pub(super) fn create_magic_url(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("userId")?;
    let email = params.email_as_typed(call.traits())?;
    let url = match call.request.params.get("url") {
        None => None,
        // Null passes the validator of an optional parameter and breaks the action (contract §14.21).
        Some(Value::Null) => return Err(broken()),
        Some(_) => Some(redirects::param(call, "url")?),
    };
    let phrase = phrase(&params)?;
    check_mail(call, NO_MAIL)?;
    let user = user_of_email(call, id, &email, false, "user_email_already_exists")?;
    send(call, &user, TokenKind::MagicUrl, hex(32), HOUR, url, phrase)
}

/// `POST /account/tokens/phone`.
pub(super) fn create_phone(call: &mut Call<'_>) -> Outcome {
    let params = call.params();
    let id = params.custom_id("userId")?;
    let phone = params.phone("phone", call.traits())?;
    check_phone(call)?;
    let known = call
        .world
        .users
        .iter()
        .find(|user| user.phone.as_deref() == Some(&phone))
        .map(|user| user.id.clone());
    let user = match known {
        Some(id) => id,
        None => {
            check_room(call)?;
            let now = call.now();
            check_free(call, id.as_deref())?;
            let user = call.world.add_user(id, None, "");
            user.targets.push(Target::new(now, "sms", &phone));
            user.phone = Some(phone);
            user.id.clone()
        }
    };
    send(call, &user, TokenKind::Phone, digits(6), QUARTER, None, false)
}

/// Whether the project may have one more user.
pub(crate) fn check_room(call: &Call<'_>) -> Result<(), ApiError> {
    let limit = call.world.project.user_limit;
    if limit > 0 && call.world.users.len() >= limit || call.caller.place == Place::Console {
        return Err(error("user_count_exceeded"));
    }
    Ok(())
}

/// Whether nobody has that id.
pub(crate) fn check_free(call: &Call<'_>, id: Option<&str>) -> Result<(), ApiError> {
    match id {
        Some(id) if call.world.user(id).is_some() => Err(error("user_already_exists")),
        _ => Ok(()),
    }
}

/// Notes a token of the user and gives what a client sees of it.
pub(crate) fn add_token(
    call: &mut Call<'_>,
    user_id: &str,
    kind: TokenKind,
    secret: &str,
    life: Millis,
) -> Result<Value, ApiError> {
    let now = call.now();
    let token =
        Token { id: unique_id(now), created: now, kind, secret: secret.to_owned(), expire: now + life };
    let body = token.body(user_id);
    call.world.user_mut(user_id).ok_or_else(|| error("user_not_found"))?.tokens.push(token);
    Ok(body)
}

/// Whether the client asks for a security phrase.
pub(super) fn phrase(params: &Params<'_>) -> Result<bool, ApiError> {
    match params.0.get("phrase") {
        None => Ok(false),
        Some(Value::Null) => Err(broken()),
        Some(_) => params.boolean("phrase"),
    }
}

/// The user of an address, who is made if there is none, with a messaging target or without; `taken` is the error if an identity has
/// the address.
fn user_of_email(
    call: &mut Call<'_>,
    id: Option<String>,
    email: &str,
    targeted: bool,
    taken: &'static str,
) -> Result<String, ApiError> {
    if let Some(user) = call.world.user_by_email(email) {
        return Ok(user.id.clone());
    }
    check_room(call)?;
    if call.world.is_identified(email, None) {
        return Err(error(taken));
    }
    check_free(call, id.as_deref())?;
    let user = call.world.add_user(id, Some(email.to_owned()), "");
    if !targeted {
        user.targets.clear();
    }
    Ok(user.id.clone())
}

fn send(
    call: &mut Call<'_>,
    user_id: &str,
    kind: TokenKind,
    secret: String,
    life: Millis,
    url: Option<String>,
    phrase: bool,
) -> Outcome {
    let name = match kind {
        TokenKind::Phone => "phone",
        TokenKind::MagicUrl => "magic-url",
        _ => "email-otp",
    };
    let mut body = add_token(call, user_id, kind, &secret, life)?;
    if phrase {
        body["phrase"] = json!(security_phrase());
    }
    if call.caller.api_key {
        // That of a phone is given as a credential would be.
        body["secret"] = match name {
            "phone" => json!(world::blob(user_id, &secret)),
            _ => json!(secret),
        };
    }
    call.world.messages.push(Message { kind: name, user_id: user_id.to_owned(), secret, url });
    call.json(201, body)
}

/// Two words that the e-mail and the app both show.
pub(super) fn security_phrase() -> String {
    const FIRST: [&str; 6] = ["Brave", "Calm", "Eager", "Golden", "Humble", "Polite"];
    const SECOND: [&str; 6] = ["anchor", "candle", "harbor", "lantern", "meadow", "river"];
    let pick = |words: &[&'static str; 6]| words[fastrand::usize(..words.len())];
    format!("{} {}", pick(&FIRST), pick(&SECOND))
}
