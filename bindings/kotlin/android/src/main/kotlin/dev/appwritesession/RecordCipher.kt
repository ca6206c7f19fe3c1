package dev.appwritesession

/** Encrypts records so that a changed, moved or foreign one is recognised. */
internal interface RecordCipher {
    /** Encrypts [record], bound to [key]. */
    @Throws(StoreException::class)
    fun seal(record: ByteArray, key: String): ByteArray

    /** Decrypts what [seal] made for the same [key]; otherwise [StoreException.Corrupt]. */
    @Throws(StoreException::class)
    fun open(sealed: ByteArray, key: String): ByteArray
}
