//! The promises, each as one thing that a user of the library can see.

mod carry;
mod end;
mod factor;
mod keep;
mod sign_in;

use std::{future::Future, pin::Pin};

use crate::harness::world::{Outcome, World};

/// Tries one promise.
pub(crate) type Check = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One promise.
#[derive(Clone, Copy)]
pub(crate) struct Promise {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    pub(crate) check: Check,
}

macro_rules! promises {
    ($($module:ident::$name:ident: $says:literal,)+) => {
        &[$(Promise { name: stringify!($name), says: $says, check: |world| Box::pin($module::$name(world)) },)+]
    };
}

/// All of them, in the order in which they are tried.
pub(crate) const PROMISES: &[Promise] = promises![
    sign_in::signs_up: "a sign-up makes a user and signs nobody in; a second one of the same e-mail is told apart",
    sign_in::signs_in_directly: "a sign-in works on the endpoint itself, without anything in between",
    sign_in::signs_in_with_a_token: "a token of the app's server signs in, once",
    sign_in::signs_in_anonymously: "an anonymous sign-in makes a user without an e-mail",
    sign_in::refuses_a_wrong_password: "a wrong password is its own error, and costs nobody a session",
    sign_in::tells_of_a_blocked_user: "a blocked user is its own error, and keeps the session for when the block is lifted",
    sign_in::finishes_a_dropped_sign_in: "a sign-in whose caller has gone ends stored, with one session at Appwrite",
    sign_in::tells_every_change: "an observer hears the current state first, then every change, numbered",
    factor::completes_a_second_factor: "a sign-in that needs a code waits for it, also across a restart, and completes with it",
    carry::carried_by_cookie: "the gateway gets the credential as a cookie, and nothing else that proves something",
    carry::carried_by_fallback_header: "the gateway gets the credential as X-Fallback-Cookies, and nothing else",
    carry::carried_by_session_header: "the gateway gets the credential as X-Appwrite-Session, and nothing else",
    carry::refuses_a_foreign_origin: "a call to another origin fails before anything is sent",
    carry::loses_it_across_a_redirect: "a redirect to another origin carries nothing there",
    carry::sends_nothing_on_a_login_call: "sign-up and sign-in carry no credential, also while one is held",
    carry::keeps_two_accounts_apart: "two accounts on one device do not touch each other",
    carry::shows_no_secret: "no Debug text holds the credential",
    keep::restores_without_a_request: "a restart is signed in at once, without a request",
    keep::survives_a_dead_network: "a dead network keeps the session",
    keep::survives_broken_answers: "5xx, 429, HTML and nonsense in place of Appwrite keep the session",
    keep::survives_a_401_of_the_gateway: "a gateway's own 401 is returned, after one question to Appwrite, and keeps the session",
    keep::asks_once_for_many: "a hundred simultaneous 401s cause one question to Appwrite",
    keep::extends_a_session: "an extended session ends later, and the credential stays the same",
    keep::lists_sessions: "every session is listed, and this device's own is marked",
    end::ends_when_another_device_revokes: "a session that another device revoked ends at the next call, and only that one",
    end::ends_when_the_key_revokes: "a session that the project's key revoked ends at the next call",
    end::ends_with_its_user: "the session of a deleted user ends at the next call",
    end::signs_out_here_and_there: "a sign-out is local at once, and Appwrite deletes the session",
    end::signs_out_offline: "a sign-out without a network is local at once, and reaches Appwrite after a restart",
    end::signs_out_everywhere: "a sign-out everywhere ends the sessions of every device",
];
