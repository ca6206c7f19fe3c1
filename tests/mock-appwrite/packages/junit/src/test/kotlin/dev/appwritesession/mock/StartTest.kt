package dev.appwritesession.mock

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.IOException

class StartTest {
    @Test
    fun `a closed mock has ended`() {
        val mock = MockAppwrite.start()
        assertEquals("1.9", mock.profile)
        mock.close()
        assertThrows(IOException::class.java) { mock.reset() }
    }

    @Test
    fun `a mock is used by its URL and is still there afterwards`() {
        MockAppwrite.start("2.7").use { mock ->
            MockAppwrite.connect(mock.url + "/", "2.7").use { same -> assertEquals(mock.gateway, same.gateway) }
            mock.reset()
            val failure = assertThrows(IllegalStateException::class.java) { MockAppwrite.connect(mock.url, "1.5") }
            assertEquals("the mock at MOCK_APPWRITE_URL has the profile 2.7, and the test asks for 1.5", failure.message)
        }
    }

    @Test
    fun `what hinders the start is said`() {
        val failure = assertThrows(IllegalStateException::class.java) { MockAppwrite.start("3") }
        assertTrue(failure.message.orEmpty().contains("--profile 3 ended with status 2"), failure.message)
        assertThrows(IOException::class.java) { MockAppwrite.start(program = File("/no/such/program")) }
    }

    @Test
    fun `the program is the given one, that of the environment, or the one on PATH`(
        @TempDir folder: File,
    ) {
        val onPath = File(folder, "mock-appwrite").apply { writeText("program") }
        val environment = mapOf("PATH" to "/no/such/folder${File.pathSeparator}$folder")
        val failure = assertThrows(IllegalStateException::class.java) { MockAppwrite.findProgram(null, environment) }
        assertTrue(failure.message.orEmpty().contains("cargo install"), failure.message)
        onPath.setExecutable(true)
        assertEquals(onPath, MockAppwrite.findProgram(null, environment))
        val named = environment + ("MOCK_APPWRITE" to "/named")
        assertEquals(File("/named"), MockAppwrite.findProgram(null, named))
        assertEquals(File("/given"), MockAppwrite.findProgram(File("/given"), named))
    }
}
