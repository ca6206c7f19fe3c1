package dev.appwritesession

/** Where the user stands. */
public sealed class SessionState {
    /** The secure store is being read. Ends by itself, without a request. */
    public data object Restoring : SessionState()

    /** The secure store is locked, so nobody knows yet. It is tried again by itself and at [SessionClient.resume]. */
    public data object StorageLocked : SessionState()

    /**
     * Nobody is signed in.
     *
     * @property reason why.
     */
    public data class SignedOut(val reason: SignedOutReason) : SessionState()

    /**
     * A session is kept, and Appwrite wants another factor before it is of use.
     *
     * @property factors what the user can choose from; empty if Appwrite could not be asked.
     */
    public data class MfaRequired(val factors: List<Factor>) : SessionState()

    /**
     * A session is kept.
     *
     * @property user who it is, as far as is known.
     * @property verified whether Appwrite has confirmed the session since the app started.
     */
    public data class SignedIn(val user: User?, val verified: Boolean) : SessionState()

    /** The state's stable name, the same in every language. */
    public val kind: String
        get() =
            when (this) {
                Restoring -> "restoring"
                StorageLocked -> "storage_locked"
                is SignedOut -> "signed_out"
                is MfaRequired -> "mfa_required"
                is SignedIn -> "signed_in"
            }
}

/**
 * Why nobody is signed in.
 *
 * @property code the reason's stable name, the same in every language.
 */
public enum class SignedOutReason(public val code: String) {
    /** Nothing is stored on this device. */
    NoSession("no_session"),

    /** The app signed out. */
    SignedOut("signed_out"),

    /** Appwrite said that the session is no more: revoked, expired, or its user deleted. */
    SessionEnded("session_ended"),

    /** The stored session could not be read for good (a restored backup, a lost key). It was set aside. */
    StorageLost("storage_lost"),

    /** The secure store cannot be reached. A sign-in works, and lasts until the process ends or the store is back. */
    StorageUnavailable("storage_unavailable"),
}

/**
 * A second factor.
 *
 * @property code the factor's stable name, the same in every language.
 */
public enum class Factor(public val code: String) {
    /** A code of an authenticator app. */
    Totp("totp"),

    /** A code sent by e-mail. */
    Email("email"),

    /** A code sent by phone. */
    Phone("phone"),

    /** A code that the app's own servers deliver, because Appwrite does not. Since Appwrite 2.0. */
    Custom("custom"),

    /** One of the recovery codes that the user wrote down. */
    RecoveryCode("recovery_code"),
}

/**
 * How long what is held will last.
 *
 * @property code the stable name, the same in every language.
 */
public enum class Persistence(public val code: String) {
    /** It outlives the process. */
    Durable("durable"),

    /** It is gone when the process ends. */
    MemoryOnly("memory_only"),
}

/**
 * One published state.
 *
 * @property number counts the changes of one client from 0.
 * @property state where the user stands.
 * @property persistence whether what is held would survive the process.
 */
public data class Change(val number: Long, val state: SessionState, val persistence: Persistence)
