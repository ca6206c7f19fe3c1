//! The passkeys of users, for API keys (contract §2x.2.2).

use super::{
    Route, Scope, Since,
    passkeys::{answer_list, body, find, new_name, set_name},
    users::{READ, WRITE, named, users},
};
use crate::{
    call::{Call, Outcome},
    errors::ApiError,
};

const fn passkeys(
    method: &'static str,
    path: &'static str,
    scope: Scope,
    act: fn(&mut Call<'_>) -> Outcome,
) -> Route {
    Route { since: Since::V2_7, feature: Some("passkeys"), ..users(method, path, scope, act) }
}

pub(super) const ROUTES: &[Route] = &[
    passkeys("GET", "/users/:id/passkeys", READ, list),
    passkeys("GET", "/users/:id/passkeys/:passkey", READ, read),
    passkeys("PATCH", "/users/:id/passkeys/:passkey", WRITE, rename),
    passkeys("DELETE", "/users/:id/passkeys/:passkey", WRITE, delete),
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
