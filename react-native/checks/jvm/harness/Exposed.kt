package dev.appwritesession.reactnative.harness

import com.facebook.react.bridge.Callback
import com.facebook.react.bridge.Promise
import com.facebook.react.bridge.PromiseImpl
import com.facebook.react.bridge.ReactMethod
import com.facebook.react.bridge.ReadableMap
import dev.appwritesession.reactnative.AppwriteSessionModule
import dev.appwritesession.reactnative.NativeAppwriteSessionSpec
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.util.concurrent.Executors

/** A module whose methods are called by name, on the threads that React Native calls them on. */
internal class Exposed(val module: AppwriteSessionModule, private val tell: (JsonObject) -> Unit) {
    private val exported =
        NativeAppwriteSessionSpec::class.java.declaredMethods
            .filter { it.isAnnotationPresent(ReactMethod::class.java) }
            .associateBy { it.name }

    /** Every method: `sync`, `promise` or `void`. */
    fun methods(): JsonObject = JsonObject(exported.mapValues { (_, method) -> JsonPrimitive(kind(method)) })

    private fun kind(method: Method): String =
        when {
            method.getAnnotation(ReactMethod::class.java).isBlockingSynchronousMethod -> "sync"
            method.parameterTypes.lastOrNull() == Promise::class.java -> "promise"
            else -> "void"
        }

    /** Calls what the command says: a synchronous method here and now, any other on the queue of the native modules. */
    fun call(command: JsonObject) {
        val id = command.getValue("id")
        val method = exported.getValue(command.getValue("method").jsonPrimitive.content)
        val arguments = method.parameterTypes.zip(command.arguments()).map { (type, value) -> toJava(type, value) }
        when (kind(method)) {
            "sync" -> settle(id, "answer", invoke(method, arguments))
            "promise" -> QUEUE.execute { invoke(method, arguments + promise(id)) }
            else -> QUEUE.execute { invoke(method, arguments) }
        }
    }

    private fun promise(id: JsonElement): Promise {
        val settled = { how: String ->
            Callback { values ->
                Threads.note("promise")
                settle(id, how, values.firstOrNull())
            }
        }
        return PromiseImpl(settled("resolved"), settled("rejected"))
    }

    private fun settle(id: JsonElement, how: String, value: Any?) =
        tell(
            buildJsonObject {
                put("id", id)
                put(how, toJson(value))
            },
        )

    private fun invoke(method: Method, arguments: List<Any?>): Any? =
        try {
            method.invoke(module, *arguments.toTypedArray())
        } catch (failed: InvocationTargetException) {
            throw failed.targetException
        }

    private fun toJava(type: Class<*>, value: JsonElement): Any? =
        when (type) {
            Double::class.java -> value.jsonPrimitive.double
            String::class.java -> value.jsonPrimitive.contentOrNull
            ReadableMap::class.java -> toMap(value.jsonObject)
            else -> error("no argument has the type $type")
        }

    private companion object {
        /** React Native has one thread for the asynchronous methods of all modules. */
        val QUEUE = Executors.newSingleThreadExecutor { Thread(it, Threads.MODULES).apply { isDaemon = true } }
    }
}
