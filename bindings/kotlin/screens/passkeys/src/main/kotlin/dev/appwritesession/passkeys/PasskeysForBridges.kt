package dev.appwritesession.passkeys

import android.app.Activity
import androidx.credentials.CredentialManager
import dev.appwritesession.ForScreenModules
import dev.appwritesession.PlatformScreen

/** The screen by the name `passkey_get`: the options of WebAuthn to the credential. */
@ForScreenModules
public class PasskeyGetForBridges internal constructor(private val manager: (Activity) -> CredentialManager) : PlatformScreen {
    /** The screen that offers passkeys. */
    public constructor() : this(CredentialManager::create)

    /** As [PlatformScreen.show]. */
    override suspend fun show(activity: Activity, input: String): String? = PasskeyGetScreen(activity, manager(activity)).show(input)
}

/** The screen by the name `passkey_create`: the options of WebAuthn to the credential. */
@ForScreenModules
public class PasskeyCreateForBridges internal constructor(private val manager: (Activity) -> CredentialManager) : PlatformScreen {
    /** The screen that makes a passkey. */
    public constructor() : this(CredentialManager::create)

    /** As [PlatformScreen.show]. */
    override suspend fun show(activity: Activity, input: String): String? = PasskeyCreateScreen(activity, manager(activity)).show(input)
}
