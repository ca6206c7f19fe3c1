//! The servers that the mock can be, and every difference between them as named data.

/// Which Appwrite the mock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// 1.5.11 on Swoole 5.1.
    V1_5,
    /// 1.9.6 on Swoole 6.2.
    V1_9,
    /// 2.7.1, as far as it is known (contract §2x).
    V2_7,
}

impl Profile {
    /// Every profile, the oldest first.
    pub const ALL: [Self; 3] = [Self::V1_5, Self::V1_9, Self::V2_7];

    /// The profile of a version such as `1.9` or `1.9.6`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "1.5" | "1.5.11" => Some(Self::V1_5),
            "1.9" | "1.9.6" => Some(Self::V1_9),
            "2.7" | "2.7.1" => Some(Self::V2_7),
            _ => None,
        }
    }

    /// The version as `--profile` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1_5 => "1.5",
            Self::V1_9 => "1.9",
            Self::V2_7 => "2.7",
        }
    }

    /// Everything in which this server differs from the others.
    pub(crate) fn traits(self) -> &'static Traits {
        match self {
            Self::V1_5 => &V1_5,
            Self::V1_9 => &V1_9,
            Self::V2_7 => &V2_7,
        }
    }
}

/// The differences, by what they are about.
pub(crate) struct Traits {
    /// What errors give as `version`.
    pub(crate) version: &'static str,
    /// Cookie attributes after the domain (contract §1.3).
    pub(crate) http_only: &'static str,
    pub(crate) same_site: &'static str,
    /// Of two cookies with one name the first is read, else the last (contract §13.15, §14.18).
    pub(crate) first_cookie_wins: bool,
    /// Quotes around a cookie's value are taken off (contract §13.15).
    pub(crate) unquotes_cookies: bool,
    /// The cookie is looked up by the project id as given, else lower-cased (contract §1.2).
    pub(crate) exact_cookie_names: bool,
    /// A blob must be nothing but base64 (contract §1.1).
    pub(crate) strict_base64: bool,
    /// The origin is checked on every method and by scheme (contract §2).
    pub(crate) origin_by_scheme: bool,
    /// A JWT beside a valid session is refused (contract §1.6).
    pub(crate) refuses_jwt_with_session: bool,
    /// An API key beside a valid session is refused (contract §1.6).
    pub(crate) refuses_key_with_session: bool,
    /// An unknown API key is refused (contract §14.6), else ignored.
    pub(crate) refuses_unknown_keys: bool,
    /// `scopes (["account"])`, else `scope (account)` (contract §7).
    pub(crate) plural_scopes: bool,
    /// The status of `user_blocked` (contract §7).
    pub(crate) blocked_status: u16,
    /// The status of a created challenge or of recovery codes (contract §13.6, §14.19).
    pub(crate) mfa_created_status: u16,
    /// The table of errors has those of addresses that are not verified or not there; else they are a 500 (contract §15.6).
    pub(crate) lists_unverified: bool,
    /// The spelling of the recovery factor with which a challenge can be completed (contract §13.6, §14.7).
    pub(crate) recovery_factor: &'static str,
    /// A login that succeeds empties its limit (contract §13.19, §14.8).
    pub(crate) login_resets_limit: bool,
    /// The login limit does not tell upper from lower case in an e-mail (contract §13.19, §14.8).
    pub(crate) folds_limit_email: bool,
    /// Stored hashes leak in `secret` of some answers (contract §13.5).
    pub(crate) leaks_hashes: bool,
    /// Minted JWTs: most per window, seconds per window, and whether a duration can be asked for.
    pub(crate) jwt_limit: (u32, i64),
    pub(crate) jwt_duration: bool,
    /// How long after its `exp` a JWT works (contract §13.10, §14.5).
    pub(crate) jwt_leeway: i64,
    /// OAuth2 URLs have their scheme and console host from the configuration and their port from a header, else all from the request.
    pub(crate) configured_urls: bool,
    /// Where the console's pages are.
    pub(crate) console_path: &'static str,
    /// The token of an OAuth2 flow is a JWT of a minute (contract §3.1).
    pub(crate) oauth2_jwt: bool,
    /// The OAuth2 providers that only the newer server knows.
    pub(crate) newer_providers: &'static [&'static str],
    /// A user agent that an API key forwards counts.
    pub(crate) forwards_user_agent: bool,
    /// How many hexadecimal digits the secret of a session by magic URL has.
    pub(crate) magic_url_secret: usize,
    /// The message of `user_blocked`.
    pub(crate) blocked_message: &'static str,
    /// The options of a password hash: how the memory is spelled, how much it is, and how the time is spelled.
    pub(crate) hash_options: (&'static str, u32, &'static str),
    /// A user who comes with an e-mail code gets an e-mail target.
    pub(crate) targets_of_tokens: bool,
    /// The newer fields of accounts and targets (contract §4).
    pub(crate) newer_fields: bool,
    /// A new project's limit of sessions per user; 0 is none (contract §13, §14.1).
    pub(crate) session_limit: usize,
    /// A new project ends other sessions when the password changes (contract §5).
    pub(crate) invalidates_sessions: bool,
    /// `X-Debug-Fallback: false` first and `true` as a second line, and CORS headers in the newer form (contract §14.11).
    pub(crate) newer_headers: bool,
    /// Dev keys exempt from limits and from the origin check (contract §2x.1.1).
    pub(crate) dev_keys: bool,
    /// A JWT dies when its session expires, not only when it is deleted (contract §5, §2x.1).
    pub(crate) jwt_dies_with_session: bool,
    /// A JWT that asks for a JWT is refused, else it has no session (contract §5).
    pub(crate) denies_jwt_of_jwt: bool,
    /// Extending a session answers with dates in ISO form, else in the database's (contract §4).
    pub(crate) iso_when_extended: bool,
    /// A session that came from an OAuth2 token has both factors, as one that the flow itself opens (contract §3.3).
    pub(crate) oauth2_token_has_both_factors: bool,
    /// The fields that came with 2.x (contract §2x.4), and the factor `custom`.
    pub(crate) fields_of_2: bool,
}

const V1_5: Traits = Traits {
    version: "1.5.11",
    http_only: "httponly",
    same_site: "samesite=None",
    first_cookie_wins: false,
    unquotes_cookies: true,
    exact_cookie_names: false,
    strict_base64: false,
    origin_by_scheme: false,
    refuses_jwt_with_session: false,
    refuses_key_with_session: true,
    refuses_unknown_keys: false,
    plural_scopes: false,
    blocked_status: 401,
    mfa_created_status: 200,
    lists_unverified: false,
    recovery_factor: "recoverycode",
    login_resets_limit: false,
    folds_limit_email: true,
    leaks_hashes: true,
    jwt_limit: (100, 3600),
    jwt_duration: false,
    jwt_leeway: 10,
    configured_urls: false,
    console_path: "",
    oauth2_jwt: false,
    newer_providers: &[],
    forwards_user_agent: false,
    magic_url_secret: 256,
    blocked_message: "The current user has been blocked. You can unblock the user by making a request to the User API's \"Update \
                      User Status\" endpoint or in the Appwrite Console's Auth section.",
    hash_options: ("memoryCost", 2048, "timeCost"),
    targets_of_tokens: false,
    newer_fields: false,
    session_limit: 10,
    invalidates_sessions: false,
    newer_headers: false,
    dev_keys: false,
    jwt_dies_with_session: false,
    denies_jwt_of_jwt: false,
    iso_when_extended: false,
    oauth2_token_has_both_factors: false,
    fields_of_2: false,
};

const V1_9: Traits = Traits {
    version: "1.9.6",
    http_only: "HttpOnly",
    same_site: "SameSite=None",
    first_cookie_wins: true,
    unquotes_cookies: false,
    exact_cookie_names: true,
    strict_base64: true,
    origin_by_scheme: true,
    refuses_jwt_with_session: true,
    refuses_key_with_session: false,
    refuses_unknown_keys: true,
    plural_scopes: true,
    blocked_status: 403,
    mfa_created_status: 201,
    lists_unverified: true,
    recovery_factor: "recoveryCode",
    login_resets_limit: true,
    folds_limit_email: false,
    leaks_hashes: false,
    jwt_limit: (120, 60),
    jwt_duration: true,
    jwt_leeway: 0,
    configured_urls: true,
    console_path: "/console",
    oauth2_jwt: true,
    forwards_user_agent: true,
    magic_url_secret: 64,
    newer_providers: &["figma", "fusionauth", "keycloak", "kick", "x", "mock-unverified"],
    blocked_message: "The current user has been blocked.",
    hash_options: ("memory_cost", 65_536, "time_cost"),
    targets_of_tokens: true,
    newer_fields: true,
    session_limit: 0,
    invalidates_sessions: true,
    newer_headers: true,
    dev_keys: true,
    jwt_dies_with_session: false,
    denies_jwt_of_jwt: false,
    iso_when_extended: false,
    oauth2_token_has_both_factors: false,
    fields_of_2: false,
};

/// What is not here did not visibly change since 1.9.6 (contract §2x.1.1).
const V2_7: Traits = Traits {
    version: "2.7.1",
    console_path: "",
    newer_providers: &[
        "appwrite",
        "cloudflare",
        "figma",
        "fusionauth",
        "huggingface",
        "kakao",
        "keycloak",
        "kick",
        "resend",
        "tiktok",
        "webflow",
        "x",
        "mock-unverified",
    ],
    dev_keys: false,
    jwt_dies_with_session: true,
    denies_jwt_of_jwt: true,
    iso_when_extended: true,
    oauth2_token_has_both_factors: true,
    fields_of_2: true,
    ..V1_9
};
