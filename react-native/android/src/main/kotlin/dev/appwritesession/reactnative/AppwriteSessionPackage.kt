package dev.appwritesession.reactnative

import com.facebook.react.BaseReactPackage
import com.facebook.react.bridge.NativeModule
import com.facebook.react.bridge.ReactApplicationContext
import com.facebook.react.module.model.ReactModuleInfo
import com.facebook.react.module.model.ReactModuleInfoProvider

/** What autolinking adds to an app: one turbo-module, made at its first use. */
class AppwriteSessionPackage : BaseReactPackage() {
    /** The module, if it is the one of that name. */
    override fun getModule(name: String, reactContext: ReactApplicationContext): NativeModule? =
        if (name == AppwriteSessionModule.NAME) AppwriteSessionModule(reactContext) else null

    /** Says that it is a turbo-module. */
    override fun getReactModuleInfoProvider(): ReactModuleInfoProvider =
        ReactModuleInfoProvider {
            val info =
                ReactModuleInfo(
                    AppwriteSessionModule.NAME,
                    AppwriteSessionModule::class.java.name,
                    false, // It does not take the place of another.
                    false, // It is not made before it is needed.
                    false, // It is not of C++.
                    true, // It is a turbo-module.
                )
            mapOf(AppwriteSessionModule.NAME to info)
        }
}
