//! The access tokens that the gateway issues in exchange for a session, and verifies by itself: Appwrite is asked once for each.

use std::sync::Arc;

use crate::{
    exchange::Rendered, gateway, json, jwt, request::Request, respond::plain_json, shared::Shared,
    world::World,
};

/// Where they are issued.
pub(crate) const PATH: &str = "/_gateway/token";

/// How many seconds they live.
const LIFE: i64 = 300;

const ISSUER: &str = "mock-gateway";

/// Exchanges the session of the request for a token (RFC 6749 §5.1).
pub(crate) async fn issue(shared: &Arc<Shared>, request: &Request) -> Rendered {
    let user = match gateway::identify(shared, request).await {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let now = shared.world().now() / 1000;
    let claims = json!({ "iss": ISSUER, "sub": user, "iat": now, "exp": now + LIFE });
    let token = jwt::sign(&claims);
    plain_json(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFE }))
}

/// Whose token it is, or the gateway's refusal. `None` if it is none of the gateway's own.
pub(crate) fn verify(world: &World, token: &str) -> Option<Result<String, Rendered>> {
    // Appwrite is asked about what may be one of its own.
    let claims = jwt::claims(token).ok().filter(|claims| claims["iss"] == ISSUER)?;
    if claims["exp"].as_i64().unwrap_or_default() <= world.now() / 1000 {
        return Some(Err(gateway::problem("token_expired")));
    }
    Some(Ok(claims["sub"].as_str().unwrap_or_default().to_owned()))
}
