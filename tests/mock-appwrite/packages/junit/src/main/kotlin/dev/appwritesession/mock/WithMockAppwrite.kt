package dev.appwritesession.mock

import org.junit.jupiter.api.extension.BeforeAllCallback
import org.junit.jupiter.api.extension.BeforeEachCallback
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.api.extension.ExtensionContext
import org.junit.jupiter.api.extension.ParameterContext
import org.junit.jupiter.api.extension.ParameterResolver

/**
 * Starts a mock for the tests of a class with JUnit 5 or newer, resets it before each of them, and ends it after them. Tests, their
 * constructors and `@BeforeEach` can have a parameter of the type [MockAppwrite].
 *
 * @property profile which Appwrite the mock is: `1.5`, `1.9` or `2.7`
 */
@Target(AnnotationTarget.CLASS)
@ExtendWith(MockAppwriteExtension::class)
public annotation class WithMockAppwrite(
    val profile: String = "1.9",
)

internal class MockAppwriteExtension :
    BeforeAllCallback,
    BeforeEachCallback,
    ParameterResolver {
    override fun beforeAll(context: ExtensionContext) {
        // A nested class has that of the class around it.
        if (mock(context) != null) return
        val profile = context.requiredTestClass.getAnnotation(WithMockAppwrite::class.java)?.profile
        context.getStore(NAMESPACE).put(MockAppwrite::class.java, MockAppwrite.start(profile))
    }

    override fun beforeEach(context: ExtensionContext) {
        mock(context)?.reset()
    }

    override fun supportsParameter(
        parameter: ParameterContext,
        context: ExtensionContext,
    ): Boolean = parameter.parameter.type == MockAppwrite::class.java

    override fun resolveParameter(
        parameter: ParameterContext,
        context: ExtensionContext,
    ): MockAppwrite? = mock(context)

    private fun mock(context: ExtensionContext) = context.getStore(NAMESPACE).get(MockAppwrite::class.java, MockAppwrite::class.java)

    private companion object {
        // JUnit closes what is in its store when the tests of the class have ended.
        val NAMESPACE: ExtensionContext.Namespace = ExtensionContext.Namespace.create(MockAppwriteExtension::class.java)
    }
}
