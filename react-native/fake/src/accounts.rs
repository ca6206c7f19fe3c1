//! Accounts, by the numbers that JavaScript knows them by, and their clients, which are clients like any other.

use std::sync::Arc;

use appwrite_session_core::{Accounts, AccountsState, Secret, SessionClient};
use appwrite_session_world::json;
use serde_json::Value;

use crate::{
    clients::Clients,
    config::{Config, Place},
    executor::{Group, locked},
    failure::Failure,
    world::APART,
};

/// The accounts of one `createAccounts`.
pub(crate) struct Opened {
    config: Config,
    place: Place,
    accounts: Accounts,
    /// Of the tasks of this start.
    group: Group,
    /// How many states there were in earlier starts.
    before: u64,
    is_open: bool,
    /// The numbers of the clients, each with the id of its account.
    clients: Vec<(u32, String)>,
}

impl Clients {
    /// Builds accounts, which get this number. JavaScript has seen so many states of them before.
    pub(crate) fn open_accounts(
        &self,
        number: u32,
        config: Config,
        place: Place,
        before: u64,
    ) -> Result<(), Failure> {
        let (accounts, group) = self.start_accounts(number, before, &config, &place)?;
        let (endpoint, project, gateways) = config.addresses();
        self.world.world.admit(endpoint, project, gateways);
        let opened = Opened { config, place, accounts, group, before, is_open: true, clients: Vec::new() };
        locked(&self.accounts).insert(number, opened);
        Ok(())
    }

    fn start_accounts(
        &self,
        number: u32,
        before: u64,
        config: &Config,
        place: &Place,
    ) -> Result<(Accounts, Group), Failure> {
        let group = self.next_group();
        let accounts = config.builder(place, &self.world, group)?.build_accounts()?;
        let (mut changes, world) = (accounts.changes(), self.world.clone());
        self.world.executor.spawn(group, async move {
            while let Some(state) = changes.next().await {
                let event = json!({ "accounts": number, "stateJson": shown(before, state) });
                world.tell(json!({ "is": "accounts", "event": event }));
            }
        });
        Ok((accounts, group))
    }

    /// The state of accounts as JSON; empty before the store was read.
    pub(crate) fn accounts_state(&self, number: u32) -> String {
        let opened = locked(&self.accounts);
        let state = opened.get(&number).and_then(|opened| Some((opened.before, opened.accounts.state()?)));
        state.map(|(before, state)| shown(before, state)).unwrap_or_default()
    }

    /// Begins a call of accounts, which is settled by an event.
    pub(crate) fn call_accounts(self: &Arc<Self>, call: u32, number: u32, method: &str, args: &[Value]) {
        let text = |at: usize| args.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (first, second, client) = (text(0), text(1), args.get(1).and_then(Value::as_u64));
        let of = locked(&self.accounts)
            .get(&number)
            .filter(|opened| opened.is_open)
            .map(|opened| (opened.accounts.clone(), opened.group));
        let clients = self.clone();
        match (method, of) {
            ("callAccounts", Some((accounts, group))) => self.begin_call(call, group, async move {
                // Exposed to the app, whose result it is.
                Ok(accounts.call(&first, &Secret::new(second)).await?.expose().into())
            }),
            ("openAccount", Some((accounts, group))) => self.begin_call(call, group, async move {
                let session = accounts.client(&first).await?;
                let client = client.and_then(|client| client.try_into().ok()).unwrap_or_default();
                clients.keep_account(number, client, first, session);
                Ok(Value::Null)
            }),
            ("closeAccounts", Some((accounts, _))) => {
                self.close_clients_of(number);
                self.begin_call(call, APART, async move {
                    accounts.close().await;
                    Ok(Value::Null)
                });
            }
            // Closing them again does nothing.
            ("closeAccounts", None) => self.begin_call(call, APART, async { Ok(Value::Null) }),
            _ => self.begin_call(call, APART, async { Err(Failure::closed()) }),
        }
    }

    /// Makes the client of an account known by its number.
    fn keep_account(&self, number: u32, client: u32, id: String, session: SessionClient) {
        let Some((config, place, group)) = locked(&self.accounts).get_mut(&number).map(|opened| {
            opened.clients.push((client, id));
            (opened.config.clone(), opened.place.clone(), opened.group)
        }) else {
            return;
        };
        self.tell_changes(client, 0, group, &session);
        self.insert(client, config, place, session, group, 0);
    }

    fn close_clients_of(&self, number: u32) {
        let clients = locked(&self.accounts).get_mut(&number).map(|opened| {
            opened.is_open = false;
            opened.clients.clone()
        });
        for (client, _) in clients.into_iter().flatten() {
            self.with(client, |client| client.close());
        }
    }

    /// Starts all open accounts anew, as [`restart`](Self::restart) does with clients. A client whose account is stored no more is closed.
    pub(crate) fn restart_accounts(self: &Arc<Self>) {
        let open: Vec<u32> = {
            let accounts = locked(&self.accounts);
            accounts.iter().filter(|(_, opened)| opened.is_open).map(|(number, _)| *number).collect()
        };
        for number in open {
            let Some((group, before, config, place, clients)) =
                locked(&self.accounts).get_mut(&number).map(|opened| {
                    let before = opened.before + opened.accounts.state().map_or(0, |state| state.number);
                    let clients = std::mem::take(&mut opened.clients);
                    (opened.group, before, opened.config.clone(), opened.place.clone(), clients)
                })
            else {
                continue;
            };
            self.world.executor.end_group(group);
            // They were built from this before, so they can be built again.
            let Ok((accounts, group)) = self.start_accounts(number, before, &config, &place) else {
                continue;
            };
            let ended = locked(&self.accounts).get_mut(&number).map(|opened| {
                (opened.group, opened.before) = (group, before);
                std::mem::replace(&mut opened.accounts, accounts.clone())
            });
            drop(ended);
            for (client, id) in clients {
                let all = self.clone();
                let accounts = accounts.clone();
                self.world.executor.spawn(group, async move {
                    match accounts.client(&id).await {
                        Ok(session) => all.replace_account(number, client, id, session, group),
                        Err(_) => {
                            all.with(client, |client| client.close());
                        }
                    }
                });
            }
        }
        // Reading the list needs no time and no answer, so everything is as it is after a start when this returns.
        self.world.executor.run();
    }

    fn replace_account(&self, number: u32, client: u32, id: String, session: SessionClient, group: Group) {
        if let Some(opened) = locked(&self.accounts).get_mut(&number) {
            opened.clients.push((client, id));
        }
        let Some(before) = self.with(client, |client| client.next_before()) else { return };
        self.tell_changes(client, before, group, &session);
        let ended = self.with(client, |client| client.begin_again(session, group, before));
        drop(ended);
    }
}

/// A state as JSON, the states of earlier starts counted before it.
fn shown(before: u64, mut state: AccountsState) -> String {
    state.number += before;
    // Names and addresses for the app, and no secret.
    state.to_json().map(|json| json.expose().to_owned()).unwrap_or_default()
}
