//! Minting JWTs.

use serde_json::Value;

use super::{By, Limit, Route, Scope, Since, route};
use crate::{
    call::{Call, Outcome},
    errors::error,
    json,
    jwt::mint,
    params::invalid,
};

const MINT: Route = Route {
    limit_path: "/account/jwts",
    limit: Some(Limit { most: 0, window: 0, by: &[By::User] }),
    auth_method: Some(("jwt", "JWT")),
    feature: Some("jwts"),
    ..route("POST", "/account/jwt", Scope::Account, create)
};

pub(super) const ROUTES: &[Route] = &[MINT, Route { path: "/account/jwts", since: Since::V1_9, ..MINT }];

fn create(call: &mut Call<'_>) -> Outcome {
    let duration = if call.traits().jwt_duration { duration(call)? } else { 900 };
    if call.caller.jwt && call.traits().denies_jwt_of_jwt {
        return Err(error("user_jwt_creation_denied"));
    }
    let session = call.caller.session_id.clone().ok_or_else(|| error("user_session_not_found"))?;
    let user = call.user()?.id.clone();
    let exp = call.now() / 1000 + duration;
    call.json(201, json!({ "jwt": mint(&user, &session, exp) }))
}

/// 0 to 3600 seconds, as a number or a text; 0 and null break the server (contract §3, §14.5).
fn duration(call: &Call<'_>) -> Result<i64, crate::errors::ApiError> {
    let refused = || invalid("duration", "Value must be a valid range between 0 and 3,600");
    let seconds = match call.request.params.get("duration") {
        None => return Ok(900),
        Some(Value::Null) => return Err(error("general_unknown")),
        Some(Value::Number(number)) => number.as_i64().ok_or_else(refused)?,
        Some(Value::String(text)) => text.parse().map_err(|_| refused())?,
        Some(_) => return Err(refused()),
    };
    match seconds {
        0 => Err(error("general_unknown")),
        1..=3600 => Ok(seconds),
        _ => Err(refused()),
    }
}
