package dev.appwritesession.google

import android.app.Activity
import androidx.credentials.Credential
import androidx.credentials.CredentialManager
import androidx.credentials.CredentialOption
import androidx.credentials.CustomCredential
import androidx.credentials.GetCredentialRequest
import androidx.credentials.exceptions.GetCredentialException
import androidx.credentials.exceptions.NoCredentialException
import com.google.android.libraries.identity.googleid.GetGoogleIdOption
import com.google.android.libraries.identity.googleid.GetSignInWithGoogleOption
import com.google.android.libraries.identity.googleid.GoogleIdTokenCredential
import com.google.android.libraries.identity.googleid.GoogleIdTokenParsingException
import dev.appwritesession.ForScreenModules
import dev.appwritesession.IdToken
import dev.appwritesession.IdTokenProvider
import dev.appwritesession.IdTokenScreen
import dev.appwritesession.ScreenFault
import dev.appwritesession.SessionException
import dev.appwritesession.credentialManagerFailure
import dev.appwritesession.inFront
import dev.appwritesession.inTurn

/** Google's screen, above [activity]. */
@OptIn(ForScreenModules::class)
internal class GoogleScreen(
    private val activity: Activity,
    private val serverClientId: String,
    private val button: Boolean,
    private val manager: CredentialManager = CredentialManager.create(activity),
) : IdTokenScreen {
    override suspend fun show(hashedNonce: String): IdToken? {
        if (serverClientId.isBlank()) throw SessionException.ScreenFailed(ScreenFault.NotSetUp)
        return activity.inTurn { offer(hashedNonce) }
    }

    // Two ways to have closed the screen; and the texts of failures go nowhere.
    @Suppress("ReturnCount", "SwallowedException")
    private suspend fun offer(hashedNonce: String): IdToken? {
        val offers = if (button) listOf(Offer.Dialog) else listOf(Offer.AccountsOfApp, Offer.AllAccounts)
        var none: GetCredentialException? = null
        for (offer in offers) {
            try {
                val request = GetCredentialRequest(listOf(offer.option(serverClientId, hashedNonce)))
                return manager.getCredential(activity.inFront(), request).credential.idToken()
            } catch (nobody: NoCredentialException) {
                none = nobody
            } catch (failed: GetCredentialException) {
                throw credentialManagerFailure(failed.type, failed.errorMessage) ?: return null
            }
        }
        throw none?.let { credentialManagerFailure(it.type, it.errorMessage) } ?: return null
    }
}

/** What Google's screen is asked to offer. */
private enum class Offer {
    AccountsOfApp,
    AllAccounts,
    Dialog,
    ;

    fun option(serverClientId: String, nonce: String): CredentialOption =
        when (this) {
            AccountsOfApp -> sheet(serverClientId, nonce, ofApp = true)
            AllAccounts -> sheet(serverClientId, nonce, ofApp = false)
            Dialog -> GetSignInWithGoogleOption.Builder(serverClientId).setNonce(nonce).build()
        }

    private fun sheet(serverClientId: String, nonce: String, ofApp: Boolean) =
        GetGoogleIdOption
            .Builder()
            .setServerClientId(serverClientId)
            .setNonce(nonce)
            .setFilterByAuthorizedAccounts(ofApp)
            .build()
}

/** Google's token. The dialog answers with another type of credential than the sheet. */
private fun Credential.idToken(): IdToken {
    val isGoogles =
        this is CustomCredential &&
            (
                type == GoogleIdTokenCredential.TYPE_GOOGLE_ID_TOKEN_CREDENTIAL ||
                    type == GoogleIdTokenCredential.TYPE_GOOGLE_ID_TOKEN_SIWG_CREDENTIAL
            )
    try {
        if (isGoogles) return IdToken(IdTokenProvider.Google, GoogleIdTokenCredential.createFrom(data).idToken)
    } catch (_: GoogleIdTokenParsingException) {
        // As if it were none of Google's.
    }
    throw SessionException.ScreenFailed(ScreenFault.NotSupported)
}
