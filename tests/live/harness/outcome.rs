//! What became of a promise, and what an error of the client says about it.

use appwrite_session_core::{ConfigError, Error};

/// Why a promise did not hold.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was seen in place of it.
    Broken(String),
    /// Why it cannot be tried on this Appwrite.
    NotTestable(String),
}

/// What became of a promise.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::RateLimited { retry_after } => Self::NotTestable(format!(
                "Appwrite's rate limit is reached{}",
                retry_after.map(|wait| format!(", try again in {} s", wait.as_secs())).unwrap_or_default()
            )),
            Error::Unsupported(why)
                if why.refusal().is_some_and(|refusal| refusal.kind() == "project_provider_unsupported") =>
            {
                let meant = "this Appwrite extends no session but those of OAuth2, and says so itself";
                Self::NotTestable(format!("{meant} ({why})"))
            }
            Error::Unsupported(why) => {
                Self::NotTestable(format!("this Appwrite does not support it ({why})"))
            }
            Error::Forbidden(refusal) if SWITCHED_OFF.contains(&refusal.kind()) => {
                Self::NotTestable(format!("the project has switched this off ({refusal})"))
            }
            Error::InvalidInput(refusal) if refusal.kind() == "general_route_not_found" => {
                Self::NotTestable(format!("this Appwrite does not have the route ({refusal})"))
            }
            // The same as a page of HTML, which newer servers answer with.
            Error::AppwriteUnavailable { status: Some(404), .. } => {
                Self::NotTestable("this Appwrite does not have the route (404 without a type)".to_owned())
            }
            Error::Config(problem @ ConfigError::CookieUnusable) => Self::NotTestable(problem.to_string()),
            error => Self::Broken(format!("a call failed with {}: {error}", error.code().as_str())),
        }
    }
}

const SWITCHED_OFF: [&str; 3] =
    ["user_auth_method_unsupported", "general_service_disabled", "general_api_disabled"];

/// What the harness itself could not do says nothing about the promise.
impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::NotTestable(format!("the harness could not prepare it: {text}"))
    }
}

/// Breaks the promise unless the condition holds; the text says what was seen.
macro_rules! ensure {
    ($held:expr, $($seen:tt)+) => {
        if !$held {
            return Err($crate::harness::outcome::Stop::Broken(format!($($seen)+)));
        }
    };
}
pub(crate) use ensure;

/// Breaks the promise unless `what` failed with this code. What the project has switched off is not testable.
pub(crate) fn fails_with<T>(result: Result<T, Error>, expected: &str, what: &str) -> Outcome {
    let code = code(&result);
    let Err(error) = result else { return Err(Stop::Broken(format!("{what} succeeded"))) };
    match Stop::from(error) {
        _ if code == expected => Ok(()),
        Stop::Broken(_) => Err(Stop::Broken(format!("{what} ended in {code}"))),
        stop @ Stop::NotTestable(_) => Err(stop),
    }
}

/// The code of the error, or what came in place of one.
pub(crate) fn code<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().err().map_or("success", |error| error.code().as_str())
}
