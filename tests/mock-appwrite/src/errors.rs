//! Appwrite's errors: each `type` with its status and message (contract §7).

use std::ops::{Deref, DerefMut};

use crate::profile::Traits;

/// An error on its way to the client. As small as a pointer, because every step of every route passes it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError(Box<Refusal>);

/// What an error says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: &'static str,
    pub(crate) status: u16,
    pub(crate) message: String,
    /// Rendered as the HTML error page.
    pub(crate) html: bool,
}

impl Deref for ApiError {
    type Target = Refusal;

    fn deref(&self) -> &Refusal {
        &self.0
    }
}

impl DerefMut for ApiError {
    fn deref_mut(&mut self) -> &mut Refusal {
        &mut self.0
    }
}

impl ApiError {
    /// The same error with another status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same error as the HTML page, if `html` says so.
    pub(crate) fn with_page(mut self, html: bool) -> Self {
        self.html = html;
        self
    }
}

/// The error of a type, with its own message.
pub(crate) fn error(kind: &'static str) -> ApiError {
    error_with(kind, known(kind).1)
}

/// The error of a type, with another message.
pub(crate) fn error_with(kind: &'static str, message: impl Into<String>) -> ApiError {
    ApiError(Box::new(Refusal { kind, status: known(kind).0, message: message.into(), html: false }))
}

/// A parameter that was refused.
pub(crate) fn bad_argument(message: impl Into<String>) -> ApiError {
    error_with("general_argument_invalid", message)
}

/// A failure of the server itself, such as one of PHP's own errors.
pub(crate) fn broken() -> ApiError {
    error("general_unknown")
}

/// An error of a type that the older server's table does not have: 500, without a message (contract §7, §15.6).
pub(crate) fn newly_listed(traits: &Traits, kind: &'static str) -> ApiError {
    match traits.lists_unverified {
        true => error(kind),
        false => error_with(kind, "Server Error").with_status(500),
    }
}

/// `user_blocked`, whose status moved.
pub(crate) fn blocked(traits: &Traits) -> ApiError {
    error_with("user_blocked", traits.blocked_message).with_status(traits.blocked_status)
}

/// The refusal of a caller who lacks every one of these scopes; the older server knows one only.
pub(crate) fn missing_scope(traits: &Traits, who: &str, scopes: &[&str]) -> ApiError {
    let lack = match (traits.plural_scopes, scopes) {
        (false, [scope, ..]) => format!("scope ({scope})"),
        (_, scopes) => format!("scopes ([\"{}\"])", scopes.join("\",\"")),
    };
    error_with("general_unauthorized_scope", format!("{who} missing {lack}"))
}

pub(crate) fn known(kind: &str) -> (u16, &'static str) {
    match kind {
        "general_argument_invalid" => (
            400,
            "The request contains one or more invalid arguments. Please refer to the endpoint documentation.",
        ),
        "general_bad_request" => {
            (400, "There was an error processing your request. Please check the inputs and try again.")
        }
        "general_rate_limit_exceeded" => {
            (429, "Rate limit for the current endpoint has been exceeded. Please try again after some time.")
        }
        "general_route_not_found" => {
            (404, "The requested route was not found. Please refer to the API docs and try again.")
        }
        "general_service_disabled" => {
            (403, "The requested service is disabled. You can enable the service from the Appwrite console.")
        }
        "general_api_disabled" => {
            (403, "The requested API is disabled. You can enable the API from the Appwrite console.")
        }
        "general_unauthorized_scope" => (401, ""),
        "rule_not_found" => (404, "This domain is not connected to any Appwrite resource yet."),
        "general_smtp_disabled" => (
            503,
            "SMTP is disabled on your Appwrite instance. You can <a href=\"/docs/email-delivery\">learn more about setting up SMTP</a> in our docs.",
        ),
        "general_phone_disabled" => (503, "Phone provider not configured"),
        "graphql_no_query" => (400, "Param \"query\" is not optional."),
        "general_unknown" => (500, "Server Error"),
        "general_unknown_origin" => (403, "Invalid Origin."),
        "project_not_found" => (
            404,
            "Project with the requested ID could not be found. Please check the value of the X-Appwrite-Project header to ensure the correct project ID is being used.",
        ),
        "project_provider_disabled" => (
            412,
            "The chosen OAuth provider is disabled. You can enable the OAuth provider using the Appwrite console.",
        ),
        "user_already_exists" => {
            (409, "A user with the same id, email, or phone already exists in this project.")
        }
        "user_authenticator_already_verified" => {
            (409, "This authenticator is already verified on the current user.")
        }
        "user_authenticator_not_found" => (404, "Authenticator could not be found on the current user."),
        "user_auth_method_unsupported" => (
            501,
            "The requested authentication method is either disabled or unsupported. Please check the supported authentication methods in the Appwrite console.",
        ),
        "user_blocked" => (
            401,
            "The current user has been blocked. You can unblock the user by making a request to the User API's \"Update User Status\" endpoint or in the Appwrite Console's Auth section.",
        ),
        "document_update_conflict" => (409, "Remote document is newer than local."),
        "document_invalid_structure" => (
            400,
            "The document structure is invalid. Please ensure the attributes match the collection definition.",
        ),
        "user_challenge_required" => (
            401,
            "A recently successful challenge is required to complete this action. A challenge is considered recent for 5 minutes.",
        ),
        "user_anonymous_console_prohibited" => (401, "Failed to create anonymous user"),
        "user_console_count_exceeded" => (
            501,
            "Sign up to the console is restricted. You can contact an administrator to update console sign up restrictions by setting _APP_CONSOLE_WHITELIST_ROOT to \"disabled\".",
        ),
        "user_count_exceeded" => (
            400,
            "The current project has exceeded the maximum number of users. Please check your user limit in the Appwrite console.",
        ),
        "user_email_already_exists" => {
            (409, "A user with the same email already exists in the current project.")
        }
        "user_email_already_verified" => (409, "User email is already verified"),
        "user_invalid_credentials" => (401, "Invalid credentials. Please check the email and password."),
        "user_invalid_token" => (401, "Invalid token passed in the request."),
        "user_jwt_and_cookie_set" => (
            403,
            "JWT and cookie used in the same request. Use either `setJWT` or `setCookie`. Learn about which authentication method to use in the SSR docs: https://appwrite.io/docs/products/auth/server-side-rendering",
        ),
        "user_jwt_invalid" => (
            401,
            "The JWT token is invalid. Please check the value of the X-Appwrite-JWT header to ensure the correct token is being used.",
        ),
        "user_jwt_creation_denied" => (403, "A JWT cannot be created with a JWT."),
        "user_oauth2_token_invalid" => (401, "The ID token is invalid."),
        "user_passkey_invalid" => (401, "The passkey could not be verified."),
        "user_passkey_not_found" => (404, "Passkey with the requested ID could not be found."),
        "user_passkey_already_exists" => (409, "The passkey already exists."),
        "user_passkey_limit_exceeded" => (400, "The user has the maximum number of passkeys."),
        "user_passkey_unavailable" => (400, "Passkeys are not available to this account."),
        "user_reauthentication_required" => (401, "This action requires a recent sign-in."),
        "general_cursor_not_found" => (400, "The cursor was not found."),
        "project_provider_unsupported" => (400, "The requested provider is not supported."),
        "user_key_and_session_set" => (
            403,
            "API key and session used in the same request. Use either `setSession` or `setKey`. Learn about which authentication method to use in the SSR docs: https://appwrite.io/docs/products/auth/server-side-rendering",
        ),
        "user_more_factors_required" => (401, "More factors are required to complete the sign in process."),
        "user_not_found" => (404, "User with the requested ID could not be found."),
        "user_phone_not_found" => {
            (400, "The current user does not have a phone number associated with their account.")
        }
        "user_recovery_codes_already_exists" => (
            409,
            "The current user already generated recovery codes and they can only be read once for security reasons.",
        ),
        "user_recovery_codes_not_found" => (404, "Recovery codes could not be found on the current user."),
        "user_session_already_exists" => {
            (401, "Creation of a session is prohibited when a session is active.")
        }
        "user_session_not_found" => (404, "The current user session could not be found."),
        "user_unauthorized" => (401, "The current user is not authorized to perform the requested action."),
        "user_email_not_found" => (400, "User email could not be found."),
        "user_email_not_verified" => (400, "User email is not verified"),
        "user_phone_not_verified" => (400, "User phone is not verified"),
        "user_identity_not_found" => (
            404,
            "The identity could not be found. Please sign in with OAuth provider to create identity first.",
        ),
        "user_oauth2_provider_error" => (424, "OAuth2 provider returned some error."),
        "user_oauth2_bad_request" => (400, "OAuth2 provider rejected the bad request."),
        "user_phone_already_exists" => {
            (409, "A user with the same phone number already exists in the current project.")
        }
        "user_phone_already_verified" => (409, "User phone is already verified"),
        "user_target_already_exists" => (409, "A target with the same ID already exists."),
        "user_target_not_found" => (404, "The target could not be found."),
        "project_invalid_success_url" => (400, "Invalid redirect URL for OAuth success."),
        "project_invalid_failure_url" => (400, "Invalid redirect URL for OAuth failure."),
        "team_already_exists" => {
            (409, "Team with requested ID already exists. Please choose a different ID and try again.")
        }
        "team_not_found" => (404, "Team with the requested ID could not be found."),
        "team_invalid_secret" => {
            (401, "The team invitation secret is invalid. Please request  a new invitation and try again.")
        }
        "team_invite_already_exists" => {
            (409, "User has already been invited or is already a member of this team")
        }
        "team_invite_not_found" => (404, "The requested team invitation could not be found."),
        "team_membership_mismatch" => (404, "The membership ID does not belong to the team ID."),
        "team_invite_mismatch" => (401, "The invite does not belong to the current user."),
        "membership_not_found" => (404, "Membership with the requested ID could not be found."),
        "membership_already_confirmed" => (409, "Membership is already confirmed."),
        _ => (500, "Server Error"),
    }
}
