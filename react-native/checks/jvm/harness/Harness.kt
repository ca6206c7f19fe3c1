@file:Suppress("DEPRECATION") // A context without an app around it; React Native has no other.

package dev.appwritesession.reactnative.harness

import android.content.Context
import android.content.ContextWrapper
import com.facebook.react.bridge.BridgeReactContext
import com.facebook.react.bridge.connect
import dev.appwritesession.reactnative.AppwriteSessionModule
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlin.system.exitProcess

/**
 * The real module on a plain JVM, for JavaScript on the other side of a pipe: a JSON object a line, as `../jvm.ts` writes and reads
 * them. What comes in is carried out on this thread, which stands for JavaScript's own; promises are settled, and events told, from
 * whatever thread the module does it.
 */
fun main() {
    Thread.currentThread().name = Threads.JAVASCRIPT
    val harness = Harness(::tell)
    for (line in generateSequence(::readLine)) harness.carryOut(Json.parseToJsonElement(line).jsonObject)
    exitProcess(0)
}

@Synchronized
private fun tell(message: JsonObject) {
    println(message)
    System.out.flush()
}

/** The modules of one process, and the device below them. */
internal class Harness(private val tell: (JsonObject) -> Unit) {
    private val device = TestDevice()
    private val modules = mutableListOf<Exposed>()

    /** Carries out one line. Each but the asynchronous calls of a module is answered at once. */
    fun carryOut(command: JsonObject) {
        val text = { name: String -> command[name]?.jsonPrimitive?.contentOrNull }
        when (val name = text("do")) {
            "call" -> modules[command.getValue("module").jsonPrimitive.int].call(command)
            "module" -> answer(command, module())
            "invalidate" -> answer(command) { modules[command.getValue("module").jsonPrimitive.int].module.invalidate() }
            "prepare" -> answer(command) { device.prepare(text("store").orEmpty(), text("installation")) }
            "fault" -> answer(command) { device.store(text("store").orEmpty()).fault = text("fault") }
            "present" -> answer(command) { device.present = command.getValue("present").jsonPrimitive.boolean }
            "asked" -> answer(command, JsonPrimitive(device.asked))
            "threads" -> answer(command, Threads.used())
            else -> error("there is no $name")
        }
    }

    /** A new module, as React Native makes one for each JavaScript: its number, and how its methods are called. */
    private fun module(): JsonElement {
        val number = modules.size
        val module = AppwriteSessionModule(BridgeReactContext(NoApp()), device)
        connect(module) { name, value ->
            Threads.note("event")
            tell(
                buildJsonObject {
                    put("module", JsonPrimitive(number))
                    put("event", JsonPrimitive(name))
                    put("value", toJson(value))
                },
            )
        }
        val exposed = Exposed(module, tell)
        modules += exposed
        return buildJsonObject {
            put("module", JsonPrimitive(number))
            put("methods", exposed.methods())
        }
    }

    private inline fun answer(command: JsonObject, work: () -> Unit) {
        work()
        answer(command, JsonNull)
    }

    private fun answer(command: JsonObject, value: JsonElement) =
        tell(
            buildJsonObject {
                put("id", command.getValue("id"))
                put("answer", value)
            },
        )
}

/** The application of no app: nothing can be asked of it. */
private class NoApp : ContextWrapper(null) {
    override fun getApplicationContext(): Context = this
}

/** The arguments of a call. */
internal fun JsonObject.arguments(): List<JsonElement> = getValue("arguments").jsonArray
