package dev.appwritesession.passkeys

import android.app.Activity
import dev.appwritesession.Passkey
import dev.appwritesession.RegistrationOutcome
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
    private suspend fun continueWithPasskey(session: SessionClient, activity: Activity): SessionState? =
        when (val outcome = session.signInWithPasskey(activity)) {
            is SignInOutcome.SignedIn -> outcome.state
            SignInOutcome.Cancelled -> null
        }

    private suspend fun addPasskey(session: SessionClient, activity: Activity, name: String): Passkey? =
        when (val outcome = session.passkeys.register(activity, name)) {
            is RegistrationOutcome.Registered -> outcome.passkey
            RegistrationOutcome.Cancelled -> null
        }
    // README

    @Test
    fun `the README has this code`() {
        assertEquals(marked("src/test/kotlin/dev/appwritesession/passkeys/ReadmeTest.kt"), readme("signInWithPasskey"))
    }
}
