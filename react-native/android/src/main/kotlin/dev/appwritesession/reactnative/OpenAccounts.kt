package dev.appwritesession.reactnative

import dev.appwritesession.Accounts

/** The accounts of one JavaScript runtime: their number, and their clients by the ids of the accounts. [Clients] guards the clients. */
internal class OpenAccounts(val number: Int, val config: ClientConfig, val accounts: Accounts) {
    val clients = HashMap<String, Client>()

    /** Whether they are in use. [Clients] sets this. */
    var isOpen = true
}
