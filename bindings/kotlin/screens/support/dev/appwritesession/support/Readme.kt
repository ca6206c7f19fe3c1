package dev.appwritesession.support

import java.io.File

/** The code of the README that calls [function]. */
internal fun readme(function: String): String =
    File("../../README.md")
        .readText()
        .split("```kotlin\n")
        .map { it.substringBefore("```").trim() }
        .single { "activity: Activity" in it && ".$function(activity" in it }

/** What stands between the marks `// README` of the test in [file]. */
internal fun marked(file: String): String =
    File(file)
        .readText()
        .split("    // README\n")[1]
        .lines()
        .joinToString("\n") { it.removePrefix("    ") }
        .replace("private ", "")
        .trim()
