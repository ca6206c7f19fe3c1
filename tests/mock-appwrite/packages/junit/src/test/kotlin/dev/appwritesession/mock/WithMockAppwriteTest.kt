package dev.appwritesession.mock

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Nested
import org.junit.jupiter.api.RepeatedTest
import org.junit.jupiter.api.Test

@WithMockAppwrite(profile = "2.7")
class WithMockAppwriteTest {
    @RepeatedTest(2)
    fun `each test finds a mock without users`(appwrite: MockAppwrite) {
        assertEquals("2.7", appwrite.profile)
        assertEquals("[]", appwrite.control("GET", "/users"))
        appwrite.control("POST", "/users", """{"email": "ada@example.com"}""")
    }

    @Nested
    inner class Inside {
        @Test
        fun `a nested class has the mock of the class around it`(appwrite: MockAppwrite) {
            assertEquals("2.7", appwrite.profile)
            assertTrue("no such control" in runCatching { appwrite.control("POST", "/nothing") }.exceptionOrNull()?.message.orEmpty())
        }
    }
}
