package dev.appwritesession

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** This module alone, as an app has it that adds none of the screens. */
internal class PlatformScreensTest {
    private fun fault(screen: String): ScreenFault =
        assertThrows<SessionException.ScreenFailed> { runBlocking { PlatformScreens.show(screen, null, "{}") } }.fault

    @Test
    fun `without its module a screen is not linked, and one that Android does not have is not supported`() {
        for (screen in listOf("google", "passkey_get", "passkey_create", "browser")) assertEquals(ScreenFault.NotLinked, fault(screen))
        assertEquals(ScreenFault.NotSupported, fault("apple"))
        assertNull(PlatformScreens.takeCallback())
    }
}
