package dev.appwritesession

import dev.appwritesession.support.Mock
import dev.appwritesession.support.withMock
import kotlinx.serialization.json.JsonElement
import okhttp3.OkHttpClient
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

internal class QuickStartTest {
    // README
    private suspend fun whoAmI(session: SessionClient, password: String): Map<String, JsonElement> {
        when (val state = session.restored()) {
            is SessionState.SignedIn -> println("welcome back, ${state.user?.name}")
            is SessionState.SignedOut -> session.signInWithEmail("ada@example.com", password)
            is SessionState.MfaRequired -> println("choose one of ${state.factors}")
            SessionState.StorageLocked, SessionState.Restoring -> println("not known yet")
        }
        return session.get("/gateway/whoami").decode()
    }

    private fun okHttp(session: SessionClient): OkHttpClient = OkHttpClient.Builder().authorizeWith(session).build()
    // README

    @Test
    fun `the quick start of the README works as it is written`() =
        withMock { mock ->
            val id = mock.ada()
            val session =
                SessionClient(mock.endpoint, mock.project) {
                    store = MemoryStore()
                    gateway(mock.gateway)
                }
            assertEquals("\"$id\"", whoAmI(session, Mock.PASSWORD)["userId"].toString())
            okHttp(session)
            session.close()
            val shown = File("../README.md").readText().substringAfter("```kotlin\n").substringBefore("```")
            val here = File("src/test/kotlin/dev/appwritesession/QuickStartTest.kt").readText().split("    // README\n")[1]
            val plain = here.lines().joinToString("\n") { it.removePrefix("    ") }.replace("private ", "")
            assertEquals(plain.trim(), shown.trim())
            assertTrue(shown.contains("authorizeWith"))
        }
}
