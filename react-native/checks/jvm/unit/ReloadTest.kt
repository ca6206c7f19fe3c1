package dev.appwritesession.reactnative

import dev.appwritesession.SessionException
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

/** What becomes of clients when JavaScript is reloaded. */
class ReloadTest {
    private val retained = RetainedClients()

    private fun javaScript() = Clients(NoDevice, retained)

    @Test
    fun `of several clients of one configuration the first is taken over first`() {
        val before = javaScript()
        val first = before.open(config())
        val second = before.open(config())
        assertNotSame(first.session, second.session)
        before.retainAll()
        val after = javaScript()
        assertSame(first.session, after.open(config()).session)
        assertSame(second.session, after.open(config()).session)
        assertNotSame(second.session, after.open(config()).session)
    }

    @Test
    fun `a client of another configuration closes the one that was left behind at its place`() {
        val before = javaScript()
        val outdated = before.open(config())
        val elsewhere = before.open(config(slot = "elsewhere"))
        before.retainAll()
        val after = javaScript()
        assertNotSame(outdated.session, after.open(config(attempts = 7)).session)
        assertThrows(SessionException.Closed::class.java) { runBlocking { outdated.session.account() } }
        assertSame(elsewhere.session, after.open(config(slot = "elsewhere")).session)
    }

    @Test
    fun `what is in use is not shared with another JavaScript of the process`() {
        assertNotSame(javaScript().open(config()).session, javaScript().open(config()).session)
    }

    @Test
    fun `a JavaScript that is gone opens nothing, and knows its clients' last changes`() {
        val clients = javaScript()
        val client = clients.open(config())
        runBlocking { client.session.restored() }
        clients.retainAll()
        assertEquals(Failure.CLOSED, assertThrows(Refused::class.java) { clients.open(config()) }.failure)
        assertEquals(Failure.CLOSED, assertThrows(Refused::class.java) { clients.inUse(client.number) }.failure)
        assertEquals(
            "signed_out",
            clients
                .known(client.number)
                ?.change()
                ?.state
                ?.kind,
        )
    }

    @Test
    fun `a client that was closed is not left behind, and its last change can be asked for`() {
        val before = javaScript()
        val client = before.open(config())
        val closed = client.session
        runBlocking {
            closed.restored()
            before.close(client.number)
        }
        before.retainAll()
        assertNotSame(closed, javaScript().open(config()).session)
        assertEquals(
            "signed_out",
            before
                .known(client.number)
                ?.change()
                ?.state
                ?.kind,
        )
    }

    @Test
    fun `a number is never used twice, not by the next JavaScript either`() {
        val before = javaScript()
        val first = before.open(config())
        before.retainAll()
        assertNotEquals(first.number, javaScript().open(config()).number)
    }

    @Test
    fun `accounts of one configuration are taken over with their clients, which have new numbers`() =
        runBlocking {
            val before = javaScript()
            val opened = before.openAccounts(config())
            val id = opened.accounts.current().accountSlot
            val new = mutableListOf<Int>()
            val client = before.openAccount(opened.number, id) { new += it.number }
            assertSame(client, before.openAccount(opened.number, id) { new += it.number })
            assertEquals(listOf(client.number), new)
            before.retainAll()
            assertThrows(Refused::class.java) { before.accountsInUse(opened.number) }
            val after = javaScript()
            assertNotSame(client.session, after.open(config()).session, "it is not a client by itself")
            val again = after.openAccounts(config())
            assertSame(opened.accounts, again.accounts)
            assertNotEquals(opened.number, again.number)
            val taken = after.openAccount(again.number, id) {}
            assertSame(client.session, taken.session)
            assertNotEquals(client.number, taken.number)
            assertNotSame(opened.accounts, after.openAccounts(config()).accounts, "what is in use is not shared")
        }

    @Test
    fun `accounts of another configuration close those that were left behind at their place, and their clients`() =
        runBlocking {
            val before = javaScript()
            val opened = before.openAccounts(config())
            val client = before.openAccount(opened.number, opened.accounts.current().accountSlot) {}
            before.retainAll()
            assertNotSame(opened.accounts, javaScript().openAccounts(config(attempts = 7)).accounts)
            assertThrows(SessionException.Closed::class.java) { runBlocking { client.session.account() } }
            Unit
        }

    @Test
    fun `closing accounts closes their clients, whose last change can be asked for`() =
        runBlocking {
            val clients = javaScript()
            val opened = clients.openAccounts(config())
            val client = clients.openAccount(opened.number, opened.accounts.current().accountSlot) {}
            client.session.restored()
            clients.closeAccounts(opened.number)
            clients.closeAccounts(opened.number)
            assertThrows(Refused::class.java) { clients.inUse(client.number) }
            assertThrows(Refused::class.java) { runBlocking { clients.openAccount(opened.number, "x") {} } }
            assertEquals(
                "signed_out",
                clients
                    .known(client.number)
                    ?.change()
                    ?.state
                    ?.kind,
            )
        }
}
