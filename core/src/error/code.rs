//! The stable code of each error.

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// The stable codes of all errors: one list for every language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode { $($(#[$doc])* $variant,)+ }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as text, in snake case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

error_codes! {
    /// [`Error::Config`](crate::Error::Config)
    Config = "config",
    /// [`Error::InvalidCredentials`](crate::Error::InvalidCredentials)
    InvalidCredentials = "invalid_credentials",
    /// [`Error::InvalidToken`](crate::Error::InvalidToken)
    InvalidToken = "invalid_token",
    /// [`Error::InvalidInput`](crate::Error::InvalidInput)
    InvalidInput = "invalid_input",
    /// [`Error::AlreadyExists`](crate::Error::AlreadyExists)
    AlreadyExists = "already_exists",
    /// [`Error::SignedOut`](crate::Error::SignedOut)
    SignedOut = "signed_out",
    /// [`Error::MfaRequired`](crate::Error::MfaRequired)
    MfaRequired = "mfa_required",
    /// [`Error::UserBlocked`](crate::Error::UserBlocked)
    UserBlocked = "user_blocked",
    /// [`Error::Forbidden`](crate::Error::Forbidden)
    Forbidden = "forbidden",
    /// [`Error::Unsupported`](crate::Error::Unsupported)
    Unsupported = "unsupported",
    /// [`Error::ReauthenticationRequired`](crate::Error::ReauthenticationRequired)
    ReauthenticationRequired = "reauthentication_required",
    /// [`Error::ChallengeRequired`](crate::Error::ChallengeRequired)
    ChallengeRequired = "challenge_required",
    /// [`Error::CallbackRejected`](crate::Error::CallbackRejected)
    CallbackRejected = "callback_rejected",
    /// [`Error::ScreenFailed`](crate::Error::ScreenFailed)
    ScreenFailed = "screen_failed",
    /// [`Error::FileFailed`](crate::Error::FileFailed)
    FileFailed = "file_failed",
    /// [`Error::RateLimited`](crate::Error::RateLimited)
    RateLimited = "rate_limited",
    /// [`Error::Network`](crate::Error::Network)
    Network = "network",
    /// [`Error::Timeout`](crate::Error::Timeout)
    Timeout = "timeout",
    /// [`Error::Untrusted`](crate::Error::Untrusted)
    Untrusted = "untrusted",
    /// [`Error::Proxy`](crate::Error::Proxy)
    Proxy = "proxy",
    /// [`Error::AppwriteUnavailable`](crate::Error::AppwriteUnavailable)
    AppwriteUnavailable = "appwrite_unavailable",
    /// [`Error::StorageLocked`](crate::Error::StorageLocked)
    StorageLocked = "storage_locked",
    /// [`Error::StorageUnavailable`](crate::Error::StorageUnavailable)
    StorageUnavailable = "storage_unavailable",
    /// [`Error::PresenceRequired`](crate::Error::PresenceRequired)
    PresenceRequired = "presence_required",
    /// [`Error::OriginNotAllowed`](crate::Error::OriginNotAllowed)
    OriginNotAllowed = "origin_not_allowed",
    /// [`Error::InvalidRedirect`](crate::Error::InvalidRedirect)
    InvalidRedirect = "invalid_redirect",
    /// [`Error::InvalidResponse`](crate::Error::InvalidResponse)
    InvalidResponse = "invalid_response",
    /// [`Error::ResponseTooLarge`](crate::Error::ResponseTooLarge)
    ResponseTooLarge = "response_too_large",
    /// [`Error::UnexpectedStatus`](crate::Error::UnexpectedStatus)
    UnexpectedStatus = "unexpected_status",
    /// [`Error::Superseded`](crate::Error::Superseded)
    Superseded = "superseded",
    /// [`Error::Closed`](crate::Error::Closed)
    Closed = "closed",
    /// [`Error::Internal`](crate::Error::Internal)
    Internal = "internal",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_snake_case() {
        let mut texts: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(texts.iter().all(|text| text.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')));
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), ErrorCode::ALL.len());
    }
}
