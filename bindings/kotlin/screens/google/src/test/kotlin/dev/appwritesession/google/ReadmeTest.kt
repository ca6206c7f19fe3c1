package dev.appwritesession.google

import android.app.Activity
import dev.appwritesession.SessionClient
import dev.appwritesession.SessionState
import dev.appwritesession.SignInOutcome
import dev.appwritesession.support.marked
import dev.appwritesession.support.readme
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

@Suppress("unused", "UnusedPrivateMember") // The compiler reads it.
internal class ReadmeTest {
    // README
    private suspend fun continueWithGoogle(session: SessionClient, activity: Activity, webClientId: String): SessionState? =
        when (val outcome = session.signInWithGoogle(activity, webClientId, button = true)) {
            is SignInOutcome.SignedIn -> outcome.state
            SignInOutcome.Cancelled -> null
        }
    // README

    @Test
    fun `the README has this code`() {
        assertEquals(marked("src/test/kotlin/dev/appwritesession/google/ReadmeTest.kt"), readme("signInWithGoogle"))
    }
}
