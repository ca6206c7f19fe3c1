package dev.appwritesession

import dev.appwritesession.ffi.FileSource
import dev.appwritesession.ffi.HostFile
import dev.appwritesession.ffi.SentFile
import java.io.File

/**
 * A file that is sent as a body or in a form. The core opens and reads it when it is sent, and again if the call is sent again: no byte
 * of it is held by the app. A file that cannot be read is [SessionException.FileFailed].
 */
public class UploadFile private constructor(private val source: FileSource, private val name: String?, private val contentType: String?) {
    internal fun toFfi() = SentFile(source, name, contentType)

    /** That it is a file: name and path can be private. */
    override fun toString(): String = "UploadFile"

    /** Says which file is sent. */
    public companion object {
        /**
         * The file at [file].
         *
         * @param name its name in a form; that of [file] if not given.
         * @param contentType its content type; `application/octet-stream` if not given.
         */
        @JvmStatic
        @JvmOverloads
        public fun at(file: File, name: String? = null, contentType: String? = null): UploadFile = at(file.path, name, contentType)

        /** The file at [path]. Otherwise as for a [File]. */
        @JvmStatic
        @JvmOverloads
        public fun at(path: String, name: String? = null, contentType: String? = null): UploadFile =
            UploadFile(FileSource.Path(path), name, contentType)

        /** A file that [file] opens. */
        internal fun openedBy(file: HostFile, name: String?, contentType: String?): UploadFile =
            UploadFile(FileSource.Host(file), name, contentType)
    }
}
