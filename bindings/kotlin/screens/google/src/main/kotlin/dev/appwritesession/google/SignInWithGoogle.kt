package dev.appwritesession.google

import android.app.Activity
import android.content.Context
import androidx.credentials.ClearCredentialStateRequest
import androidx.credentials.CredentialManager
import androidx.credentials.exceptions.ClearCredentialException
import dev.appwritesession.Identities
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionException
import dev.appwritesession.SignInOutcome

/**
 * Signs in with Google's own screen, by Android's Credential Manager. A nonce binds Google's token to this sign-in. Otherwise as
 * [SessionClient.signInWithIdToken].
 *
 * Without [button] a sheet offers first the accounts that have used the app before, and then all accounts of the device. With it Google's
 * dialog is shown, which also offers to add an account: that is what Google wants behind a button "Sign in with Google". Android does not
 * show the sheet for some time to users who have closed it often; the dialog it does show.
 *
 * Can be called from any thread. Cancelling the coroutine closes the screen. One sheet is shown at a time, for the whole app.
 *
 * @param serverClientId the id of the *web* client in Google's console, which is also the one that Appwrite knows. Not that of the Android
 *   client, which must exist in the same project with the app's package and the SHA-1 of its certificate.
 * @throws SessionException.ScreenFailed if the screen could not do its work: `NotSetUp` if Google does not know the app, `NothingToOffer`
 *   if there is no account, `NotSupported` without Google's services, `Interrupted` if [activity] is gone or another sheet is
 *   shown. Nothing was sent.
 */
public suspend fun SessionClient.signInWithGoogle(activity: Activity, serverClientId: String, button: Boolean = false): SignInOutcome =
    signInWithIdToken(GoogleScreen(activity, serverClientId, button))

/**
 * Links the user's Google account to the account that is signed in, which may be anonymous. Otherwise as [Identities.link], and with the
 * parameters and failures of [signInWithGoogle].
 */
public suspend fun Identities.linkGoogle(activity: Activity, serverClientId: String, button: Boolean = false): SignInOutcome =
    link(GoogleScreen(activity, serverClientId, button))

/**
 * Makes Google's screen forget which account was used, so that the next user of the device chooses anew. Google's guide wants it after
 * every sign-out by the user. It signs nobody out, and does not fail where the device cannot do it.
 */
public suspend fun clearGoogleSelection(context: Context) {
    clearGoogleSelection(CredentialManager.create(context))
}

internal suspend fun clearGoogleSelection(manager: CredentialManager) {
    try {
        manager.clearCredentialState(ClearCredentialStateRequest())
    } catch (_: ClearCredentialException) {
        // The account stays preselected, which is all that is lost.
    }
}
