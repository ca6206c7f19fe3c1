package dev.appwritesession.reactnative

import dev.appwritesession.Accounts
import dev.appwritesession.Carrier
import dev.appwritesession.MemoryStore
import dev.appwritesession.Persistence
import dev.appwritesession.PresencePolicy
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionOptions
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** The configuration of a client. Clients with equal configurations behave the same. */
internal data class ClientConfig(
    val place: Place,
    val gateways: List<Pair<String, Carrier>>,
    val persistence: Persistence,
    val readOnly: Boolean,
    val forgetAfterReinstall: Boolean,
    val presence: Presence?,
    val connectTimeoutMs: Long?,
    val idleTimeoutMs: Long?,
    val totalTimeoutMs: Long?,
    val attempts: Int?,
    val responseLimit: Long?,
    val rootCertificates: List<String>,
) {
    /** Identifies a session: clients with the same place share one record in the store. */
    data class Place(val endpoint: String, val project: String, val accountSlot: String?) {
        /** A name that is the same for all spellings which the core considers the same. */
        val name: String get() = listOf(endpoint.lowercase().trimEnd('/'), project, accountSlot ?: "default").joinToString("\n")
    }

    /** How often the user must confirm with biometrics or the device passcode, and the texts of the dialog. */
    data class Presence(val policy: Policy, val timeoutMs: Long, val texts: PresenceTexts)

    /** How long a confirmation is valid. The codes are the same in all languages. */
    enum class Policy(val code: String) {
        /** Until the process ends. */
        Default("default"),

        /** Only for the calls that wait for it. */
        Always("always"),

        /** For a time. */
        Session("session"),

        /** Until the app was in the background for a time. */
        Lifecycle("lifecycle"),
    }
}

/** Builds a client with this configuration. Makes no request. */
internal fun ClientConfig.build(host: Host): SessionClient = SessionClient(place.endpoint, place.project) { configure(this, host) }

/** Builds accounts with this configuration. Makes no request. */
internal fun ClientConfig.buildAccounts(host: Host): Accounts = Accounts.forBridges(place.endpoint, place.project) { configure(this, host) }

private fun ClientConfig.configure(options: SessionOptions, host: Host) {
    options.accountSlot = place.accountSlot
    options.store = if (persistence == Persistence.MemoryOnly) MemoryStore() else host.store
    options.readOnly = readOnly
    options.connectTimeout = connectTimeoutMs?.milliseconds
    options.idleTimeout = idleTimeoutMs?.milliseconds
    options.totalTimeout = totalTimeoutMs?.milliseconds
    options.attempts = attempts
    options.responseLimit = responseLimit
    gateways.forEach { (url, carrier) -> options.gateway(url, carrier) }
    rootCertificates.forEach { options.rootCertificates(it.encodeToByteArray()) }
    if (forgetAfterReinstall) options.forgetAfterReinstall(host.marker(place))
    presence?.let { options.requirePresence(it.policy.lasting(it.timeoutMs.milliseconds), host.presence(it.texts)) }
}

private fun ClientConfig.Policy.lasting(timeout: Duration): PresencePolicy =
    when (this) {
        ClientConfig.Policy.Default -> PresencePolicy.Default
        ClientConfig.Policy.Always -> PresencePolicy.Always
        ClientConfig.Policy.Session -> PresencePolicy.Session(timeout)
        ClientConfig.Policy.Lifecycle -> PresencePolicy.Lifecycle(timeout)
    }
