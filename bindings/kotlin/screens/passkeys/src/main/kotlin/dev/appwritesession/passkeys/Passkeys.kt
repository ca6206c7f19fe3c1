package dev.appwritesession.passkeys

import android.app.Activity
import dev.appwritesession.Passkeys
import dev.appwritesession.RegistrationOutcome
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionException
import dev.appwritesession.SignInOutcome

/**
 * Signs in with a passkey by the screen of Android's Credential Manager, which offers the passkeys that the user has for the app's domain.
 * Otherwise as [SessionClient.signInWithPasskey].
 *
 * Can be called from any thread. Cancelling the coroutine closes the screen. One sheet is shown at a time, for the whole app.
 *
 * @throws SessionException.ScreenFailed if the screen could not do its work: `NothingToOffer` if there is no passkey, `NotSetUp` if the
 *   app and the domain are not associated, `NotSupported` on a device that has no passkeys, `Interrupted` if [activity] is gone or another
 *   sheet is shown.
 */
public suspend fun SessionClient.signInWithPasskey(activity: Activity): SignInOutcome = signInWithPasskey(PasskeyGetScreen(activity))

/**
 * Registers a passkey of the signed-in user by the screen of Android's Credential Manager. Otherwise as [Passkeys.register], and with the
 * failures of [signInWithPasskey].
 *
 * @param name the passkey's name, by which the user tells it from others; empty if none is given.
 * @throws SessionException.AlreadyExists if the device has a passkey of this account.
 */
public suspend fun Passkeys.register(activity: Activity, name: String? = null): RegistrationOutcome =
    register(name, PasskeyCreateScreen(activity))
