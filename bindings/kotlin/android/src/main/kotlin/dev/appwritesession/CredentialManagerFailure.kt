// What the failures of Android's Credential Manager mean. The optional modules that use it give its exceptions' types and messages; their
// texts are stable parts of its API, so nothing here links it.

package dev.appwritesession

/**
 * What it means that Credential Manager failed with an exception of this [type] and [message].
 *
 * The message decides only where the type does not say what happened: Google's services report several failures as a cancellation or as
 * unknown, with a number in the message. It goes nowhere else.
 *
 * @return the exception for the app; null if the user closed the screen.
 */
@ForScreenModules
public fun credentialManagerFailure(type: String, message: CharSequence?): SessionException? =
    when (val meaning = googleMeaning(message ?: "") ?: typeMeaning(type)) {
        is Meaning.Fault -> {
            SessionException.ScreenFailed(meaning.fault)
        }

        Meaning.Closed -> {
            null
        }

        Meaning.Exists -> {
            SessionException.AlreadyExists(
                SessionException.Details("already_exists", "the device has a passkey of this account"),
            )
        }
    }

private sealed interface Meaning {
    data class Fault(val fault: ScreenFault) : Meaning

    data object Closed : Meaning

    data object Exists : Meaning
}

private val interrupted = Meaning.Fault(ScreenFault.Interrupted)
private val notSetUp = Meaning.Fault(ScreenFault.NotSetUp)
private val notSupported = Meaning.Fault(ScreenFault.NotSupported)
private val nothingToOffer = Meaning.Fault(ScreenFault.NothingToOffer)

/** What Google's services wrote, with the numbers that they use; null if it says no more than the type. */
private fun googleMeaning(message: CharSequence): Meaning? =
    when {
        // The app's package and certificate, or the client id, are not in Google's console. The second one has the type of a cancellation
        // and comes after the user has chosen an account.
        "[28444]" in message || "Account reauth failed" in message -> notSetUp

        // No account fits; or the sheet is blocked for a day, because it was closed too often.
        "[28433]" in message || "[28434]" in message -> nothingToOffer

        // The status of a cancellation, under a type that does not say so.
        "[16]" in message -> Meaning.Closed

        else -> null
    }

private fun typeMeaning(type: String): Meaning =
    when {
        "DOM_EXCEPTION/" in type -> domMeaning(type.substringAfterLast('/').substringAfterLast("TYPE_"), creates = "CREATE_" in type)

        type.endsWith("TYPE_USER_CANCELED") -> Meaning.Closed

        type.endsWith("TYPE_NO_CREDENTIAL") -> nothingToOffer

        type.endsWith("TYPE_INTERRUPTED") || type.endsWith("TYPE_UNKNOWN") -> interrupted

        // No provider is there (a device without Google's services), it does not know this kind, or none can keep a passkey.
        else -> notSupported
    }

/** What an error of WebAuthn means, by its name in Credential Manager. */
private fun domMeaning(error: String, creates: Boolean): Meaning =
    when (error) {
        // The user declined inside the provider's own screens.
        "NOT_ALLOWED_ERROR", "ABORT_ERROR" -> Meaning.Closed

        // To create: the authenticator has one of the passkeys that the options exclude.
        "INVALID_STATE_ERROR" -> if (creates) Meaning.Exists else interrupted

        // The app and the domain of the passkeys are not associated, or the options are not valid for the provider.
        "SECURITY_ERROR", "DATA_ERROR", "ENCODING_ERROR", "SYNTAX_ERROR" -> notSetUp

        "CONSTRAINT_ERROR", "NOT_SUPPORTED_ERROR", "OPT_OUT_ERROR" -> notSupported

        "NOT_FOUND_ERROR" -> nothingToOffer

        // Timeouts, the network, and what the provider does not explain.
        else -> interrupted
    }
