package dev.appwritesession.sample

import android.app.Application
import dev.appwritesession.SessionClient

/** Holds the one client of the app, which lives as long as the process. */
open class SampleApplication : Application() {
    /** Built at first use: no request is made, and the stored session is read in the background. */
    open val session: SessionClient by lazy {
        SessionClient("https://fra.cloud.appwrite.io/v1", "my-project") {
            gateway("https://api.example.com")
        }
    }

    /** What the app shows to who is signed in. */
    open val page: String = "/orders"
}
