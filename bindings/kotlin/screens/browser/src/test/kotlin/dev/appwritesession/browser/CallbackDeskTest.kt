package dev.appwritesession.browser

import dev.appwritesession.ScreenFault
import dev.appwritesession.SessionException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

internal class CallbackDeskTest {
    private val desk = CallbackDesk()

    @Test
    fun `an answer is for the sign-in that waits, and for no other`() {
        val visit = desk.begin()
        desk.answered("my-app://first")
        assertEquals("my-app://first", runBlocking { visit.answer() })
        desk.answered("my-app://second")
        desk.end(visit, keepsAnswer = false)
        assertNull(desk.take())
    }

    @Test
    fun `an answer that nobody waits for is kept, the last one, once`() {
        desk.answered("my-app://first")
        desk.answered("my-app://second")
        assertEquals("my-app://second", desk.take())
        assertNull(desk.take())
    }

    @Test
    fun `a visit drops what was kept for an earlier one`() {
        desk.answered("my-app://old")
        desk.end(desk.begin(), keepsAnswer = true)
        assertNull(desk.take())
    }

    @Test
    fun `an answer that its sign-in could not use is kept`() {
        val visit = desk.begin()
        desk.answered("my-app://answer")
        desk.end(visit, keepsAnswer = true)
        assertEquals("my-app://answer", desk.take())
    }

    @Test
    fun `what is given back replaces nothing newer, and is of no use to a new sign-in`() {
        desk.keep("my-app://old")
        desk.keep("my-app://older")
        assertEquals("my-app://old", desk.take())
        val visit = desk.begin()
        desk.keep("my-app://old")
        desk.end(visit, keepsAnswer = false)
        assertNull(desk.take())
    }

    @Test
    fun `one sign-in waits at a time, and the next when it has ended`() {
        val visit = desk.begin()
        assertEquals(ScreenFault.Interrupted, assertThrows<SessionException.ScreenFailed> { desk.begin() }.fault)
        desk.answered("my-app://answer")
        assertEquals("my-app://answer", runBlocking { visit.answer() }, "the refused one took nothing")
        desk.end(visit, keepsAnswer = false)
        desk.begin()
    }

    @Test
    fun `only its own number closes a visit, or fails it`() {
        val old = desk.begin()
        desk.end(old, keepsAnswer = true)
        val visit = desk.begin()
        desk.closed(old.number)
        desk.failed(old.number, ScreenFault.NotSupported)
        desk.answered("my-app://answer")
        assertEquals("my-app://answer", runBlocking { visit.answer() })
        desk.end(visit, keepsAnswer = false)
        val closed = desk.begin()
        desk.closed(closed.number)
        assertNull(runBlocking { closed.answer() })
        desk.end(closed, keepsAnswer = true)
        val failed = desk.begin()
        desk.failed(failed.number, ScreenFault.NotSupported)
        assertEquals(ScreenFault.NotSupported, assertThrows<SessionException.ScreenFailed> { runBlocking { failed.answer() } }.fault)
    }

    @Test
    fun `what is too long for a callback is not taken`() {
        desk.answered("my-app://" + "a".repeat(16_384))
        assertNull(desk.take())
    }

    @Test
    fun `an answer counts always, the tab is opened once, and who is back without an answer has closed it`() {
        assertEquals(Step.Open("https://a"), nextStep("https://a", null, opened = false))
        assertEquals(Step.Closed, nextStep("https://a", null, opened = true))
        assertEquals(Step.Answered("my-app://b"), nextStep("https://a", "my-app://b", opened = true))
        assertEquals(Step.Answered("my-app://b"), nextStep(null, "my-app://b", opened = false))
        assertEquals(Step.Closed, nextStep(null, null, opened = false))
    }
}
