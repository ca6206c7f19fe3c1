package dev.appwritesession.reactnative

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import java.net.URLClassLoader

/** An app that opens accounts. What the module does with them besides, the tests of the bindings do. */
internal class AppWithAccounts : Runnable {
    override fun run(): Unit =
        runBlocking {
            val clients = Clients(NoDevice, RetainedClients())
            val opened = clients.openAccounts(config())
            clients.closeAccounts(opened.number)
        }
}

/** The module does not bring kotlinx-serialization along. */
class WithoutSerializationTest {
    @Test
    fun `accounts work in an app without kotlinx-serialization`() {
        val tests = javaClass.classLoader as URLClassLoader
        val without = tests.urLs.filter { "kotlinx-serialization" !in it.path }.toTypedArray()
        check(without.size < tests.urLs.size)
        val loader = URLClassLoader(without, ClassLoader.getPlatformClassLoader())
        val app =
            loader
                .loadClass(AppWithAccounts::class.java.name)
                .getDeclaredConstructor()
                .apply { isAccessible = true }
                .newInstance() as Runnable
        app.run()
    }
}
