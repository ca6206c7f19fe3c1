// The agent of Kotlin that holds the whole world of the scenarios itself: `--world agent`.

package dev.appwritesession.agent

import dev.appwritesession.testing.ffi.TestWorld
import dev.appwritesession.testing.ffi.WireEntry
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject

private const val ORIGIN = "http://127.0.0.1"
private const val ENDPOINT = "$ORIGIN:4001/v1"
private const val GATEWAY = "$ORIGIN:4002"
private const val FOREIGN = "$ORIGIN:4003"
private val SUCCESS = 200..299

fun main() {
    val held = HeldWorld()
    serve(Commands(network = { it.reaching(held::world) }, other = held::carryOut))
}

/** The world, and the commands about it. */
private class HeldWorld {
    lateinit var world: TestWorld
        private set

    suspend fun carryOut(command: JsonObject): JsonElement? =
        when (command.text("do")) {
            "world" -> begin(command.text("profile"))
            "person" -> JsonPrimitive(world.addUser(command.text("email"), command.text("password"), command.text("mfa") == "true"))
            "mock" -> drive(command.text("method"), command.text("path"), command["body"])
            "wire" -> JsonArray(world.journalSince(command.text("since").toULong()).map(::told))
            else -> null
        }

    private fun begin(profile: String): JsonElement {
        world = TestWorld(profile)
        world.claim(ENDPOINT)
        world.openSite(FOREIGN, "foreign")
        return buildJsonObject {
            put("endpoint", JsonPrimitive(ENDPOINT))
            put("gateway", JsonPrimitive(GATEWAY))
            put("foreign", JsonPrimitive(FOREIGN))
            put("project", JsonPrimitive("demo"))
        }
    }

    private suspend fun drive(method: String, path: String, body: JsonElement?): JsonElement {
        val answer = world.control(method, path, body?.takeIf { it !is JsonNull }?.toString())
        check(answer.status.toInt() in SUCCESS) { "the controls refused $method $path: ${answer.body}" }
        return if (answer.body.isEmpty()) JsonNull else Json.parseToJsonElement(answer.body)
    }
}

private fun told(entry: WireEntry): JsonObject =
    buildJsonObject {
        put("seq", JsonPrimitive(entry.number.toLong()))
        put("caller", JsonPrimitive(entry.caller))
        put("method", JsonPrimitive(entry.method))
        put("listener", JsonPrimitive(entry.listener))
        put("path", JsonPrimitive(entry.path))
        put("carrier", JsonPrimitive(entry.carrier))
        put("carriers", JsonPrimitive(entry.carriers.toInt()))
        put("status", JsonPrimitive(entry.status?.toInt()))
    }
