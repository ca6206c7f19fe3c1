// What crosses between JavaScript and the module: JSON on the pipe, React Native's maps and arrays here.

package dev.appwritesession.reactnative.harness

import com.facebook.react.bridge.JavaOnlyArray
import com.facebook.react.bridge.JavaOnlyMap
import com.facebook.react.bridge.ReadableArray
import com.facebook.react.bridge.ReadableMap
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.double

/** An object of JavaScript, as a module gets it. */
internal fun toMap(value: JsonObject): JavaOnlyMap {
    val namesAndValues = value.flatMap { (name, each) -> listOf(name, toValue(each)) }
    return JavaOnlyMap.of(*namesAndValues.toTypedArray())
}

private fun toValue(value: JsonElement): Any? =
    when (value) {
        is JsonNull -> null
        is JsonObject -> toMap(value)
        is JsonArray -> JavaOnlyArray.from(value.map(::toValue))
        is JsonPrimitive -> if (value.isString) value.content else value.booleanOrNull ?: value.double
    }

/** What a module gives, as JavaScript gets it. */
internal fun toJson(value: Any?): JsonElement =
    when (value) {
        null -> JsonNull
        is Boolean -> JsonPrimitive(value)
        is Number -> JsonPrimitive(value)
        is String -> JsonPrimitive(value)
        is ReadableMap -> JsonObject(value.toHashMap().mapValues { (_, each) -> toJson(each) })
        is ReadableArray -> JsonArray(value.toArrayList().map(::toJson))
        else -> error("a module does not give a ${value::class}")
    }
