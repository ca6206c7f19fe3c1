package dev.appwritesession.support

import android.app.PendingIntent
import android.content.Context
import android.os.CancellationSignal
import androidx.credentials.ClearCredentialStateRequest
import androidx.credentials.CreateCredentialRequest
import androidx.credentials.CreateCredentialResponse
import androidx.credentials.CredentialManager
import androidx.credentials.CredentialManagerCallback
import androidx.credentials.GetCredentialRequest
import androidx.credentials.GetCredentialResponse
import androidx.credentials.PrepareGetCredentialResponse
import androidx.credentials.exceptions.ClearCredentialException
import androidx.credentials.exceptions.CreateCredentialException
import androidx.credentials.exceptions.GetCredentialException
import kotlinx.coroutines.CompletableDeferred
import java.util.concurrent.Executor

/** The user in front of Credential Manager's screens, whose requests, answers and failures are the real ones. */
internal class FakeCredentialManager : CredentialManager {
    /** What the user answers to each request; a [GetCredentialException] fails it. */
    var get: (GetCredentialRequest) -> GetCredentialResponse = { error("nothing is to be got") }
    var create: (CreateCredentialRequest) -> CreateCredentialResponse = { error("nothing is to be created") }
    var clearFails: ClearCredentialException? = null

    /** Whether the screen stays open, until the app closes it. */
    var staysOpen = false

    /** Completed when a screen that stays open is shown. */
    var shown = CompletableDeferred<Unit>()

    val got = mutableListOf<GetCredentialRequest>()
    val closed = mutableListOf<CancellationSignal>()
    var cleared = 0

    override fun getCredentialAsync(
        context: Context,
        request: GetCredentialRequest,
        cancellationSignal: CancellationSignal?,
        executor: Executor,
        callback: CredentialManagerCallback<GetCredentialResponse, GetCredentialException>,
    ) {
        got += request
        cancellationSignal?.setOnCancelListener { closed += cancellationSignal }
        if (staysOpen) {
            shown.complete(Unit)
            return
        }
        try {
            callback.onResult(get(request))
        } catch (failed: GetCredentialException) {
            callback.onError(failed)
        }
    }

    override fun createCredentialAsync(
        context: Context,
        request: CreateCredentialRequest,
        cancellationSignal: CancellationSignal?,
        executor: Executor,
        callback: CredentialManagerCallback<CreateCredentialResponse, CreateCredentialException>,
    ) {
        try {
            callback.onResult(create(request))
        } catch (failed: CreateCredentialException) {
            callback.onError(failed)
        }
    }

    override fun clearCredentialStateAsync(
        request: ClearCredentialStateRequest,
        cancellationSignal: CancellationSignal?,
        executor: Executor,
        callback: CredentialManagerCallback<Void?, ClearCredentialException>,
    ) {
        cleared += 1
        clearFails?.let { callback.onError(it) } ?: callback.onResult(null)
    }

    override fun getCredentialAsync(
        context: Context,
        pendingGetCredentialHandle: PrepareGetCredentialResponse.PendingGetCredentialHandle,
        cancellationSignal: CancellationSignal?,
        executor: Executor,
        callback: CredentialManagerCallback<GetCredentialResponse, GetCredentialException>,
    ): Unit = error("not used")

    override fun prepareGetCredentialAsync(
        request: GetCredentialRequest,
        cancellationSignal: CancellationSignal?,
        executor: Executor,
        callback: CredentialManagerCallback<PrepareGetCredentialResponse, GetCredentialException>,
    ): Unit = error("not used")

    override fun createSettingsPendingIntent(): PendingIntent = error("not used")
}
