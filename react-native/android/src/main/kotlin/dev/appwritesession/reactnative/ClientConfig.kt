package dev.appwritesession.reactnative

import dev.appwritesession.Carrier
import dev.appwritesession.MemoryStore
import dev.appwritesession.Persistence
import dev.appwritesession.PresencePolicy
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionOptions
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What JavaScript wants a client to be. Two that are equal make clients that behave the same. */
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
    val rootCertificates: List<String>,
) {
    /** Which session it is: clients of one place share what is stored. */
    data class Place(val endpoint: String, val project: String, val accountSlot: String?) {
        /** One name for all spellings of it, which the core takes for one as well. */
        val name: String get() = listOf(endpoint.lowercase().trimEnd('/'), project, accountSlot ?: "default").joinToString("\n")
    }

    /** How often the user must prove to be there, and what the dialog says. */
    data class Presence(val policy: Policy, val timeoutMs: Long, val texts: PresenceTexts)

    /** How long a proof is good for, as all languages name it. */
    enum class Policy(val code: String) {
        /** Until the process ends. */
        Default("default"),

        /** For the calls that wait for it. */
        Always("always"),

        /** For a time. */
        Session("session"),

        /** Until the app was away for a time. */
        Lifecycle("lifecycle"),
    }
}

/** Builds a client of this configuration on that device. Makes no request. */
internal fun ClientConfig.build(host: Host): SessionClient = SessionClient(place.endpoint, place.project) { configure(this, host) }

private fun ClientConfig.configure(options: SessionOptions, host: Host) {
    options.accountSlot = place.accountSlot
    options.store = if (persistence == Persistence.MemoryOnly) MemoryStore() else host.store
    options.readOnly = readOnly
    options.connectTimeout = connectTimeoutMs?.milliseconds
    options.idleTimeout = idleTimeoutMs?.milliseconds
    options.totalTimeout = totalTimeoutMs?.milliseconds
    options.attempts = attempts
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
