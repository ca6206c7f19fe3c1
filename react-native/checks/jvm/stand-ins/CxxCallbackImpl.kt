package com.facebook.react.bridge

/** In place of React Native's callback into C++: into [sink]. */
class CxxCallbackImpl(private val sink: (Array<out Any?>) -> Unit) : Callback {
    override fun invoke(vararg args: Any?): Unit = sink(args)
}

/** Lets [module] emit its events into [sink], as the turbo-module's C++ side does when it is made. */
fun connect(module: BaseJavaModule, sink: (name: String, value: Any?) -> Unit) {
    // Protected in Java, and so for Kotlin even in its own package.
    val setter = BaseJavaModule::class.java.getDeclaredMethod("setEventEmitterCallback", CxxCallbackImpl::class.java)
    setter.isAccessible = true
    setter.invoke(module, CxxCallbackImpl { sink(it[0] as String, it.getOrNull(1)) })
}
