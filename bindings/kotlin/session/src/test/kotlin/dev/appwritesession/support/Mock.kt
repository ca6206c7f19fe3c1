// A mock Appwrite of its own for each test: the program, and its controls over HTTP.

package dev.appwritesession.support

import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import kotlin.time.Duration.Companion.seconds

internal class Mock : AutoCloseable {
    private val process: Process =
        ProcessBuilder("${System.getenv("APPWRITE_SESSION_NATIVE")}/mock-appwrite", "serve", "--profile", "1.9", "--listen", "127.0.0.1:0")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
    private val description = Json.parseToJsonElement(process.inputStream.bufferedReader().readLine()).jsonObject
    private val http = HttpClient.newHttpClient()

    val endpoint = text("endpoint")
    val project = text("project")
    val gateway = text("gateway")
    val foreign = text("foreign")

    private fun text(name: String) = description.getValue(name).jsonPrimitive.content

    fun control(method: String, path: String, body: String = "{}"): JsonObject {
        val request =
            HttpRequest
                .newBuilder(URI.create("${text("url")}/_mock$path"))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build()
        val answer = http.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "the mock answered ${answer.statusCode()} to $method $path" }
        return if (answer.body().isEmpty()) JsonObject(emptyMap()) else Json.parseToJsonElement(answer.body()).jsonObject
    }

    /** Makes ada@example.com; her id. */
    fun ada(): String = control("POST", "/users", """{"email":"ada@example.com","password":"$PASSWORD","name":"Ada"}""").string("userId")

    /** Every request as `METHOD listener /path carrier status`, and none of them with more than one carrier. */
    fun wire(): List<String> =
        control("GET", "/journal").getValue("entries").jsonArray.map { it.jsonObject }.map {
            val credential = it.getValue("credential").jsonObject
            check(credential.string("carriers").toInt() <= 1) { "more than one carrier: $it" }
            "${it.string("method")} ${it.string("listener")} ${it.string("path")} ${credential.string("carrier")} ${it.string("status")}"
        }

    override fun close() {
        process.destroy()
    }

    companion object {
        const val PASSWORD = "correct horse battery"
    }
}

internal fun JsonObject.string(name: String): String = getValue(name).jsonPrimitive.content

/** Runs a test with a mock, for half a minute at most. */
internal fun withMock(test: suspend kotlinx.coroutines.CoroutineScope.(Mock) -> Unit) {
    Mock().use { mock -> runBlocking { withTimeout(30.seconds) { test(mock) } } }
}
