package dev.appwritesession

/** What tells how a client fares. Its functions are those of [SessionClient], which is the only subclass. */
public sealed class LookInside {
    internal abstract val signIns: Operations

    /**
     * Finds out what is wrong: looks at the configuration, the secure store and the session, asks Appwrite and each gateway, and says of
     * everything what it found and what to do about it. Takes 20 seconds at most. It changes nothing of the session but what a probe
     * changes: Appwrite's answer confirms the session or ends it. The user is not asked for biometrics or the device passcode.
     *
     * The requests are `GET /health/version` of Appwrite, without a credential; if there is a session, `GET /account`; and
     * `GET /_gateway/session` of each gateway. This needs kotlinx-serialization-json, as [WaysIn] says.
     */
    public suspend fun diagnose(): Diagnosis = signIns.perform("diagnose").diagnosis()

    /**
     * What this client has done since it was built, in numbers by name: `gatewayCalls`, `attempts`, `retries`, `probes` and others, which
     * the table in the repository's README explains. They hold no id and no secret. This needs kotlinx-serialization-json, as [WaysIn]
     * says.
     */
    public suspend fun metrics(): Map<String, Long> = signIns.perform("metrics").numbers()
}

/**
 * What [SessionClient.diagnose] found.
 *
 * @property findings everything that was looked at, by area.
 * @property text the findings as text that can be pasted into a bug report. It holds the addresses and the project of the configuration,
 *   and no secret and no id of a user.
 */
public data class Diagnosis(val findings: List<Finding>, val text: String) {
    /** What does not work. */
    public val problems: List<Finding> get() = findings.filter { it.level == Level.PROBLEM }

    /**
     * One thing that was looked at.
     *
     * @property area what it is about: `configuration`, `storage`, `session`, `appwrite`, `project`, `clock`, `credential`, `gateway` or
     *   `failures`.
     * @property level how bad it is.
     * @property code the stable name of what was found, within the area.
     * @property text what was found, in a sentence for developers.
     * @property advice what to do about it, if anything.
     */
    public data class Finding(
        val area: String,
        val level: Level,
        val code: String,
        val text: String,
        val advice: String? = null,
    )

    /**
     * How bad a finding is.
     *
     * @property code the stable name, the same in every language.
     */
    public enum class Level(public val code: String) {
        /** As it should be. */
        OK("ok"),

        /** It can be meant so, or pass by itself. */
        WARNING("warning"),

        /** It does not work. */
        PROBLEM("problem"),

        /** It could not be found out. */
        UNKNOWN("unknown"),
    }
}
