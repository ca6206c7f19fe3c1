//! The operations of the accounts by their names, as those of a client.

use super::{arguments::Arguments, shown::Shown};
use crate::{
    Secret,
    accounts::{Accounts, AccountsState},
    config::ConfigError,
    error::{Error, Result},
};

impl Accounts {
    /// The names of all operations that [`call`](Self::call) performs.
    pub const OPERATIONS: &'static [&'static str] =
        &["list", "current", "client", "add", "switchTo", "completeOAuth2", "signOut", "signOutOfAll"];

    /// Performs an operation by its name, as [`SessionClient::call`](crate::SessionClient::call) does for a client. An account, and what would
    /// be its client, is its id: a text, by which [`client`](Self::client) gives the client.
    ///
    /// # Errors
    ///
    /// Those of the operation; `Config` if there is no such operation or the arguments are not its own, and nothing is done.
    pub async fn call(&self, operation: &str, arguments: &Secret) -> Result<Secret> {
        let of = Arguments::read(arguments)?;
        // Exposed to the operation that they are for.
        let shown = match operation {
            "list" => Shown::stored_accounts(&self.list().await?),
            "current" => Shown::account_id(self.current().await?.account_slot()),
            "client" => Shown::account_id(self.client(of.text(0)?.expose()).await?.account_slot()),
            "add" => Shown::account_id(self.add().await?.account_slot()),
            "switchTo" => Shown::account_id(self.switch_to(of.text(0)?.expose()).await?.account_slot()),
            "completeOAuth2" => {
                let (client, outcome) = self.complete_oauth2(of.text(0)?.expose()).await?;
                Shown::outcome_of_account(client.account_slot(), &outcome)
            }
            "signOut" => Shown::nothing(&self.sign_out(of.text(0)?.expose()).await?),
            "signOutOfAll" => Shown::nothing(&self.sign_out_of_all().await?),
            _ => return Err(ConfigError::Operation.into()),
        };
        shown.ok_or(Error::Internal)
    }
}

impl AccountsState {
    /// The state as JSON, for bridges to other languages: `number`, `accounts` in the form of the operation `list`, and `current`.
    pub fn to_json(&self) -> Option<Secret> {
        Shown::accounts_state(self)
    }
}
