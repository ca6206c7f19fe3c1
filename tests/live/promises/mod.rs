//! The promises, each as one thing that a user of the library can see.

mod account;
mod carry;
mod end;
mod factor;
mod keep;
mod sign_in;

use std::{future::Future, pin::Pin};

use crate::harness::{
    limits::{
        Limited::{
            CompleteChallenge, CreateChallenge, DeleteSession, DeleteSessions, ExtendSession,
            SignInAnonymously, SignInByEmail, SignInByToken, SignUp,
        },
        Need,
    },
    outcome::Outcome,
    world::World,
};

/// Tries one promise.
pub(crate) type Check = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One promise.
#[derive(Clone, Copy)]
pub(crate) struct Promise {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    /// The requests to limited routes that it makes, at most.
    pub(crate) needs: &'static [Need],
    pub(crate) check: Check,
}

macro_rules! promises {
    ($($module:ident::$name:ident [$($limited:ident $count:literal),*]: $says:literal,)+) => {
        &[$(Promise {
            name: stringify!($name),
            says: $says,
            needs: &[$(($limited, $count)),*],
            check: |world| Box::pin($module::$name(world)),
        },)+]
    };
}

/// All of them, in the order in which they are tried, with the requests to limited routes that each makes.
///
/// Extending a session and deleting one are counted together, and the limit of extending is a tenth of the other. So one sign-out
/// comes first, whose answer tells how much is used, and the extension comes before all other deletions.
pub(crate) const PROMISES: &[Promise] = promises![
    end::signs_out_here_and_there [SignInByToken 1, DeleteSession 1]: "a sign-out is local at once, and Appwrite deletes the session",
    keep::extends_a_session [SignInByToken 1, ExtendSession 1]: "an extended session ends later, and the credential stays the same",
    sign_in::signs_up [SignUp 2, SignInByEmail 1]: "a sign-up makes a user, signs nobody in and carries no credential; a second one of the same e-mail is told apart",
    sign_in::signs_in_directly [SignInByEmail 1]: "a sign-in works on the endpoint itself, without anything in between",
    sign_in::signs_in_with_a_token [SignInByToken 2]: "a token of the app's server signs in, once",
    sign_in::signs_in_anonymously [SignInAnonymously 1]: "an anonymous sign-in makes a user without an e-mail",
    sign_in::refuses_a_wrong_password [SignInByToken 1, SignInByEmail 1]: "a wrong password is its own error, and costs nobody a session",
    sign_in::tells_of_a_blocked_user [SignInByToken 1, SignInByEmail 1]: "a blocked user is its own error, and keeps the session for when the block is lifted",
    sign_in::finishes_a_dropped_sign_in [SignInByToken 1]: "a sign-in whose caller has gone ends stored, with one session at Appwrite",
    sign_in::tells_every_change [SignInByToken 1]: "an observer hears the current state first, then every change, numbered",
    factor::completes_a_second_factor [SignInByToken 1, SignInByEmail 1, CreateChallenge 1, CompleteChallenge 2]: "a sign-in that needs a code waits for it, also across a restart, and completes with it",
    factor::completes_with_a_recovery_code [SignInByToken 2, CreateChallenge 2, CompleteChallenge 2]: "a recovery code completes a sign-in, however the server spells that factor",
    factor::tells_of_an_unverified_email [SignInByToken 2, CreateChallenge 1]: "a code to an e-mail that is not verified is refused as such, and the sign-in goes on waiting",
    carry::carried_by_cookie [SignInByToken 1]: "the gateway gets the credential as a cookie, and nothing else that proves something",
    carry::carried_by_fallback_header [SignInByToken 1]: "the gateway gets the credential as X-Fallback-Cookies, and nothing else",
    carry::carried_by_session_header [SignInByToken 1]: "the gateway gets the credential as X-Appwrite-Session, and nothing else",
    carry::refuses_a_foreign_origin [SignInByToken 1]: "a call to another origin fails before anything is sent",
    carry::loses_it_across_a_redirect [SignInByToken 1]: "a redirect to another origin carries nothing there",
    carry::sends_nothing_on_a_login_call [SignInByToken 1, SignInByEmail 1, DeleteSession 1]: "a sign-in carries no credential while one is held, and the session before it is revoked",
    carry::keeps_two_accounts_apart [SignInByToken 1, DeleteSession 1]: "two accounts on one device do not touch each other",
    carry::shows_no_secret [SignInByToken 1]: "no Debug text holds the credential",
    keep::restores_without_a_request [SignInByToken 1]: "a restart is signed in at once, without a request",
    keep::survives_a_dead_network [SignInByToken 1]: "a dead network keeps the session",
    keep::survives_broken_answers [SignInByToken 1]: "5xx, 429, HTML, nonsense and 401s of other types in place of Appwrite keep the session",
    keep::survives_a_401_of_the_gateway [SignInByToken 1]: "a gateway's own 401 is returned, after one question to Appwrite, and keeps the session",
    keep::asks_once_for_many [SignInByToken 1]: "a hundred simultaneous 401s cause one question to Appwrite",
    keep::lists_sessions [SignInByToken 2, DeleteSession 2]: "every session is listed, and this device's own is marked",
    account::shows_what_the_user_changes [SignInByToken 1]: "a change of the name is in the state and restored, and preferences are merged",
    account::enrolls_an_authenticator [SignInByToken 1]: "an authenticator is enrolled and required, and this session goes on",
    account::deletes_the_own_account [SignInByToken 1]: "a user who deletes the own account is signed out, and Appwrite has the user no more",
    account::tells_what_the_server_lacks [SignInByToken 1]: "what the server is too old for is told with the version that has it, and keeps the session",
    end::ends_when_another_device_revokes [SignInByToken 2, DeleteSession 1]: "a session that another device revoked ends at the next call, and only that one",
    end::ends_when_the_key_revokes [SignInByToken 1]: "a session that the project's key revoked ends at the next call",
    end::ends_behind_a_page [SignInByToken 1]: "a revoked session ends also where GET /account answers guests with a page of HTML",
    end::ends_with_its_user [SignInByToken 1]: "the session of a deleted user ends at the next call",
    end::signs_out_offline [SignInByToken 1, DeleteSession 1]: "a sign-out without a network is local at once, and reaches Appwrite after a restart",
    end::signs_out_everywhere [SignInByToken 2, DeleteSessions 1]: "a sign-out everywhere ends the sessions of every device",
];
