package dev.appwritesession.reactnative

import android.util.Base64
import com.facebook.react.bridge.ReadableMap
import dev.appwritesession.GatewayRequest
import dev.appwritesession.Multipart
import dev.appwritesession.UploadFile

/** A body in a `NativeRequest` or a `NativeField`, which is text, or bytes in base64. */
internal class Content(private val body: String, private val isBase64: Boolean) {
    constructor(map: ReadableMap) : this(map.text("body"), map.getBoolean("bodyIsBase64"))

    /** Its bytes. */
    fun bytes(): ByteArray = if (isBase64) Base64.decode(body, Base64.DEFAULT) else body.encodeToByteArray()

    /** Its text. */
    fun text(): String = if (isBase64) bytes().decodeToString() else body
}

/** A `NativeFile`. */
internal class NamedFile(map: ReadableMap) {
    private val uri = map.text("uri")
    private val name = map.optionalText("name")
    private val type = map.optionalText("type")

    /** The file, which is opened when it is sent. */
    fun open(host: Host): UploadFile = host.file(uri, name, type)
}

/** A `NativeField`. */
internal class Field(map: ReadableMap) {
    private val name = map.text("name")
    private val content = Content(map)
    private val fileName = map.optionalText("fileName")
    private val contentType = map.text("contentType")
    private val file = map.optionalMap("file")?.let(::NamedFile)

    /** Adds it to [form]. */
    fun addTo(form: Multipart, host: Host) {
        when {
            file != null -> form.file(name, file.open(host))
            fileName != null -> form.bytes(name, fileName, contentType, content.bytes())
            else -> form.text(name, content.text())
        }
    }
}

/** What a `NativeRequest` sends: a form, a file, or its content. */
internal class Upload(map: ReadableMap) {
    private val content = Content(map)
    private val file = map.optionalMap("file")?.let(::NamedFile)
    private val form = map.optionalMaps("form")?.map(::Field)

    /** Sets the body of [call]. */
    fun of(call: GatewayRequest, host: Host) {
        when {
            form != null -> call.multipart(Multipart().also { form.forEach { field -> field.addTo(it, host) } })
            file != null -> call.file(file.open(host))
            else -> content.bytes().takeIf { it.isNotEmpty() }?.let(call::body)
        }
    }
}
