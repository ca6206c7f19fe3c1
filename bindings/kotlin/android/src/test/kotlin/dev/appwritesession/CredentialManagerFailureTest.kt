package dev.appwritesession

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ForScreenModules::class)
internal class CredentialManagerFailureTest {
    /** `closed`, the name of a fault, or the code of another error. */
    private fun meaning(type: String, message: String? = null): String =
        when (val failure = credentialManagerFailure(type, message)) {
            null -> "closed"
            is SessionException.ScreenFailed -> failure.fault.code
            else -> failure.code
        }

    @Test
    fun `each type of Credential Manager has a meaning`() {
        val meanings =
            mapOf(
                "android.credentials.GetCredentialException.TYPE_USER_CANCELED" to "closed",
                "android.credentials.GetCredentialException.TYPE_NO_CREDENTIAL" to "nothing_to_offer",
                "android.credentials.GetCredentialException.TYPE_INTERRUPTED" to "interrupted",
                "android.credentials.GetCredentialException.TYPE_UNKNOWN" to "interrupted",
                "androidx.credentials.TYPE_GET_CREDENTIAL_PROVIDER_CONFIGURATION_EXCEPTION" to "not_supported",
                "androidx.credentials.TYPE_GET_CREDENTIAL_UNSUPPORTED_EXCEPTION" to "not_supported",
                "android.credentials.CreateCredentialException.TYPE_USER_CANCELED" to "closed",
                "android.credentials.CreateCredentialException.TYPE_INTERRUPTED" to "interrupted",
                "android.credentials.CreateCredentialException.TYPE_NO_CREATE_OPTIONS" to "not_supported",
                "android.credentials.CreateCredentialException.TYPE_UNKNOWN" to "interrupted",
                "androidx.credentials.TYPE_CREATE_CREDENTIAL_PROVIDER_CONFIGURATION_EXCEPTION" to "not_supported",
                "androidx.credentials.TYPE_CREATE_CREDENTIAL_UNSUPPORTED_EXCEPTION" to "not_supported",
                "com.a.provider.TYPE_OF_ITS_OWN" to "not_supported",
            )
        for ((type, expected) in meanings) assertEquals(expected, meaning(type), type)
    }

    @Test
    fun `each error of WebAuthn has a meaning, for both screens`() {
        val meanings =
            mapOf(
                "NOT_ALLOWED_ERROR" to "closed",
                "ABORT_ERROR" to "closed",
                "SECURITY_ERROR" to "not_set_up",
                "DATA_ERROR" to "not_set_up",
                "ENCODING_ERROR" to "not_set_up",
                "SYNTAX_ERROR" to "not_set_up",
                "CONSTRAINT_ERROR" to "not_supported",
                "NOT_SUPPORTED_ERROR" to "not_supported",
                "OPT_OUT_ERROR" to "not_supported",
                "NOT_FOUND_ERROR" to "nothing_to_offer",
                "TIMEOUT_ERROR" to "interrupted",
                "NETWORK_ERROR" to "interrupted",
                "UNKNOWN_ERROR" to "interrupted",
                "OF_TOMORROW_ERROR" to "interrupted",
            )
        for (screen in listOf("GET", "CREATE")) {
            val type = "androidx.credentials.TYPE_${screen}_PUBLIC_KEY_CREDENTIAL_DOM_EXCEPTION/androidx.credentials.TYPE_"
            for ((error, expected) in meanings) assertEquals(expected, meaning(type + error, "a message"), "$screen $error")
            assertEquals(if (screen == "GET") "interrupted" else "already_exists", meaning("${type}INVALID_STATE_ERROR"), screen)
        }
    }

    @Test
    fun `Google's numbers say what the type does not, and no message reaches the app`() {
        val cancelled = "android.credentials.GetCredentialException.TYPE_USER_CANCELED"
        val unknown = "android.credentials.GetCredentialException.TYPE_UNKNOWN"
        assertEquals("not_set_up", meaning(cancelled, "[16] Account reauth failed."))
        assertEquals("not_set_up", meaning("com.google.x.TYPE", "[28444] Developer console is not set up correctly."))
        assertEquals("not_set_up", meaning(unknown, "[28444] Developer console is not set up correctly."))
        assertEquals("nothing_to_offer", meaning(unknown, "16: [28433] Cannot find a matching credential."))
        assertEquals("nothing_to_offer", meaning(unknown, "16: [28434] Caller has been temporarily blocked"))
        assertEquals("closed", meaning(unknown, "[16] Cancelled by user."))
        assertEquals("closed", meaning(cancelled, "activity is cancelled by the user."))
        assertEquals("interrupted", meaning(unknown, "[8] Unknown error"))
        assertTrue(!credentialManagerFailure(unknown, "canary [8]")?.message.orEmpty().contains("canary"))
    }
}
