package dev.appwritesession.passkeys

import android.app.Activity
import androidx.credentials.CreatePublicKeyCredentialRequest
import androidx.credentials.CreatePublicKeyCredentialResponse
import androidx.credentials.CredentialManager
import androidx.credentials.GetCredentialRequest
import androidx.credentials.GetPublicKeyCredentialOption
import androidx.credentials.PublicKeyCredential
import androidx.credentials.exceptions.CreateCredentialException
import androidx.credentials.exceptions.GetCredentialException
import dev.appwritesession.ForScreenModules
import dev.appwritesession.PasskeyScreen
import dev.appwritesession.ScreenFault
import dev.appwritesession.SessionException
import dev.appwritesession.credentialManagerFailure
import dev.appwritesession.inTurn

/** The screen that offers the user's passkeys, above [activity]. */
@OptIn(ForScreenModules::class)
internal class PasskeyGetScreen(
    private val activity: Activity,
    private val manager: CredentialManager = CredentialManager.create(activity),
) : PasskeyScreen {
    @Suppress("SwallowedException") // Its text goes nowhere.
    override suspend fun show(options: String): String? {
        val request = valid { GetCredentialRequest(listOf(GetPublicKeyCredentialOption(options))) }
        val answer =
            try {
                activity.inTurn { manager.getCredential(it, request).credential }
            } catch (failed: GetCredentialException) {
                throw credentialManagerFailure(failed.type, failed.errorMessage) ?: return null
            }
        return (answer as? PublicKeyCredential)?.authenticationResponseJson ?: throw SessionException.ScreenFailed(ScreenFault.NotSupported)
    }
}

/** The screen that makes a passkey, above [activity]. */
@OptIn(ForScreenModules::class)
internal class PasskeyCreateScreen(
    private val activity: Activity,
    private val manager: CredentialManager = CredentialManager.create(activity),
) : PasskeyScreen {
    @Suppress("SwallowedException") // Its text goes nowhere.
    override suspend fun show(options: String): String? {
        val request = valid { CreatePublicKeyCredentialRequest(options) }
        val answer =
            try {
                activity.inTurn { manager.createCredential(it, request) }
            } catch (failed: CreateCredentialException) {
                throw credentialManagerFailure(failed.type, failed.errorMessage) ?: return null
            }
        return (answer as? CreatePublicKeyCredentialResponse)?.registrationResponseJson
            ?: throw SessionException.ScreenFailed(ScreenFault.NotSupported)
    }
}

/** The request, unless the options are none that Credential Manager takes. */
private fun <T> valid(request: () -> T): T =
    try {
        request()
    } catch (_: IllegalArgumentException) {
        throw SessionException.ScreenFailed(ScreenFault.NotSetUp)
    }
