//! The mock Appwrite as these tests use it: the one place that knows its control API.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

pub(crate) use mock_appwrite::Profile;
use mock_appwrite::{Aim, Control, Entry, MockAppwrite, NewUser};
use serde_json::json;

use crate::{
    journal::{Listener, Seen, of_client},
    support::PASSWORD,
};

/// What `Fault::Unavailable` asks to wait, in seconds.
pub(crate) const RETRY_AFTER: u64 = 7;

/// A user of the mock, whose password is `PASSWORD`.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    ResetBefore,
    ResetAfter,
    Hang,
    StallBody,
    TruncateBody,
    Status500,
    Unavailable,
    UnavailableFor(u64),
    RateLimited,
    Html401,
    /// Appwrite's 401 of that type.
    Refusal401(&'static str),
    WrongJson,
}

impl From<Fault> for mock_appwrite::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::ResetBefore => Self::ResetBefore,
            Fault::ResetAfter => Self::ResetAfter,
            Fault::Hang => Self::Hang,
            Fault::StallBody => Self::StallBody,
            Fault::TruncateBody => Self::TruncateBody,
            Fault::Status500 => Self::Status(500),
            Fault::Unavailable => Self::Unavailable { retry_after: RETRY_AFTER },
            Fault::UnavailableFor(retry_after) => Self::Unavailable { retry_after },
            Fault::RateLimited => Self::RateLimited { retry_after: Some(60), reset: None },
            Fault::Html401 => Self::Html(401),
            Fault::Refusal401(kind) => Self::Refusal { kind: kind.to_owned(), status: Some(401) },
            Fault::WrongJson => Self::WrongJson,
        }
    }
}

/// Requests that wait until they are let go, by release or by drop.
pub(crate) struct Hold {
    control: Control,
    id: u64,
}

impl Hold {
    /// Waits until a request is held.
    pub(crate) async fn reached(&self) {
        self.reached_by(1).await;
    }

    /// Waits until so many requests are held.
    pub(crate) async fn reached_by(&self, requests: usize) {
        self.control.wait_for_hits(self.id, u32::try_from(requests).unwrap()).await;
    }

    pub(crate) fn release(self) {
        drop(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.control.release(self.id);
    }
}

/// One Appwrite, its gateway and a stranger.
pub(crate) struct Server {
    mock: MockAppwrite,
    profile: Profile,
    control: Control,
    people: AtomicUsize,
}

impl Server {
    pub(crate) async fn start(profile: Profile) -> Self {
        let mock = MockAppwrite::start(profile).await.unwrap();
        let control = mock.control();
        // Tests sign in more often than a user may in an hour; the tests of the limits switch them on.
        control.rate_limits(false);
        Self { control, mock, profile, people: AtomicUsize::new(0) }
    }

    /// The controls, for what is outside of Appwrite.
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile
    }

    pub(crate) fn endpoint(&self) -> String {
        self.mock.endpoint()
    }

    pub(crate) fn gateway(&self) -> String {
        self.mock.gateway()
    }

    pub(crate) fn foreign(&self) -> String {
        self.mock.foreign()
    }

    pub(crate) fn project(&self) -> String {
        self.mock.project().to_owned()
    }

    /// A new user.
    pub(crate) fn person(&self) -> Person {
        let email = self.new_email();
        Person { id: self.control.user(&email, PASSWORD), email }
    }

    /// A user with this address, unless there is one.
    pub(crate) fn person_with_email(&self, email: &str) {
        self.control.user(email, PASSWORD);
    }

    /// A session of another device, as the credential that proves it.
    pub(crate) fn credential_of(&self, person: &Person) -> String {
        self.control.create_session(&person.id).unwrap().credential
    }

    /// Changes how the ID tokens of a provider are taken.
    pub(crate) fn update_id_tokens(&self, provider: &str, change: &serde_json::Value) {
        self.control.update_id_tokens(provider, change).unwrap();
    }

    /// Changes the settings of passkeys.
    pub(crate) fn update_passkeys(&self, change: &serde_json::Value) {
        self.control.update_passkeys(change);
    }

    /// A new user of that id.
    pub(crate) fn person_with_id(&self, id: &str) -> Person {
        let email = self.new_email();
        let new = NewUser {
            user_id: Some(id.to_owned()),
            email: Some(email.clone()),
            password: Some(PASSWORD.to_owned()),
            ..NewUser::default()
        };
        Person { id: self.control.create_user(new), email }
    }

    fn new_email(&self) -> String {
        format!("person-{}@example.com", self.people.fetch_add(1, Ordering::Relaxed))
    }

    /// From now on a sign-in needs a code of the user's authenticator as well.
    pub(crate) fn require_totp(&self, person: &Person) {
        self.control.require_mfa(&person.id);
    }

    /// New recovery codes of the user.
    pub(crate) fn recovery_codes(&self, person: &Person) -> Vec<String> {
        self.control.make_recovery_codes(&person.id)
    }

    /// The next such request is answered with this text, and nothing is done.
    pub(crate) fn answer_next(&self, method: &str, path: &str, status: u16, body: &str) {
        let fault = mock_appwrite::Fault::Answer { status, body: body.to_owned() };
        self.control.fault(Aim::at(method, path), 1, fault);
    }

    /// From now on whatever is asked of the account is answered with this text, and nothing is done.
    pub(crate) fn answer_all(&self, status: u16, body: &str) {
        let fault = mock_appwrite::Fault::Answer { status, body: body.to_owned() };
        self.control.fault(Aim::path("/v1/account*"), u32::MAX, fault);
    }

    /// From now on the answers to such requests have these members in place of their own.
    pub(crate) fn change_answers(&self, method: &str, path: &str, members: serde_json::Value) {
        let serde_json::Value::Object(members) = members else { panic!("members are an object") };
        self.control.fault(Aim::at(method, path), u32::MAX, mock_appwrite::Fault::Members(members));
    }

    /// From now on the answers to such requests begin with a byte order mark.
    pub(crate) fn mark_answers(&self, method: &str, path: &str) {
        self.control.fault(Aim::at(method, path), u32::MAX, mock_appwrite::Fault::ByteOrderMark);
    }

    /// The authenticator's code, which stays valid for some seconds.
    pub(crate) fn totp(&self, person: &Person) -> String {
        if self.control.now() % 30_000 > 20_000 {
            self.advance(Duration::from_secs(10));
        }
        self.control.totp_code(&person.id).unwrap()
    }

    /// A token that the app's server made.
    pub(crate) fn token(&self, person: &Person) -> String {
        self.control.create_token(&person.id, 32, 900).unwrap()
    }

    pub(crate) fn block(&self, person: &Person, blocked: bool) {
        self.control.block(&person.id, blocked);
    }

    pub(crate) fn rename(&self, person: &Person, name: &str) {
        self.control.update_user(&person.id, &json!({ "name": name }));
    }

    /// The ids of the user's sessions that Appwrite would accept.
    pub(crate) fn sessions(&self, person: &Person) -> Vec<String> {
        self.sessions_of(&person.id)
    }

    /// As [`sessions`](Self::sessions), for a user who is known by the id alone.
    pub(crate) fn sessions_of(&self, user_id: &str) -> Vec<String> {
        let (now, all) = (self.control.now(), self.control.sessions(user_id));
        all.into_iter().filter(|session| session.expire >= now).map(|session| session.session_id).collect()
    }

    /// Opens a session of another device, and gives its id.
    pub(crate) fn sign_in_elsewhere(&self, person: &Person) -> String {
        self.control.create_session(&person.id).unwrap().session_id
    }

    pub(crate) fn revoke(&self, person: &Person, session: &str) {
        self.control.revoke_session(&person.id, session);
    }

    pub(crate) fn revoke_all(&self, person: &Person) {
        self.control.revoke_sessions(&person.id);
    }

    /// Revokes all sessions of all users.
    pub(crate) fn revoke_everybody(&self) {
        for entry in self.control.journal() {
            entry.credential.user_id.iter().for_each(|user| self.control.revoke_sessions(user));
        }
    }

    pub(crate) fn expire_all(&self, person: &Person) {
        for session in self.control.sessions(&person.id) {
            self.control.expire_session(&person.id, &session.session_id);
        }
    }

    pub(crate) fn rate_limits(&self, on: bool) {
        self.control.rate_limits(on);
    }

    /// Moves Appwrite's clock on.
    pub(crate) fn advance(&self, duration: Duration) {
        self.control.advance_clock(duration);
    }

    pub(crate) fn journal(&self) -> Vec<Seen> {
        self.control.journal().into_iter().map(Seen::from).collect()
    }

    /// How many such requests the client itself has sent.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        of_client(&self.journal(), method, path).len()
    }

    /// How many of the client's requests to `path` were answered with `status`.
    pub(crate) fn answered(&self, path: &str, status: u16) -> usize {
        let journal = self.control.journal();
        journal.iter().filter(|entry| entry.path == path && entry.status == Some(status)).count()
    }

    /// From now on every such request meets with `fault`.
    pub(crate) fn fault(&self, method: &str, path: &str, fault: Fault) {
        self.control.fault(Aim::at(method, path), u32::MAX, fault.into());
    }

    /// The next `times` such requests meet with `fault`.
    pub(crate) fn fault_times(&self, method: &str, path: &str, fault: Fault, times: usize) {
        self.control.fault(Aim::at(method, path), u32::try_from(times).unwrap(), fault.into());
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.control.clear_faults();
    }

    /// Holds the next such request before anything is done.
    pub(crate) fn hold_before(&self, method: &str, path: &str) -> Hold {
        self.hold(method, path, 1, mock_appwrite::Fault::Hold)
    }

    /// Holds the answer of the next such request, when the work is done.
    pub(crate) fn hold_after(&self, method: &str, path: &str) -> Hold {
        self.hold(method, path, 1, mock_appwrite::Fault::HoldAnswer)
    }

    /// Holds the next `times` such requests before anything is done.
    pub(crate) fn hold_many(&self, method: &str, path: &str, times: usize) -> Hold {
        self.hold(method, path, times, mock_appwrite::Fault::Hold)
    }

    fn hold(&self, method: &str, path: &str, times: usize, fault: mock_appwrite::Fault) -> Hold {
        let id = self.control.fault(Aim::at(method, path), u32::try_from(times).unwrap(), fault);
        Hold { control: self.control.clone(), id }
    }

    /// Waits until `wanted` holds.
    pub(crate) async fn until(&self, wanted: impl Fn(&Self) -> bool) {
        while !wanted(self) {
            tokio::task::yield_now().await;
        }
    }
}

impl From<Entry> for Seen {
    fn from(entry: Entry) -> Self {
        Self {
            listener: match entry.listener {
                "appwrite" => Listener::Appwrite,
                "gateway" => Listener::Gateway,
                "foreign" => Listener::Foreign,
                other => panic!("the mock has a listener more: {other}"),
            },
            by_gateway: entry.caller == "gateway",
            method: entry.method,
            path: entry.path,
            query: entry.query,
            headers: entry
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: entry.body.into_bytes(),
            status: entry.status,
        }
    }
}
