// What the accounts of a device are.

package dev.appwritesession

/**
 * An account that somebody has signed in to on this device.
 *
 * @property id its id on this device: the [SessionClient.accountSlot] of its client.
 * @property user who it is, as of the last sign-in or change here.
 * @property isCurrent whether the app uses it now.
 */
public data class StoredAccount(val id: String, val user: User, val isCurrent: Boolean)

/**
 * The accounts of the device, and which one the app uses.
 *
 * @property number counts the changes of one [Accounts]; 1 is what the store had.
 * @property accounts those that somebody has signed in to, in the order in which they were added.
 * @property current the id of the account that the app uses. It is not in the list while nobody has signed in to it; null if there is none
 *   yet.
 */
public data class AccountsState(val number: Long, val accounts: List<StoredAccount>, val current: String?)

/**
 * What came of a sign-in in the browser, for one of several accounts.
 *
 * @property client the client of the account that it was begun for.
 * @property outcome whether the user is signed in.
 */
public data class AccountOutcome(val client: SessionClient, val outcome: SignInOutcome)
