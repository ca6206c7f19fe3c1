package dev.appwritesession.mock

import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.TimeUnit

/** A running mock of Appwrite, for tests on the JVM and under Robolectric. */
public class MockAppwrite private constructor(
    private val process: Process?,
    description: String,
) : AutoCloseable {
    private val members = MEMBER.findAll(description).associate { it.groupValues[1] to it.groupValues[2] }

    /** Which Appwrite it is. */
    public val profile: String = members.getValue("profile")

    /** The endpoint for clients: Appwrite's origin with `/v1`. */
    public val endpoint: String = members.getValue("endpoint")

    /** The id of the project. */
    public val project: String = members.getValue("project")

    /** The origin of a gateway of the app. */
    public val gateway: String = members.getValue("gateway")

    /** An origin that must never receive a credential. */
    public val foreign: String = members.getValue("foreign")

    /** Appwrite's origin. */
    public val url: String = members.getValue("url")

    /** An API key of the project. */
    public val apiKey: String = members.getValue("apiKey")

    /** A dev key of the project. */
    public val devKey: String = members.getValue("devKey")

    /**
     * Uses a control, such as `control("POST", "/users", """{"email": …, "password": …}""")`. The README lists them all. [path] is the
     * one after `/_mock`. Returns the JSON that the control answers, which is empty if there is no body.
     */
    @JvmOverloads
    public fun control(
        method: String,
        path: String,
        body: String = "",
    ): String = ask("$url/_mock$path", method, body)

    /** Removes all users, the journal and all faults, and sets clock, project and switches back. */
    public fun reset() {
        control("POST", "/reset")
    }

    /** Ends the mock, unless it is one that `MOCK_APPWRITE_URL` names. */
    override fun close() {
        if (process == null) return
        process.outputStream.close()
        if (!process.waitFor(LONGEST, TimeUnit.SECONDS)) process.destroyForcibly()
    }

    public companion object {
        private const val LONGEST = 30L
        private val SUCCESS = 200..299
        private val MEMBER = Regex(""""(\w+)":"([^"]*)"""")
        private val http = HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY).build()

        /**
         * Starts a mock, or uses the running one whose origin the environment variable `MOCK_APPWRITE_URL` names.
         *
         * @param profile which Appwrite it is: `1.5`, `1.9` (the default) or `2.7`
         * @param program the program; otherwise that of the environment variable `MOCK_APPWRITE`, or the one on `PATH`
         */
        @JvmStatic
        @JvmOverloads
        public fun start(
            profile: String? = null,
            program: File? = null,
        ): MockAppwrite {
            val url = System.getenv("MOCK_APPWRITE_URL")
            if (url != null && program == null) return connect(url, profile)
            val options = listOfNotNull("serve", "--while-stdin-is-open", profile?.let { "--profile" }, profile)
            val command = listOf(findProgram(program, System.getenv()).path) + options
            val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            val line = process.inputStream.bufferedReader().readLine()
            checkNotNull(line) {
                "${command.joinToString(" ")} ended with status ${process.waitFor()}; its standard error says why"
            }
            return MockAppwrite(process, line)
        }

        internal fun connect(
            url: String,
            profile: String?,
        ): MockAppwrite {
            val mock = MockAppwrite(null, ask("${url.trimEnd('/')}/_mock", "GET", ""))
            check(profile == null || profile == mock.profile) {
                "the mock at MOCK_APPWRITE_URL has the profile ${mock.profile}, and the test asks for $profile"
            }
            return mock
        }

        internal fun findProgram(
            given: File?,
            environment: Map<String, String>,
        ): File {
            val named = given ?: environment["MOCK_APPWRITE"]?.let(::File)
            if (named != null) return named
            val folders = environment["PATH"].orEmpty().split(File.pathSeparator).filter(String::isNotEmpty)
            val names = listOf("mock-appwrite", "mock-appwrite.exe")
            val candidates = folders.flatMap { folder -> names.map { File(folder, it) } }
            return checkNotNull(candidates.firstOrNull { it.isFile && it.canExecute() }) {
                "there is no program mock-appwrite on PATH. Either build it with `cargo install --locked --git " +
                    "URL-OF-APPWRITE-SESSION mock-appwrite`, which puts it there, or set the environment variable MOCK_APPWRITE " +
                    "to its path"
            }
        }

        private fun ask(
            url: String,
            method: String,
            body: String,
        ): String {
            val request =
                HttpRequest
                    .newBuilder(URI.create(url))
                    .method(method, HttpRequest.BodyPublishers.ofString(body))
                    .build()
            val answer = http.send(request, HttpResponse.BodyHandlers.ofString())
            check(answer.statusCode() in SUCCESS) {
                "the mock answered ${answer.statusCode()} to $method $url: ${answer.body()}"
            }
            return answer.body()
        }
    }
}
