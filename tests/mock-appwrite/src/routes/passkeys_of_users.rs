//! The passkeys of users, for API keys (contract §2x.2.2).

use super::{
    Route, Scope, Since,
    passkeys::{answer_list, body, find, new_name, set_name},
    route,
    users::named,
};
use crate::{
    call::{Call, Outcome},
    errors::ApiError,
};

const READ: Scope = Scope::Key("users.read");
const WRITE: Scope = Scope::Key("users.write");

const fn users(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    act: fn(&mut Call<'_>) -> Outcome,
) -> Route {
    let route = route(method, path, scope, act);
    Route { service: "users", since: Since::V2_7, feature: Some("passkeys"), ..route }
}

pub(super) const ROUTES: &[Route] = &[
    users("GET", "/users/:id/passkeys", READ, list),
    users("GET", "/users/:id/passkeys/:passkey", READ, read),
    users("PATCH", "/users/:id/passkeys/:passkey", WRITE, rename),
    users("DELETE", "/users/:id/passkeys/:passkey", WRITE, delete),
];

fn list(call: &mut Call<'_>) -> Outcome {
    let user = named(call)?;
    answer_list(call, &user)
}

fn passkey(call: &Call<'_>) -> Result<usize, ApiError> {
    find(call, &named(call)?, call.path.get(1).map(String::as_str).unwrap_or_default())
}

fn read(call: &mut Call<'_>) -> Outcome {
    let body = body(&call.world.passkeys.list[passkey(call)?]);
    call.json(200, body)
}

fn rename(call: &mut Call<'_>) -> Outcome {
    let name = new_name(call)?;
    let index = passkey(call)?;
    set_name(call, index, name)
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let index = passkey(call)?;
    call.world.passkeys.list.remove(index);
    call.no_content()
}
