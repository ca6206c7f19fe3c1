//! The accounts: their operations go by name, and their clients are clients like any other.

use std::sync::{Arc, Mutex, PoisonError};

use appwrite_session_core::{self as core, Accounts, AccountsChanges, Result, Secret};
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::{
    client::{Building, CoreClient, runtime_of},
    error::CoreError,
    options::ClientOptions,
    presence::HostPresence,
    runtime::RuntimeLease,
    storage::HostStore,
    trust::HostTrust,
};

/// Several accounts of one project on this device.
///
/// All methods can be called from any thread at any time. What was called runs to its end even when the caller goes away.
#[derive(uniffi::Object)]
pub struct CoreAccounts {
    accounts: Accounts,
    /// None once closed.
    runtime: Mutex<Option<RuntimeLease>>,
}

#[uniffi::export]
impl CoreAccounts {
    /// Builds the accounts of one project; each client of theirs is built from the same options. Makes no request.
    #[uniffi::constructor]
    pub fn new(
        options: ClientOptions,
        store: Option<Arc<dyn HostStore>>,
        trust: Option<Arc<dyn HostTrust>>,
        presence: Option<Arc<dyn HostPresence>>,
    ) -> Result<Self, CoreError> {
        let Building { builder, runtime } = Building::new(options, store, trust, presence)?;
        let accounts = runtime.enter(|| builder.build_accounts())?;
        Ok(Self { accounts, runtime: Mutex::new(Some(runtime)) })
    }

    /// Performs an operation by its name, as [`CoreClient::call`] does. An account is its id.
    pub async fn call(&self, operation: String, arguments: String) -> Result<String, CoreError> {
        let (runtime, accounts) = (runtime_of(&self.runtime)?, self.accounts.clone());
        let arguments = Secret::new(arguments);
        runtime
            .run(Box::pin(async move {
                // Exposed to the host, whose result it is.
                accounts.call(&operation, &arguments).await.map(|result| result.expose().to_owned())
            }))
            .await
    }

    /// The client of an account, which this makes an object for. A wrapper keeps one for each account.
    pub async fn client(&self, id: String) -> Result<Arc<CoreClient>, CoreError> {
        let (runtime, accounts) = (runtime_of(&self.runtime)?, self.accounts.clone());
        let lease = runtime.clone();
        runtime
            .run(Box::pin(async move {
                let client = accounts.client(&id).await?;
                Ok(Arc::new(CoreClient::of(client, lease)))
            }))
            .await
    }

    /// The accounts, and which one the app uses, as JSON; nothing before the store was read. Never waits.
    pub fn state(&self) -> Option<String> {
        self.accounts.state().and_then(|state| shown(&state))
    }

    /// The states from now on, that of now first.
    pub fn changes(&self) -> AccountsStream {
        AccountsStream { changes: AsyncMutex::new(self.accounts.changes()), ended: watch::channel(false).0 }
    }

    /// As [`CoreClient::network_changed`], for all clients.
    pub fn network_changed(&self) {
        if let Ok(runtime) = runtime_of(&self.runtime) {
            runtime.enter(|| self.accounts.network_changed());
        }
    }

    /// Ends the accounts and their clients. What is stored stays. A second call does nothing.
    pub async fn shut_down(&self) {
        if let Ok(runtime) = runtime_of(&self.runtime) {
            let accounts = self.accounts.clone();
            // Closing cannot fail; a lost task means that the runtime went first.
            let _: Result<(), CoreError> = runtime
                .run(Box::pin(async move {
                    accounts.close().await;
                    Ok(())
                }))
                .await;
        }
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// The states of the accounts for one observer. Between two calls only the newest is kept.
#[derive(uniffi::Object)]
pub struct AccountsStream {
    changes: AsyncMutex<AccountsChanges>,
    ended: watch::Sender<bool>,
}

#[uniffi::export]
impl AccountsStream {
    /// The next state as JSON. Nothing after [`end`](Self::end) or once the accounts are closed.
    pub async fn next(&self) -> Option<String> {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => None,
            change = async { self.changes.lock().await.next().await } => shown(&change?),
        }
    }

    /// Ends the observation; a wait for the next one ends with nothing.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}

fn shown(state: &core::AccountsState) -> Option<String> {
    // Names and addresses for the host, and no secret.
    state.to_json().map(|json| json.expose().to_owned())
}
