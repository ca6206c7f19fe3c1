package dev.appwritesession

/**
 * Why the platform's screen for a sign-in could not do its work.
 *
 * @property code the name that is the same in every language.
 */
public enum class ScreenFault(public val code: String, internal val meaning: String) {
    /** The app does not contain the optional module that shows this screen. Add it. */
    NotLinked("not_linked", "the app does not contain the module that shows it"),

    /** This device or this version of its system has no such screen. Offer another way to sign in. */
    NotSupported("not_supported", "this device or its system has none"),

    /** The screen has nothing to offer: no account of the provider is on the device, or no passkey for this app. Offer another way. */
    NothingToOffer("nothing_to_offer", "it has no account or passkey to offer"),

    /** The app is not set up for it: a wrong client id, or a missing association with its domain. Mend the set-up. */
    NotSetUp("not_set_up", "the app is not set up for it"),

    /** It was interrupted or is busy: no screen of the app is in front, or another sign-in is shown. Try again. */
    Interrupted("interrupted", "it was interrupted, or the app is not in front"),
    ;

    internal companion object {
        /** A name that this version does not know counts as [NotSupported], for which the app offers another way. */
        fun of(name: String?): ScreenFault = entries.firstOrNull { it.code == name } ?: NotSupported
    }
}
