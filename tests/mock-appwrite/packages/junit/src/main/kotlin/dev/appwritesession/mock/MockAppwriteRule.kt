package dev.appwritesession.mock

import org.junit.rules.ExternalResource

/**
 * Starts a mock for each test of a class with JUnit 4: `@get:Rule val appwrite = MockAppwriteRule("2.7")`. As a class rule it starts
 * one for all of them.
 *
 * @param profile which Appwrite the mock is: `1.5`, `1.9` (the default) or `2.7`
 */
public class MockAppwriteRule
    @JvmOverloads
    constructor(
        private val profile: String? = null,
    ) : ExternalResource() {
        private var running: MockAppwrite? = null

        /** The mock of this test. */
        public val mock: MockAppwrite
            get() = checkNotNull(running) { "the mock is started before a test; use it in a test or in a function with @Before" }

        override fun before() {
            running = MockAppwrite.start(profile)
        }

        override fun after() {
            running?.close()
            running = null
        }
    }
