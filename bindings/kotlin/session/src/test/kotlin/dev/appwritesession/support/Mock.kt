// A mock Appwrite of its own for each test: the program, and its controls over HTTP.

package dev.appwritesession.support

import dev.appwritesession.mock.MockAppwrite
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File
import kotlin.time.Duration.Companion.seconds

internal class Mock(profile: String = "1.9") : AutoCloseable {
    private val appwrite = MockAppwrite.start(profile, File(System.getenv("APPWRITE_SESSION_NATIVE"), "mock-appwrite"))

    val endpoint = appwrite.endpoint
    val project = appwrite.project
    val gateway = appwrite.gateway
    val foreign = appwrite.foreign

    fun control(method: String, path: String, body: String = "{}"): JsonObject {
        val answer = appwrite.control(method, path, body)
        return if (answer.isEmpty()) JsonObject(emptyMap()) else Json.parseToJsonElement(answer).jsonObject
    }

    /** Makes ada@example.com; her id. */
    fun ada(): String = control("POST", "/users", """{"email":"ada@example.com","password":"$PASSWORD","name":"Ada"}""").string("userId")

    /** The e-mails and SMS that were sent, the oldest first. */
    fun messages(): List<JsonObject> = Json.parseToJsonElement(appwrite.control("GET", "/messages", "{}")).jsonArray.map { it.jsonObject }

    /** Every request as `METHOD listener /path carrier status`, and none of them with more than one carrier. */
    fun wire(): List<String> =
        control("GET", "/journal").getValue("entries").jsonArray.map { it.jsonObject }.map {
            val credential = it.getValue("credential").jsonObject
            check(credential.string("carriers").toInt() <= 1) { "more than one carrier: $it" }
            "${it.string("method")} ${it.string("listener")} ${it.string("path")} ${credential.string("carrier")} ${it.string("status")}"
        }

    /** The bodies that were sent to [path] of Appwrite, as JSON. */
    fun sent(path: String): List<JsonObject> =
        control("GET", "/journal")
            .getValue("entries")
            .jsonArray
            .map { it.jsonObject }
            .filter { it.string("path") == path }
            .map { Json.parseToJsonElement(it.string("body")).jsonObject }

    override fun close() = appwrite.close()

    companion object {
        const val PASSWORD = "correct horse battery"
    }
}

internal fun JsonObject.string(name: String): String = getValue(name).jsonPrimitive.content

/** Runs a test with a mock, for half a minute at most. */
internal fun withMock(profile: String = "1.9", test: suspend kotlinx.coroutines.CoroutineScope.(Mock) -> Unit) {
    Mock(profile).use { mock -> runBlocking { withTimeout(30.seconds) { test(mock) } } }
}
