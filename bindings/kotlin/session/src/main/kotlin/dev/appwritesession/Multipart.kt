package dev.appwritesession

import dev.appwritesession.ffi.FormContent
import dev.appwritesession.ffi.FormField

/** A form (`multipart/form-data`), whose fields are sent in the order in which they were added. */
public class Multipart {
    internal val fields = mutableListOf<FormField>()

    /** Adds a text. */
    public fun text(name: String, text: String): Multipart = apply { fields += FormField(name, FormContent.Text(text)) }

    /** Adds [bytes] as if they were a file. */
    public fun bytes(
        name: String,
        fileName: String,
        contentType: String,
        bytes: ByteArray,
    ): Multipart = apply { fields += FormField(name, FormContent.Bytes(fileName, contentType, bytes)) }

    /** Adds a file, which is read when the form is sent. */
    public fun file(name: String, file: UploadFile): Multipart = apply { fields += FormField(name, FormContent.File(file.toFfi())) }

    /** How many fields there are: the rest can hold secrets of the app. */
    override fun toString(): String = "Multipart(fields=${fields.size})"
}
