package dev.appwritesession

import java.io.File
import kotlin.time.Duration
import dev.appwritesession.ffi.ClientOptions as FfiClientOptions
import dev.appwritesession.ffi.GatewayOptions as FfiGatewayOptions

/** What a [SessionClient] is built from, beside endpoint and project. The client's constructor checks it. */
public class SessionOptions internal constructor() {
    private val gateways = mutableListOf<FfiGatewayOptions>()
    private val certificates = mutableListOf<ByteArray>()
    private var endpointPins: Pins? = null
    private var proxy: Proxy? = null
    private var marker: File? = null
    private var policy: PresencePolicy = PresencePolicy.Default
    internal var presence: UserPresence? = null
        private set

    /** Keeps this client's session apart from others of the same project, for apps with several accounts. */
    public var accountSlot: String? = null

    /**
     * Keeps the session in this store. Without one it is kept in the platform's own secure store.
     *
     * A [MemoryStore] keeps nothing across a restart.
     */
    public var store: SecureStore? = null

    /**
     * Makes a client for a second process of the app: it uses the session that the app left in the store, notices at
     * [SessionClient.resume] and at a gateway's 401 that the app changed it, and never writes. Signing in and out fails with
     * [SessionException.Config].
     */
    public var readOnly: Boolean = false

    /** The time to establish a connection, TLS included. 10 seconds if not set. */
    public var connectTimeout: Duration? = null

    /** The time without a single byte arriving. 30 seconds if not set. */
    public var idleTimeout: Duration? = null

    /** The time for one request, to the last byte of the answer. 60 seconds if not set. A retry starts anew. */
    public var totalTimeout: Duration? = null

    /** How often an idempotent call is tried, the first time included. 3 if not set. */
    public var attempts: Int? = null

    /** How many bytes the body of a gateway's answer may have. 16 MiB if not set. A longer one is [SessionException.ResponseTooLarge]. */
    public var responseLimit: Long? = null

    /**
     * Allows a gateway: an origin such as `https://api.example.com`. The first one is the default, which calls with a path go to.
     *
     * @param carrier how the credential travels to it.
     * @param pins which keys its server may have.
     */
    @JvmOverloads
    public fun gateway(url: String, carrier: Carrier = Carrier.Cookie, pins: Pins? = null) {
        gateways += FfiGatewayOptions(url, carrier.toFfi(), pins?.toFfi())
    }

    /** Which keys the server of Appwrite may have. */
    public fun endpointPins(pins: Pins) {
        endpointPins = pins
    }

    /** The proxy that all requests go through. Without one they go to the servers themselves. */
    public fun proxy(proxy: Proxy) {
        this.proxy = proxy
    }

    /** Trusts the root certificates of [pem] beside the platform's own, for Appwrite and gateways alike. */
    public fun rootCertificates(pem: ByteArray) {
        certificates += pem
    }

    /**
     * Forgets a session that an earlier installation of the app left, and revokes it. Meant for stores that outlive the app; on
     * Android, the platform's own does not.
     *
     * A session that was stored before the app asked for this is kept, and while the file or the store cannot be read nothing is
     * decided.
     *
     * @param marker where a small file goes that is removed with the app.
     */
    public fun forgetAfterReinstall(marker: File) {
        this.marker = marker
    }

    /**
     * Requires biometrics or the device passcode before the session is used: for gateway calls, `authorize` and calls about the
     * account. A call for which the user does not confirm fails with [SessionException.PresenceRequired]. Restoring, signing in and
     * signing out do not ask, and nobody is asked while the app is in the background, see [SessionClient.pause].
     *
     * @param policy how long a confirmation is valid.
     * @param presence how the user is asked.
     */
    public fun requirePresence(policy: PresencePolicy, presence: UserPresence) {
        this.policy = policy
        this.presence = presence
    }

    internal fun toFfi(endpoint: String, project: String): FfiClientOptions =
        FfiClientOptions(
            endpoint = endpoint,
            project = project,
            gateways = gateways.toList(),
            accountSlot = accountSlot,
            persistence = dev.appwritesession.ffi.Persistence.DURABLE,
            keychainAccessGroup = null,
            readOnly = readOnly,
            installationMarker = marker?.path,
            presencePolicy = policy.toFfi(),
            connectTimeoutMs = connectTimeout?.toMillis(),
            idleTimeoutMs = idleTimeout?.toMillis(),
            totalTimeoutMs = totalTimeout?.toMillis(),
            attempts = attempts?.coerceAtLeast(1)?.toUInt(),
            responseLimit = responseLimit?.coerceAtLeast(0)?.toULong(),
            rootCertificates = certificates.toList(),
            endpointPins = endpointPins?.toFfi(),
            proxy = proxy?.ffi,
        )
}

/** Negative times become zero, which the core refuses. */
internal fun Duration.toMillis(): ULong = inWholeMilliseconds.coerceAtLeast(0).toULong()
