package dev.appwritesession.sample

import android.app.Activity
import android.os.Bundle
import android.text.InputType
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import dev.appwritesession.Factor
import dev.appwritesession.MfaChallenge
import dev.appwritesession.SessionException
import dev.appwritesession.SessionState
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** One screen for each state of the session. The state decides what is shown; the buttons only call the client. */
class MainActivity : Activity() {
    private val session get() = (application as SampleApplication).session
    private val scope = MainScope()
    private val message by lazy { TextView(this) }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        scope.launch { session.state.collect(::show) }
    }

    override fun onStart() {
        super.onStart()
        // Whatever waited for better times has its chance now.
        attempt { session.resume() }
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    private fun show(state: SessionState) =
        when (state) {
            SessionState.Restoring -> screen("One moment …")
            SessionState.StorageLocked -> screen("Unlock your phone to go on.")
            is SessionState.SignedOut -> signIn(state)
            is SessionState.MfaRequired -> secondFactor(state.factors)
            is SessionState.SignedIn -> signedIn(state)
        }

    private fun signIn(state: SessionState.SignedOut) {
        val email = field("E-mail", InputType.TYPE_TEXT_VARIATION_EMAIL_ADDRESS)
        val password = field("Password", InputType.TYPE_TEXT_VARIATION_PASSWORD)
        screen(
            "Nobody is signed in (${state.reason.code}).",
            email,
            password,
            button("Sign in") { session.signInWithEmail(email.text.toString(), password.text.toString()) },
        )
    }

    private fun secondFactor(factors: List<Factor>) {
        var challenge: MfaChallenge? = null
        val code = field("Code", InputType.TYPE_CLASS_NUMBER)
        val asks = factors.map { factor -> button("Ask for ${factor.name}") { challenge = session.createMfaChallenge(factor) } }
        val answer = button("Answer") { challenge?.let { session.completeMfaChallenge(it, code.text.toString()) } }
        screen("One more step.", *asks.toTypedArray(), code, answer, button("Sign out") { session.signOut() })
    }

    private fun signedIn(state: SessionState.SignedIn) =
        screen(
            "Welcome, ${state.user?.name ?: "stranger"}.",
            button("Show") { message.text = session.get((application as SampleApplication).page).text() },
            button("Sign out") { session.signOut() },
        )

    private fun screen(title: String, vararg views: View) {
        (message.parent as? LinearLayout)?.removeView(message)
        val column = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }
        column.addView(TextView(this).apply { text = title })
        views.forEach(column::addView)
        column.addView(message)
        setContentView(column)
    }

    private fun field(name: String, type: Int) =
        EditText(this).apply {
            hint = name
            inputType = InputType.TYPE_CLASS_TEXT or type
        }

    private fun button(name: String, work: suspend () -> Unit) =
        Button(this).apply {
            text = name
            setOnClickListener { attempt(work) }
        }

    /** Runs [work]; what went wrong is shown as what to do about it. */
    private fun attempt(work: suspend () -> Unit) {
        scope.launch {
            try {
                message.text = ""
                work()
            } catch (failed: SessionException) {
                message.text =
                    when (failed) {
                        is SessionException.InvalidCredentials -> "E-mail or password is wrong."
                        is SessionException.InvalidToken -> "The code is wrong."
                        is SessionException.RateLimited -> "Wait ${failed.retryAfter ?: "a while"}."
                        else -> if (failed.isRetryable) "Try again later." else "That did not work (${failed.code})."
                    }
            }
        }
    }
}
