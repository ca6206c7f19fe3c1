package dev.appwritesession.browser

import android.app.Activity
import dev.appwritesession.AccountOutcome
import dev.appwritesession.Accounts
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionException
import dev.appwritesession.SignInOutcome

/**
 * Signs in with a provider in the browser: in a Custom Tab above the app, or in the browser itself where there is no Custom Tab.
 * Otherwise as [SessionClient.signInWithOAuth2]. One such sign-in runs at a time.
 *
 * The user who comes back without an answer, by the tab's cross or the back button, has cancelled. A rotation of the device loses
 * nothing. If the app's process or the calling coroutine ends while the browser is open, the answer is kept for
 * [completePendingOAuth2].
 *
 * Can be called from any thread. Waits for an hour at most, which is how long the sign-in is good for; after that it counts as cancelled.
 *
 * @param callback an https URL that Android opens in the app, if not the scheme of the manifest's placeholder
 *   `appwriteSessionCallbackScheme`. It needs an intent filter of the app for `dev.appwritesession.browser.CallbackActivity`.
 * @throws SessionException.ScreenFailed if the browser could not be opened: `NotSupported` if there is none, `NotSetUp` if the manifest
 *   does not have the scheme that the browser returns to, `Interrupted` if another such sign-in is open or [activity] is gone.
 * @throws SessionException.CallbackRejected if another app sent an answer of its own, or Appwrite's is not for this sign-in.
 */
public suspend fun SessionClient.signInWithOAuth2(
    activity: Activity,
    provider: String,
    scopes: List<String> = emptyList(),
    callback: String? = null,
): SignInOutcome = signInWithOAuth2(CallbackDesk.ofProcess, activity, provider, scopes, callback)

/**
 * Completes the sign-in in the browser whose answer came when nobody waited for it any more: its process had ended, or its coroutine.
 * Call it when the app has started, and when a screen that signs in is shown. Does nothing, and makes no request, if there is no such
 * answer.
 *
 * An app with [Accounts] calls it for these, since the answer can be for another account than the one that the app uses.
 *
 * @return null if there is no answer, or only one that is not for a sign-in of this client.
 * @throws SessionException as [SessionClient.completeOAuth2]. If nothing was sent because there is no network, it can be called again.
 */
public suspend fun SessionClient.completePendingOAuth2(): SignInOutcome? = CallbackDesk.ofProcess.completeKept(::completeOAuth2)

/**
 * As [SessionClient.completePendingOAuth2], whichever account the sign-in was begun for: also for one that was being added when the app
 * was ended. Nothing is switched.
 *
 * @return null if there is no answer, or only one that no account waits for.
 * @throws SessionException as [Accounts.completeOAuth2]. If nothing was sent because there is no network, it can be called again.
 */
public suspend fun Accounts.completePendingOAuth2(): AccountOutcome? = CallbackDesk.ofProcess.completeKept(::completeOAuth2)

internal suspend fun SessionClient.signInWithOAuth2(
    desk: CallbackDesk,
    activity: Activity,
    provider: String,
    scopes: List<String>,
    callback: String?,
): SignInOutcome {
    // Before anything begins, since a sign-in that begins takes the place of the one before.
    val visit = desk.begin()
    var usedUp = false
    try {
        return signInWithOAuth2(provider, scopes, callback) { start ->
            activity.openBrowser(start.url, start.callbackScheme, visit)
            visit.answer()
        }.also { usedUp = true }
    } catch (failed: SessionException) {
        usedUp = !failed.wasNotSent
        throw failed
    } finally {
        desk.end(visit, keepsAnswer = !usedUp)
    }
}

/** Completes a sign-in with the answer that is kept, which stays so if it is not used: also if the calling coroutine ends meanwhile. */
internal suspend fun <T : Any> CallbackDesk.completeKept(complete: suspend (url: String) -> T): T? {
    val url = take() ?: return null
    var usedUp = false
    return try {
        complete(url).also { usedUp = true }
    } catch (rejected: SessionException.CallbackRejected) {
        usedUp = !rejected.isOfAnother
        null
    } catch (failed: SessionException) {
        usedUp = !failed.wasNotSent
        throw failed
    } finally {
        if (!usedUp) keep(url)
    }
}

/** Whether another client, or another account, may wait for this answer. */
private val SessionException.CallbackRejected.isOfAnother: Boolean get() = detail == "unexpected" || detail == "foreign"

/** Whether the same answer can complete the sign-in later. */
private val SessionException.wasNotSent: Boolean get() = isRetryable && !mayHaveArrived
