// The commands, each with the one call of the API that it stands for.

package dev.appwritesession.agent

import dev.appwritesession.Accounts
import dev.appwritesession.Carrier
import dev.appwritesession.Factor
import dev.appwritesession.MfaChallenge
import dev.appwritesession.PresencePolicy
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionOptions
import dev.appwritesession.SessionState
import dev.appwritesession.authorizeWith
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import okhttp3.OkHttpClient
import okhttp3.Request
import java.nio.file.Files
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds

/** [network] changes the HTTP clients of the app, and [other] carries out the commands that are not here. */
internal class Commands(
    private val network: (OkHttpClient.Builder) -> Unit = {},
    private val other: suspend (JsonObject) -> JsonElement? = { null },
) {
    private class Observed(val client: SessionClient, val heard: List<SessionState>)

    private val clients = ConcurrentHashMap<String, Observed>()

    @Volatile
    private var accounts: Accounts? = null
    private val stores = ConcurrentHashMap<String, Device>()
    private val asked = AtomicInteger()

    @Volatile
    private var present = true

    /** Where the markers of installations are. */
    private val folder by lazy { Files.createTempDirectory("appwrite-session").toFile().also { it.deleteOnExit() } }
    private val observers = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    suspend fun carryOut(command: JsonObject): JsonElement =
        when (command.text("do")) {
            "store" -> {
                done { store(command.text("store")).fault = command.optional("fault") }
            }

            "user" -> {
                done { present = command.text("present") == "true" }
            }

            "asked" -> {
                JsonPrimitive(asked.get())
            }

            "build" -> {
                done {
                    observe(
                        command.text("client"),
                        SessionClient(command.text("endpoint"), command.text("project")) { configure(command) },
                    )
                }
            }

            "build_accounts" -> {
                done { accounts = Accounts(command.text("endpoint"), command.text("project")) { configure(command) } }
            }

            "accounts" -> {
                accountOperation(accountsInUse(), command) { observe(command.text("client"), it) }
            }

            "accounts_state" -> {
                accountsInUse().state.value?.let(::shown) ?: JsonNull
            }

            "account_operations" -> {
                accountOperationNames()
            }

            "close_accounts" -> {
                done { accountsInUse().close() }
            }

            else -> {
                other(command) ?: withClient(command, clients[command.text("client")] ?: throw UnknownCommand("client"))
            }
        }

    private fun store(name: String): Device = stores.getOrPut(name) { Device() }

    private fun accountsInUse(): Accounts = accounts ?: throw UnknownCommand("accounts")

    private fun SessionOptions.configure(command: JsonObject) {
        store = store(command.text("store"))
        accountSlot = command.optional("slot")
        attempts = command.optional("attempts")?.toInt()
        totalTimeout = command.optional("totalTimeoutMs")?.toLong()?.milliseconds
        readOnly = command.optional("readOnly") == "true"
        command.optional("installation")?.let { forgetAfterReinstall(folder.resolve(it)) }
        command["presence"]?.let { requirePresence(it.jsonObject) }
        for (each in command["gateways"]?.jsonArray.orEmpty()) {
            gateway(each.jsonObject.text("url"), carrier(each.jsonObject.text("carrier")))
        }
    }

    private fun observe(name: String, client: SessionClient) {
        val heard = CopyOnWriteArrayList<SessionState>()
        observers.launch(start = CoroutineStart.UNDISPATCHED) { client.changes.collect { heard += it.state } }
        clients[name] = Observed(client, heard)
    }

    private fun SessionOptions.requirePresence(command: JsonObject) {
        val timeout = (command.optional("timeoutMs") ?: "0").toLong().milliseconds
        val policy =
            when (command.text("policy")) {
                "always" -> PresencePolicy.Always
                "session" -> PresencePolicy.Session(timeout)
                "lifecycle" -> PresencePolicy.Lifecycle(timeout)
                else -> PresencePolicy.Default
            }
        requirePresence(policy) {
            asked.incrementAndGet()
            present
        }
    }

    private fun carrier(name: String): Carrier =
        when (name) {
            "fallback_cookies" -> Carrier.FallbackCookies
            "session_header" -> Carrier.SessionHeader
            "access_token" -> Carrier.AccessToken
            "appwrite_jwt" -> Carrier.AppwriteJwt
            "appwrite_jwt_header" -> Carrier.AppwriteJwtHeader
            else -> Carrier.Cookie
        }

    private suspend fun withClient(command: JsonObject, observed: Observed): JsonElement {
        val client = observed.client
        val text = command::text
        return when (val name = text("do")) {
            "restored" -> {
                told(client.restored())
            }

            "resume" -> {
                told(client.resume())
            }

            "pause" -> {
                done { client.pause() }
            }

            "state" -> {
                told(client.state.value)
            }

            "persistence" -> {
                JsonPrimitive(client.persistence.code)
            }

            "changes" -> {
                JsonArray(observed.heard.map(::told))
            }

            "sign_up_with_email" -> {
                told(client.signUpWithEmail(text("email"), text("password"), command.optional("name")))
            }

            "sign_in_with_email" -> {
                told(client.signInWithEmail(text("email"), text("password")))
            }

            "sign_in_anonymously" -> {
                told(client.signInAnonymously())
            }

            "sign_in_with_token" -> {
                told(client.signInWithToken(text("userId"), text("secret")))
            }

            "create_mfa_challenge" -> {
                val factor = Factor.entries.first { it.code == text("factor") }
                JsonObject(mapOf("id" to JsonPrimitive(client.createMfaChallenge(factor).id)))
            }

            "complete_mfa_challenge" -> {
                told(client.completeMfaChallenge(MfaChallenge(text("challenge")), text("code")))
            }

            "sign_out" -> {
                done { client.signOut() }
            }

            "sign_out_everywhere" -> {
                done { client.signOutEverywhere() }
            }

            "import" -> {
                JsonPrimitive(client.importSession(text("left")).code)
            }

            "account" -> {
                told(client.account())
            }

            "sessions" -> {
                JsonArray(client.sessions().map(::told))
            }

            "current_session" -> {
                told(client.currentSession())
            }

            "extend_session" -> {
                told(client.extendSession())
            }

            "revoke_session" -> {
                done { client.revokeSession(text("session")) }
            }

            "call" -> {
                call(client, command)
            }

            "native_call" -> {
                nativeCall(client, text("method"), text("target"))
            }

            "operation" -> {
                operation(client, command)
            }

            "operations" -> {
                operationNames()
            }

            "close" -> {
                done { client.close() }
            }

            else -> {
                throw UnknownCommand(name)
            }
        }
    }

    private suspend fun call(client: SessionClient, command: JsonObject): JsonElement {
        val request = client.request(command.optional("method") ?: "GET", command.text("target"))
        command["headers"]?.jsonObject?.forEach { (name, value) -> request.header(name, value.jsonPrimitive.content) }
        command.optional("body")?.let { request.body(it.encodeToByteArray()) }
        command.optional("timeoutMs")?.let { request.timeout(it.toLong().milliseconds) }
        if (command.optional("repeatable") == "true") request.idempotent()
        val response = request.send()
        return told(response)
    }

    /** A call with OkHttp. */
    private suspend fun nativeCall(client: SessionClient, method: String, target: String): JsonElement =
        runInterruptible(Dispatchers.IO) {
            OkHttpClient
                .Builder()
                .authorizeWith(client)
                .also(network)
                .build()
                .newCall(
                    Request
                        .Builder()
                        .url(target)
                        .method(method, null)
                        .build(),
                ).execute()
                .use {
                    told(it.code, it.body.string())
                }
        }

    private inline fun done(call: () -> Unit): JsonElement {
        call()
        return JsonNull
    }
}
