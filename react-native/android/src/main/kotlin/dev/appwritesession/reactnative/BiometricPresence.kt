package dev.appwritesession.reactnative

import android.annotation.TargetApi
import android.content.Context
import android.hardware.biometrics.BiometricManager.Authenticators
import android.hardware.biometrics.BiometricPrompt
import android.os.Build
import android.os.CancellationSignal
import dev.appwritesession.UserPresence
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor

/**
 * Asks for biometrics or the device passcode with Android's own dialog. On Android 9 the dialog does not support the passcode. Before
 * Android 9 there is no dialog, so the user cannot confirm.
 */
internal class BiometricPresence(private val context: Context, private val texts: PresenceTexts) : UserPresence {
    /** Waits until the dialog is closed. The core calls it on a thread that may wait. */
    override fun confirm(): Boolean = Build.VERSION.SDK_INT >= Build.VERSION_CODES.P && ask().confirmed()

    @TargetApi(Build.VERSION_CODES.P)
    private fun ask(): PresenceAnswer {
        val answer = PresenceAnswer()
        // The answer is recorded on the thread on which the dialog reports it.
        val direct = Executor(Runnable::run)
        val dialog = BiometricPrompt.Builder(context).setTitle(texts.title)
        texts.subtitle?.let(dialog::setSubtitle)
        when {
            Build.VERSION.SDK_INT >= Build.VERSION_CODES.R -> {
                dialog.setAllowedAuthenticators(Authenticators.BIOMETRIC_WEAK or Authenticators.DEVICE_CREDENTIAL)
            }

            Build.VERSION.SDK_INT == Build.VERSION_CODES.Q -> {
                @Suppress("DEPRECATION") // Its replacement exists since the next version only.
                dialog.setDeviceCredentialAllowed(true)
            }

            else -> {
                dialog.setNegativeButton(texts.cancel, direct) { _, _ -> answer.refuse() }
            }
        }
        dialog.build().authenticate(CancellationSignal(), direct, answer)
        return answer
    }
}

/** The result of the dialog. */
@TargetApi(Build.VERSION_CODES.P)
internal class PresenceAnswer : BiometricPrompt.AuthenticationCallback() {
    private val outcome = CompletableFuture<Boolean>()

    /** Waits until the dialog is closed. Whether the user has confirmed. */
    fun confirmed(): Boolean = outcome.get()

    /** The user has refused. */
    fun refuse() {
        outcome.complete(false)
    }

    override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult?) {
        outcome.complete(true)
    }

    /**
     * The dialog is closed: by the user, after too many attempts, or because the device has no screen lock. A finger that is not
     * recognized does not close it.
     */
    override fun onAuthenticationError(errorCode: Int, errString: CharSequence?): Unit = refuse()
}
