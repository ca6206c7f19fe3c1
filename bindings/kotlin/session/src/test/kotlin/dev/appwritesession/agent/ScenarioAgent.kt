// The agent of Kotlin: does with SessionClient what the conductor of tests/scenarios says, and tells what came back.

package dev.appwritesession.agent

import dev.appwritesession.SessionException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.util.concurrent.ConcurrentHashMap
import kotlin.system.exitProcess

private val running = ConcurrentHashMap<Long, Job>()
private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

fun main() = serve(Commands())

/** Carries out what the conductor says, until it says nothing more. */
internal fun serve(commands: Commands) {
    for (line in generateSequence(::readLine)) {
        val command = Json.parseToJsonElement(line).jsonObject
        val id = command.getValue("id").jsonPrimitive.long
        if (command.text("do") == "cancel") {
            running[command.getValue("command").jsonPrimitive.long]?.cancel()
            answer(id, "ok", JsonNull)
            continue
        }
        // Started only once it is noted, so that it can be cancelled.
        val job = scope.launch(start = CoroutineStart.LAZY) { carryOut(commands, id, command) }
        running[id] = job
        job.start()
    }
    exitProcess(0)
}

private suspend fun carryOut(commands: Commands, id: Long, command: JsonObject) {
    try {
        answer(id, "ok", commands.carryOut(command))
    } catch (unknown: UnknownCommand) {
        answer(id, "unknown", JsonPrimitive(unknown.message))
    } catch (error: SessionException) {
        answer(id, "error", told(error))
    } catch (_: CancellationException) {
        answer(id, "cancelled", JsonPrimitive(true))
    } finally {
        running.remove(id)
    }
}

@Synchronized
private fun answer(id: Long, kind: String, value: JsonElement) {
    println(
        buildJsonObject {
            put("id", JsonPrimitive(id))
            put(kind, value)
        },
    )
    System.out.flush()
}

internal class UnknownCommand(name: String) : Exception(name)

internal fun JsonObject.text(name: String): String = optional(name).orEmpty()

internal fun JsonObject.optional(name: String): String? = (this[name] as? JsonPrimitive)?.takeIf { it !is JsonNull }?.content
