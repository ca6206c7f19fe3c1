package dev.appwritesession.mock

import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test

class RuleTest {
    @get:Rule
    val appwrite = MockAppwriteRule("1.5")

    @Test
    fun usersAreMade() {
        assertEquals("1.5", appwrite.mock.profile)
        assertEquals("[]", appwrite.mock.control("GET", "/users"))
        appwrite.mock.control("POST", "/users", """{"email": "ada@example.com"}""")
    }

    @Test
    fun eachTestHasAMockOfItsOwn() = usersAreMade()
}
