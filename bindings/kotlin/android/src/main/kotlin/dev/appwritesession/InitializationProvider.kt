package dev.appwritesession

import android.content.ContentProvider
import android.content.ContentValues
import android.database.Cursor
import android.net.Uri

/**
 * Calls [AppwriteSession.initialize] before the app's own code runs. Provides nothing.
 *
 * To turn it off, add it to the app's manifest with `tools:node="remove"`.
 */
public class InitializationProvider : ContentProvider() {
    /** Initialises. */
    override fun onCreate(): Boolean {
        context?.let(AppwriteSession::initialize)
        return true
    }

    /** Nothing. */
    override fun query(
        uri: Uri,
        projection: Array<String>?,
        selection: String?,
        selectionArgs: Array<String>?,
        sortOrder: String?,
    ): Cursor? = null

    /** Nothing. */
    override fun getType(uri: Uri): String? = null

    /** Nothing. */
    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    /** Nothing. */
    override fun delete(uri: Uri, selection: String?, selectionArgs: Array<String>?): Int = 0

    /** Nothing. */
    override fun update(
        uri: Uri,
        values: ContentValues?,
        selection: String?,
        selectionArgs: Array<String>?,
    ): Int = 0
}
