package dev.appwritesession.reactnative

import android.content.Context
import android.content.ContextWrapper
import kotlinx.coroutines.CancellationException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** The parts of Android's own side that need no Android. */
class DeviceTest {
    @Test
    fun `the marker of an installation is one for each session, and in no backup`(
        @TempDir folder: File,
    ) {
        val host = AndroidHost(AppIn(folder))
        val places =
            listOf(
                ClientConfig.Place("https://a.example/v1", "demo", null),
                ClientConfig.Place("https://b.example/v1", "demo", null),
                ClientConfig.Place("https://a.example/v1", "other", null),
                ClientConfig.Place("https://a.example/v1", "demo", "second"),
            )
        assertEquals(places.size, places.map(host::marker).toSet().size)
        for (spelling in listOf("https://a.example/v1/", "https://A.example/v1")) {
            assertEquals(host.marker(places[0]), host.marker(ClientConfig.Place(spelling, "demo", "default")))
        }
        assertTrue(places.all { host.marker(it).parentFile == folder })
    }

    @Test
    fun `a finger that is not recognised is not the end of the dialog, and one that is confirms`() {
        val answer = PresenceAnswer()
        answer.onAuthenticationFailed()
        answer.onAuthenticationSucceeded(null)
        assertTrue(answer.confirmed())
    }

    @Test
    fun `a dialog that is closed, or that the device cannot show, confirms nothing`() {
        assertFalse(PresenceAnswer().apply { onAuthenticationError(10, "cancelled by the user") }.confirmed())
        assertFalse(PresenceAnswer().apply { refuse() }.confirmed())
    }

    @Test
    fun `no text of a foreign exception is told to JavaScript`() {
        val foreign = listOf(IllegalStateException("secret"), UnsatisfiedLinkError("secret"), CancellationException("secret"))
        assertEquals(listOf("internal", "config", "cancelled"), foreign.map { it.toFailure().code })
        assertFalse(foreign.any { "secret" in it.toFailure().message })
    }

    @Test
    fun `where nothing is known of the request, it may have arrived`() {
        assertTrue(IllegalStateException().toFailure().mayHaveArrived)
        assertTrue(CancellationException().toFailure().mayHaveArrived)
        assertFalse(Refused(Failure.CLOSED).toFailure().mayHaveArrived)
    }

    private class AppIn(private val folder: File) : ContextWrapper(null) {
        override fun getApplicationContext(): Context = this

        override fun getNoBackupFilesDir(): File = folder
    }
}
