//! The clients, by the numbers that JavaScript knows them by, and their calls: the methods of the native module's specification.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    pin::Pin,
    sync::{Arc, Mutex},
};

use appwrite_session_core::{
    Authorization, Change, Error, Factor, Import, MfaChallenge, Secret, SessionClient, SessionState,
    SignedOutReason, Verdict, store::Persistence,
};
use appwrite_session_world::json;
use http::Method;
use serde_json::Value;

use crate::{
    accounts::Opened,
    config::{Config, Place},
    executor::{Group, locked},
    failure::{Failure, one_of},
    gateway::send,
    models,
    world::{APART, FakeWorld},
};

/// All clients, also those that are closed.
pub(crate) struct Clients {
    pub(crate) world: Arc<FakeWorld>,
    pub(crate) accounts: Mutex<BTreeMap<u32, Opened>>,
    known: Mutex<Known>,
    /// The tasks of the calls that are not settled, by their numbers.
    calls: Mutex<HashMap<u32, u32>>,
}

#[derive(Default)]
struct Known {
    all: BTreeMap<u32, Client>,
    last_group: Group,
}

/// One client.
pub(crate) struct Client {
    config: Config,
    place: Place,
    session: SessionClient,
    /// Of the tasks of this start.
    group: Group,
    /// How many changes there were in earlier starts.
    before: u64,
    is_open: bool,
    is_paused: bool,
    authorizations: VecDeque<(u32, Authorization)>,
    last_authorization: u32,
    /// Whether it is of accounts, which start it anew.
    is_account: bool,
}

impl Client {
    /// How many changes there were when the next start begins.
    pub(crate) fn next_before(&self) -> u64 {
        self.before + self.session.change().number + 1
    }

    /// Another start of the app has begun, with this session, after so many changes. The session before, which nobody uses any more.
    pub(crate) fn begin_again(&mut self, session: SessionClient, group: Group, before: u64) -> SessionClient {
        (self.group, self.before, self.is_paused) = (group, before, false);
        self.authorizations.clear();
        std::mem::replace(&mut self.session, session)
    }

    /// From now on it is not used.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }
}

/// How many authorizations of a client are kept.
const KEPT: usize = 256;

impl Clients {
    pub(crate) fn new(world: Arc<FakeWorld>) -> Arc<Self> {
        Arc::new(Self { world, accounts: Mutex::default(), known: Mutex::default(), calls: Mutex::default() })
    }

    /// Builds a client, which gets this number. JavaScript has seen so many changes of it before.
    pub(crate) fn open(&self, number: u32, config: Config, place: Place, before: u64) -> Result<(), Failure> {
        let (session, group) = self.start(number, before, &config, &place)?;
        let (endpoint, project, gateways) = config.addresses();
        self.world.world.admit(endpoint, project, gateways);
        self.insert(number, config, place, session, group, before);
        self.with(number, |client| client.is_account = false);
        Ok(())
    }

    /// Makes a client of accounts known by its number.
    pub(crate) fn insert(
        &self,
        number: u32,
        config: Config,
        place: Place,
        session: SessionClient,
        group: Group,
        before: u64,
    ) {
        let client = Client {
            config,
            place,
            session,
            group,
            before,
            is_open: true,
            is_paused: false,
            authorizations: VecDeque::new(),
            last_authorization: 0,
            is_account: true,
        };
        locked(&self.known).all.insert(number, client);
    }

    /// A number for the tasks of one start.
    pub(crate) fn next_group(&self) -> Group {
        let mut known = locked(&self.known);
        known.last_group += 1;
        known.last_group
    }

    /// Starts a client, and tells JavaScript its changes.
    fn start(
        &self,
        number: u32,
        before: u64,
        config: &Config,
        place: &Place,
    ) -> Result<(SessionClient, Group), Failure> {
        let group = self.next_group();
        let session = config.builder(place, &self.world, group)?.build()?;
        self.tell_changes(number, before, group, &session);
        Ok((session, group))
    }

    /// Tells JavaScript the changes of a client.
    pub(crate) fn tell_changes(&self, number: u32, before: u64, group: Group, session: &SessionClient) {
        let (mut changes, world) = (session.changes(), self.world.clone());
        self.world.executor.spawn(group, async move {
            while let Some(change) = changes.next().await {
                world.tell(json!({ "is": "change", "change": models::change(number, before, &change) }));
            }
        });
    }

    /// Starts every open client anew, as when the app's process has ended and another has begun.
    pub(crate) fn restart(self: &Arc<Self>) {
        let open: Vec<u32> = {
            let known = locked(&self.known);
            let is_alone = |client: &Client| client.is_open && !client.is_account;
            known.all.iter().filter(|(_, client)| is_alone(client)).map(|(number, _)| *number).collect()
        };
        for number in open {
            let Some((group, before, config, place)) = self.with(number, |client| {
                (client.group, client.next_before(), client.config.clone(), client.place.clone())
            }) else {
                continue;
            };
            self.world.executor.end_group(group);
            // It was built from this before, so it can be built again.
            if let Ok((session, group)) = self.start(number, before, &config, &place) {
                let ended = self.with(number, |client| client.begin_again(session, group, before));
                drop(ended);
            }
        }
        self.restart_accounts();
    }

    /// Lets every client retry its pending work, because a store or the network is back.
    pub(crate) fn nudge(&self) {
        for client in locked(&self.known).all.values().filter(|client| client.is_open && !client.is_paused) {
            let session = client.session.clone();
            self.world.executor.spawn(client.group, async move {
                session.resume().await;
            });
        }
    }

    /// Waits until no client has work in the background.
    async fn idle(self: Arc<Self>) {
        let sessions: Vec<SessionClient> = {
            let known = locked(&self.known);
            known.all.values().filter(|client| client.is_open).map(|client| client.session.clone()).collect()
        };
        for session in sessions {
            session.idle().await;
        }
    }

    /// The last change of a client, as `NativeChange`.
    pub(crate) fn change(&self, number: u32) -> Value {
        let of = |client: &mut Client| models::change(number, client.before, &client.session.change());
        self.with(number, of).unwrap_or_else(|| {
            let state = SessionState::SignedOut { reason: SignedOutReason::NoSession };
            models::change(number, 0, &Change::new(0, state, Persistence::MemoryOnly))
        })
    }

    /// The app goes to the background.
    pub(crate) fn pause(&self, number: u32) {
        self.with(number, |client| {
            if client.is_open {
                client.is_paused = true;
                client.session.pause();
            }
        });
    }

    /// Begins a call, which is settled by an event.
    pub(crate) fn call(self: &Arc<Self>, call: u32, number: u32, method: &str, args: Vec<Value>) {
        let opened = self.with(number, |client| {
            let opened = client.is_open.then(|| (client.session.clone(), client.group));
            match method {
                // From now on it is not used. Its end is waited for apart from its own tasks.
                "close" => client.close(),
                "resume" => client.is_paused = false,
                _ => {}
            }
            opened.map(|(session, group)| (session, if method == "close" { APART } else { group }))
        });
        let pending = Pending { call, clients: self.clone(), settled: false };
        let Some(Some((session, group))) = opened else {
            // Closing it again does nothing.
            let again = if method == "close" { Ok(Value::Null) } else { Err(Failure::closed()) };
            return pending.settle(again);
        };
        let (clients, method) = (self.clone(), method.to_owned());
        self.begin(call, group, async move {
            pending.settle(clients.perform(number, call, session, &method, &args).await);
        });
    }

    /// Begins work that is of no client, as a call.
    pub(crate) fn call_apart(
        self: &Arc<Self>,
        call: u32,
        work: impl Future<Output = Result<Value, Failure>> + Send + 'static,
    ) {
        self.begin_call(call, APART, work);
    }

    /// Begins work as a call, whose task is of `group`.
    pub(crate) fn begin_call(
        self: &Arc<Self>,
        call: u32,
        group: Group,
        work: impl Future<Output = Result<Value, Failure>> + Send + 'static,
    ) {
        self.begin_boxed(call, group, Box::pin(work));
    }

    // Boxed, so that what settles a call is there once, and not once for each kind of work.
    fn begin_boxed(
        self: &Arc<Self>,
        call: u32,
        group: Group,
        work: Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send>>,
    ) {
        let pending = Pending { call, clients: self.clone(), settled: false };
        self.begin(call, group, async move { pending.settle(work.await) });
    }

    /// Waits until the clients have nothing to do in the background, as a call.
    pub(crate) fn call_idle(self: &Arc<Self>, call: u32) {
        let clients = self.clone();
        self.call_apart(call, async move {
            clients.idle().await;
            Ok(Value::Null)
        });
    }

    fn begin(&self, call: u32, group: Group, task: impl Future<Output = ()> + Send + 'static) {
        let task = self.world.executor.spawn(group, task);
        locked(&self.calls).insert(call, task);
    }

    /// Ends a call, which is settled as cancelled.
    pub(crate) fn cancel(&self, call: u32) {
        let task = locked(&self.calls).remove(&call);
        if let Some(task) = task {
            self.settle(call, Err(Failure::cancelled()));
            self.world.executor.end(task);
        }
    }

    /// Tells JavaScript the result of a call. Only the first one counts.
    fn settle(&self, call: u32, result: Result<Value, Failure>) {
        locked(&self.calls).remove(&call);
        self.world.tell(match result {
            Ok(value) => json!({ "is": "settled", "call": call, "ok": value }),
            Err(Failure(error)) => json!({ "is": "settled", "call": call, "error": error }),
        });
    }

    pub(crate) fn with<T>(&self, number: u32, work: impl FnOnce(&mut Client) -> T) -> Option<T> {
        locked(&self.known).all.get_mut(&number).map(work)
    }

    async fn perform(
        &self,
        number: u32,
        call: u32,
        session: SessionClient,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Failure> {
        let optional = |at: usize| args.get(at).and_then(Value::as_str);
        let text = |at: usize| optional(at).unwrap_or_default();
        Ok(match method {
            "restored" => no_value(session.restored().await),
            "resume" => no_value(session.resume().await),
            "close" => {
                session.close().await;
                Value::Null
            }
            "signUpWithEmail" => {
                models::account(session.sign_up_with_email(text(0), text(1), optional(2)).await?)
            }
            "signInWithEmail" => no_value(session.sign_in_with_email(text(0), text(1)).await?),
            "signInAnonymously" => no_value(session.sign_in_anonymously().await?),
            "signInWithToken" => no_value(session.sign_in_with_token(text(0), text(1)).await?),
            "createMfaChallenge" => {
                let factors: Vec<_> = Factor::ALL.iter().map(|factor| (factor.as_str(), *factor)).collect();
                let factor = one_of("factor", text(0), &factors)?;
                models::challenge(session.create_mfa_challenge(factor).await?)
            }
            "completeMfaChallenge" => {
                no_value(session.complete_mfa_challenge(&MfaChallenge::new(text(0)), text(1)).await?)
            }
            "importSession" => Value::from(match session.import_session(text(0)).await? {
                Import::Imported => "imported",
                Import::AlreadyHeld => "already_held",
                Import::Declined => "declined",
                _ => "nothing_found",
            }),
            "signOut" => no_value(session.sign_out().await?),
            "signOutEverywhere" => no_value(session.sign_out_everywhere().await?),
            "account" => models::account(session.account().await?),
            "sessions" => session.sessions().await?.into_iter().map(models::session).collect(),
            "currentSession" => models::session(session.current_session().await?),
            "extendSession" => models::session(session.extend_session().await?),
            "revokeSession" => no_value(session.revoke_session(text(0)).await?),
            // Exposed to the app, whose result it is.
            "call" => session.call(text(0), &Secret::from(text(1))).await?.expose().into(),
            "send" => send(&self.world, call, &session, args.first().unwrap_or(&Value::Null)).await?,
            "authorize" => self.keep(number, session.authorize(text(0)).await?),
            "reportUnauthorized" => {
                let kept = self.authorization(number, args.first().and_then(Value::as_u64));
                let verdict = match kept {
                    Some(authorization) => session.report_unauthorized(&authorization).await,
                    // It is not known any more which credential the request was sent with.
                    None => Verdict::Undecided,
                };
                Value::from(verdict.as_str())
            }
            _ => return Err(Error::Internal.into()),
        })
    }

    /// Keeps an authorization, and gives it as `NativeAuthorization`.
    fn keep(&self, number: u32, authorization: Authorization) -> Value {
        let kept = self.with(number, |client| {
            client.last_authorization += 1;
            let value = models::authorization(client.last_authorization, &authorization);
            client.authorizations.push_back((client.last_authorization, authorization));
            if client.authorizations.len() > KEPT {
                client.authorizations.pop_front();
            }
            value
        });
        kept.unwrap_or_default()
    }

    fn authorization(&self, number: u32, authorization: Option<u64>) -> Option<Authorization> {
        self.with(number, |client| {
            let is_it = |kept: &&(u32, Authorization)| Some(u64::from(kept.0)) == authorization;
            client.authorizations.iter().find(is_it).map(|(_, kept)| kept.clone())
        })?
    }
}

/// The result of a method that resolves without a value.
fn no_value<T>(_: T) -> Value {
    Value::Null
}

/// Whether a request that was refused with 401 may be sent once more: `allowsRepetition` of the specification.
pub(crate) fn allows_repetition(verdict: &str, method: &str, problem: Option<&str>) -> bool {
    let is_again = verdict == Verdict::TryAgain.as_str();
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return false };
    is_again && Verdict::TryAgain.allows_repetition(&method, problem)
}

/// A call that is not settled. If its task is ended, the client is not there any more.
struct Pending {
    call: u32,
    clients: Arc<Clients>,
    settled: bool,
}

impl Pending {
    fn settle(mut self, result: Result<Value, Failure>) {
        self.settled = true;
        self.clients.settle(self.call, result);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.settled {
            self.clients.settle(self.call, Err(Failure::closed()));
        }
    }
}
