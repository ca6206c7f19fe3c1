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
 * Asks by Android's own dialog for face, finger or the device's code. Android 9 knows no code there, and before it there is no
 * dialog, so that nobody can confirm.
 */
internal class BiometricPresence(private val context: Context, private val texts: PresenceTexts) : UserPresence {
    /** Waits for the end of the dialog, on a thread of the core that is there for it. */
    override fun confirm(): Boolean = Build.VERSION.SDK_INT >= Build.VERSION_CODES.P && ask().confirmed()

    @TargetApi(Build.VERSION_CODES.P)
    private fun ask(): PresenceAnswer {
        val answer = PresenceAnswer()
        // What the dialog reports is noted at once, on whatever thread it comes.
        val direct = Executor(Runnable::run)
        val dialog = BiometricPrompt.Builder(context).setTitle(texts.title)
        texts.subtitle?.let(dialog::setSubtitle)
        when {
            Build.VERSION.SDK_INT >= Build.VERSION_CODES.R -> {
                dialog.setAllowedAuthenticators(Authenticators.BIOMETRIC_WEAK or Authenticators.DEVICE_CREDENTIAL)
            }

            Build.VERSION.SDK_INT == Build.VERSION_CODES.Q -> {
                @Suppress("DEPRECATION") // What took its place came with the next version.
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

/** What the dialog came to. */
@TargetApi(Build.VERSION_CODES.P)
internal class PresenceAnswer : BiometricPrompt.AuthenticationCallback() {
    private val outcome = CompletableFuture<Boolean>()

    /** Waits for the end of the dialog: whether the user has proven to be there. */
    fun confirmed(): Boolean = outcome.get()

    /** The user chose not to. */
    fun refuse() {
        outcome.complete(false)
    }

    override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult?) {
        outcome.complete(true)
    }

    /** The dialog is gone: the user closed it, tried too often, or the device has no lock. A finger not recognised is not the end. */
    override fun onAuthenticationError(errorCode: Int, errString: CharSequence?): Unit = refuse()
}
