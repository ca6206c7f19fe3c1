package dev.appwritesession.reactnative.harness

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.util.concurrent.ConcurrentHashMap

/** Which threads did what, by name. */
internal object Threads {
    /** Where JavaScript runs. */
    const val JAVASCRIPT = "mqt_v_js"

    /** Where React Native calls the asynchronous methods of modules. */
    const val MODULES = "mqt_v_native"

    private val used = ConcurrentHashMap<String, MutableSet<String>>()

    /** Notes that this thread does [what]. */
    fun note(what: String) {
        used.getOrPut(what) { ConcurrentHashMap.newKeySet() } += Thread.currentThread().name
    }

    /** What was done, each with its threads. */
    fun used(): JsonObject = JsonObject(used.mapValues { (_, names) -> JsonArray(names.map(::JsonPrimitive)) })
}
