//! Tokens that are sent to a user and exchanged for a session: their routes, and the older exchanges, which take what the newer one
//! does.

use super::{
    By, Limit, Route, Scope, Since, otp, route,
    sessions::{BY_USER_ID, create_by_token},
};

const EMAIL_OR_IP: &[By] = &[By::Email, By::Ip];

const MAGIC_URL: Route = Route {
    limit: Some(Limit { most: 60, window: 3600, by: EMAIL_OR_IP }),
    auth_method: Some(("magic-url", "Magic URL")),
    ..route("POST", "/account/tokens/magic-url", Scope::Public, otp::create_magic_url)
};
const PHONE: Route = Route {
    limit: Some(Limit { most: 10, window: 3600, by: &[By::Phone, By::Ip] }),
    auth_method: Some(("phone", "Phone")),
    auth_since: Since::V1_9,
    ..route("POST", "/account/tokens/phone", Scope::Public, otp::create_phone)
};

pub(super) const ROUTES: &[Route] = &[
    Route {
        limit: Some(Limit { most: 10, window: 3600, by: EMAIL_OR_IP }),
        auth_method: Some(("email-otp", "Email OTP")),
        ..route("POST", "/account/tokens/email", Scope::Public, otp::create_email)
    },
    MAGIC_URL,
    Route { path: "/account/sessions/magic-url", ..MAGIC_URL },
    PHONE,
    Route { path: "/account/sessions/phone", ..PHONE },
    Route {
        limit: Some(BY_USER_ID),
        resets_limit: true,
        opens_session: true,
        ..route("PUT", "/account/sessions/magic-url", Scope::Public, create_by_token)
    },
    Route {
        limit: Some(BY_USER_ID),
        opens_session: true,
        ..route("PUT", "/account/sessions/phone", Scope::Public, create_by_token)
    },
];
