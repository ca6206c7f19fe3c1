package dev.appwritesession

import dev.appwritesession.ffi.Import as FfiImport

/**
 * What came of [SessionClient.importSession].
 *
 * @property code the stable name, the same in every language.
 * @property mayErase whether the app is to erase what it passed, which is the credential in the open.
 */
public enum class Import(public val code: String, public val mayErase: Boolean) {
    /** The session is held, and stored. */
    Imported("imported", mayErase = true),

    /** The very session is held already: an import before this one was not cleaned up after. */
    AlreadyHeld("already_held", mayErase = true),

    /** Another session is held, which stays. What was passed is left as it is, here and at Appwrite. */
    Declined("declined", mayErase = false),

    /** There was no session of this project in what was passed. */
    NothingFound("nothing_found", mayErase = false),
}

internal fun FfiImport.toApi(): Import =
    when (this) {
        FfiImport.IMPORTED -> Import.Imported
        FfiImport.ALREADY_HELD -> Import.AlreadyHeld
        FfiImport.DECLINED -> Import.Declined
        FfiImport.NOTHING_FOUND -> Import.NothingFound
    }
