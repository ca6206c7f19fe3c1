package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.string
import dev.appwritesession.support.withMock
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.first
import kotlinx.serialization.json.JsonElement
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.io.File

@Suppress("UnusedPrivateMember") // Some functions of the README are only compiled.
internal class AccountsTest {
    // README
    private suspend fun addAccount(accounts: Accounts, email: String, password: String): SessionClient {
        val added = accounts.add() // a client like any other
        added.signInWithEmail(email, password)
        return accounts.switchTo(added.accountSlot)
    }

    private suspend fun show(accounts: Accounts) {
        accounts.state.filterNotNull().collect { state ->
            for (account in state.accounts) println("${account.user.name} ${if (account.isCurrent) "(in use)" else ""}")
        }
    }

    private suspend fun appOpened(accounts: Accounts, url: String): SessionClient = accounts.completeOAuth2(url).client
    // README

    private fun accounts(mock: Mock, kept: SecureStore = MemoryStore()) =
        Accounts(mock.endpoint, mock.project) {
            store = kept
            gateway(mock.gateway)
        }

    private fun Mock.person(name: String): String =
        control("POST", "/users", """{"email":"$name@example.com","password":"${Mock.PASSWORD}","name":"$name"}""").string("userId")

    private suspend fun whoAmI(session: SessionClient): String =
        session
            .get("/gateway/whoami")
            .decode<Map<String, JsonElement>>()
            .getValue("userId")
            .toString()
            .trim('"')

    private suspend fun Accounts.states(wanted: (AccountsState) -> Boolean): AccountsState = state.filterNotNull().first(wanted)

    @Test
    fun `an account has one client, whichever function returns it, from how many coroutines at once`() =
        withMock { mock ->
            val accounts = accounts(mock)
            val current = List(20) { async(kotlinx.coroutines.Dispatchers.Default) { accounts.current() } }.awaitAll().toSet()
            assertEquals(1, current.size)
            val first = current.single()
            assertSame(first, accounts.client(first.accountSlot))
            assertSame(first, accounts.switchTo(first.accountSlot))
            val second = accounts.add()
            assertNotSame(first, second)
            assertSame(second, accounts.client(second.accountSlot))
            assertEquals("default", SessionClient(mock.endpoint, mock.project) { store = MemoryStore() }.accountSlot)
            accounts.close()
        }

    @Test
    fun `the state follows sign-ins with the clients, switches and sign-outs, and the store after a restart`() =
        withMock { mock ->
            val (ada, eve) = listOf(mock.person("ada"), mock.person("eve"))
            val kept = MemoryStore()
            val accounts = accounts(mock, kept)
            assertEquals(emptyList<StoredAccount>(), accounts.states { true }.accounts)
            val first = accounts.current()
            first.signInWithEmail("ada@example.com", Mock.PASSWORD)
            // Nothing was asked of the accounts since.
            val one = accounts.states { it.accounts.isNotEmpty() }
            assertEquals(listOf(StoredAccount(first.accountSlot, User(ada, "ada", "ada@example.com"), true)), one.accounts)
            val second = addAccount(accounts, "eve@example.com", Mock.PASSWORD)
            val two = accounts.state.value
            assertEquals(
                listOf(ada to false, eve to true),
                two?.accounts?.map { it.user.id to it.isCurrent },
                "at least as new as the result",
            )
            assertEquals(second.accountSlot, two?.current)
            first.profile.updateName("Ada")
            assertEquals(
                "Ada",
                accounts
                    .states {
                        it.accounts
                            .first()
                            .user.name != "ada"
                    }.accounts
                    .first()
                    .user.name,
            )
            accounts.close()
            val again = accounts(mock, kept)
            assertEquals(accounts.state.value?.accounts, again.states { true }.accounts)
            again.signOut(second.accountSlot)
            assertEquals(
                listOf(ada),
                again.state.value
                    ?.accounts
                    ?.map { it.user.id },
            )
            assertEquals(first.accountSlot, again.state.value?.current)
            again.signOutOfAll()
            assertEquals(emptyList<StoredAccount>(), again.state.value?.accounts)
            assertNull(again.state.value?.current)
            again.close()
        }

    @Test
    fun `calls that are under way while the app switches are of the account that they were begun with`() =
        withMock { mock ->
            val (ada, eve) = listOf(mock.person("ada"), mock.person("eve"))
            val accounts = accounts(mock)
            val first = addAccount(accounts, "ada@example.com", Mock.PASSWORD)
            val second = addAccount(accounts, "eve@example.com", Mock.PASSWORD)
            val calls = List(40) { async { whoAmI(if (it % 2 == 0) first else second) } }
            repeat(20) { accounts.switchTo(if (it % 2 == 0) first.accountSlot else second.accountSlot) }
            assertEquals(List(40) { if (it % 2 == 0) ada else eve }, calls.awaitAll())
            accounts.close()
        }

    @Test
    fun `closing the accounts closes their clients, and keeps what is stored`() =
        withMock { mock ->
            mock.person("ada")
            val kept = MemoryStore()
            val accounts = accounts(mock, kept)
            val client = addAccount(accounts, "ada@example.com", Mock.PASSWORD)
            accounts.close()
            accounts.close()
            assertThrows<SessionException.Closed> { client.account() }
            assertThrows<SessionException.Closed> { accounts.list() }
            assertThrows<SessionException.Closed> { accounts.add() }
            val again = accounts(mock, kept)
            assertEquals(client.accountSlot, again.current().accountSlot)
            assertNotSame(client, again.current())
            assertEquals("signed_in", again.current().restored().kind)
            again.close()
        }

    @Test
    fun `an unknown account and a bad configuration are errors`() =
        withMock { mock ->
            val accounts = accounts(mock)
            assertThrows<SessionException.Config> { accounts.switchTo("nobody") }
            assertThrows<SessionException.Config> { accounts.client("nobody") }
            assertThrows<SessionException.Config> { accounts.signOut("nobody") }
            assertThrows<SessionException.CallbackRejected> { appOpened(accounts, "my-app://signed-in?secret=s") }
            assertThrows<SessionException.Config> { Accounts("no URL", "demo") }
            accounts.close()
        }

    @Test
    fun `a store that is locked says so, and the state follows when it is back`() =
        withMock { mock ->
            val device =
                dev.appwritesession.agent
                    .Device()
                    .apply { fault = "locked" }
            val accounts = accounts(mock, device)
            assertThrows<SessionException.StorageLocked> { accounts.list() }
            assertNull(accounts.state.value)
            device.fault = null
            assertEquals(emptyList<StoredAccount>(), accounts.states { true }.accounts, "by itself")
            accounts.close()
        }

    @Test
    fun `the README has this code`() {
        val shown =
            File(
                "../README.md",
            ).readText().substringAfter("## Several accounts").substringAfter("```kotlin\n").substringBefore("```")
        val here = File("src/test/kotlin/dev/appwritesession/AccountsTest.kt").readText().split("    // README\n")[1]
        val plain = here.lines().joinToString("\n") { it.removePrefix("    ") }.replace("private ", "")
        assertEquals(plain.trim(), shown.trim())
        assertTrue(shown.contains("switchTo"))
    }
}
