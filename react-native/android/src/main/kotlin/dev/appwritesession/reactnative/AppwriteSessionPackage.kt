package dev.appwritesession.reactnative

import com.facebook.react.BaseReactPackage
import com.facebook.react.bridge.NativeModule
import com.facebook.react.bridge.ReactApplicationContext
import com.facebook.react.module.model.ReactModuleInfo
import com.facebook.react.module.model.ReactModuleInfoProvider

/** The package that autolinking adds to an app. It contains one turbo-module, which is created at its first use. */
class AppwriteSessionPackage : BaseReactPackage() {
    /** The module, if it has that name. */
    override fun getModule(name: String, reactContext: ReactApplicationContext): NativeModule? =
        if (name == AppwriteSessionModule.NAME) AppwriteSessionModule(reactContext) else null

    /** Declares the turbo-module. */
    override fun getReactModuleInfoProvider(): ReactModuleInfoProvider =
        ReactModuleInfoProvider {
            val info =
                ReactModuleInfo(
                    AppwriteSessionModule.NAME,
                    AppwriteSessionModule::class.java.name,
                    false, // It does not replace another module.
                    false, // It is not created before its first use.
                    false, // It is not written in C++.
                    true, // It is a turbo-module.
                )
            mapOf(AppwriteSessionModule.NAME to info)
        }
}
