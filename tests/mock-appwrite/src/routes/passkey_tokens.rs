//! Signing in by a passkey: a challenge, and the token that its answer is exchanged for (contract §2x.2.2).

use super::{
    Route, Scope, Since, TEN, otp,
    passkeys::{METHOD, answer_challenge, challenge, check_open, invalid, relying_party},
    route,
};
use crate::{
    call::{Call, Outcome},
    errors::{blocked, error},
    json,
    webauthn::{Expected, Passkey, Purpose, State, credential_id},
    world::{TokenKind, hex},
};

/// How long the token can be exchanged.
const MINUTE: i64 = 60 * 1000;

const fn tokens(method: &'static str, act: fn(&mut Call<'_>) -> Outcome) -> Route {
    let route = route(method, "/account/tokens/passkey", Scope::Public, act);
    Route { since: Since::V2_7, feature: Some("passkeys"), limit: Some(TEN), ..route }
}

pub(super) const ROUTES: &[Route] =
    &[Route { auth_method: METHOD, ..tokens("POST", create) }, tokens("PUT", complete)];

fn create(call: &mut Call<'_>) -> Outcome {
    let rp_id = relying_party(call)?;
    let challenge = challenge(call, Purpose::SignIn);
    let options = json!({
        "challenge": challenge.value, "rpId": rp_id, "allowCredentials": [], "userVerification": "required",
    });
    answer_challenge(call, &challenge, "", options)
}

fn complete(call: &mut Call<'_>) -> Outcome {
    let id = call.params().id("challengeId")?;
    let credential = call.params().object("credential")?;
    check_open(call)?;
    let now = call.now();
    let challenge = call.world.passkeys.consume(&id, &Purpose::SignIn, now);
    let challenge = challenge.ok_or_else(|| error("user_invalid_token"))?;
    let credential_id = credential_id(&credential).map_err(invalid)?;
    let registered = |passkey: &Passkey| passkey.credential().is_some_and(|known| known.id == credential_id);
    let index = call.world.passkeys.list.iter().position(registered);
    let index = index.ok_or_else(|| invalid("the credential is not known"))?;
    let passkey = call.world.passkeys.list[index].clone();
    let user = call.world.user(&passkey.user_id).ok_or_else(|| invalid("the user is gone"))?;
    let (user_id, enabled) = (user.id.clone(), user.enabled);
    let handle = call.world.passkeys.handles.get(&user_id).cloned().unwrap_or_default();
    let expected = Expected { world: call.world, challenge: &challenge.value };
    let known = passkey.credential().ok_or_else(|| invalid("the credential is not known"))?;
    let used = expected.assertion(&credential, known, &handle).map_err(invalid)?;
    // Only now, so that nobody learns whose credential it is who cannot prove to have it.
    if !enabled {
        return Err(blocked(call.traits()));
    }
    let passkey = &mut call.world.passkeys.list[index];
    (passkey.state, passkey.accessed) = (State::Verified(used), Some(now));
    let secret = hex(32);
    let mut body = otp::add_token(call, &user_id, TokenKind::Passkey, &secret, MINUTE)?;
    body["secret"] = json!(secret);
    call.json(201, body)
}
