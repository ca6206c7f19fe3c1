package dev.appwritesession

/**
 * What the user of this client answers to a screen: null if the user closed it.
 *
 * @throws SessionException.Superseded if somebody else is signed in by then: what one user asked for is not done for another.
 */
internal suspend fun <T : Any> SessionClient.ofSameUser(show: suspend () -> T?): T? {
    val asker = restored()
    val answer = show() ?: return null
    if (restored().isSomebodyElseThan(asker)) {
        throw SessionException.Superseded(
            SessionException.Details("superseded", "somebody else has signed in while the screen was open"),
        )
    }
    return answer
}

/** Whether it is known that another user is signed in now. If nobody is, what is to be done says so itself. */
private fun SessionState.isSomebodyElseThan(asker: SessionState): Boolean {
    val user = (this as? SessionState.SignedIn)?.user ?: return false
    return when (asker) {
        is SessionState.SignedIn -> asker.user != null && asker.user.id != user.id
        is SessionState.SignedOut, is SessionState.MfaRequired -> true
        SessionState.Restoring, SessionState.StorageLocked -> false
    }
}
