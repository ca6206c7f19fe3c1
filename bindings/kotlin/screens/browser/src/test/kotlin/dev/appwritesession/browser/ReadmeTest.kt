package dev.appwritesession.browser

import android.app.Activity
import dev.appwritesession.Accounts
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
    private suspend fun continueWithGitHub(session: SessionClient, activity: Activity): SessionState? =
        when (val outcome = session.signInWithOAuth2(activity, "github")) {
            is SignInOutcome.SignedIn -> outcome.state
            SignInOutcome.Cancelled -> null
        }

    private suspend fun appStarted(session: SessionClient): Boolean = session.completePendingOAuth2() is SignInOutcome.SignedIn

    private suspend fun appStarted(accounts: Accounts): SessionClient? = accounts.completePendingOAuth2()?.client
    // README

    @Test
    fun `the README has this code`() {
        assertEquals(marked("src/test/kotlin/dev/appwritesession/browser/ReadmeTest.kt"), readme("signInWithOAuth2"))
    }
}
