// For Android teams that build the library from source: `bindings/kotlin/build generate` and `bindings/kotlin/jni-libs` first.

pluginManagement {
    repositories {
        google()
        mavenCentral()
    }
}

dependencyResolutionManagement {
    repositoriesMode.set(RepositoriesMode.FAIL_ON_PROJECT_REPOS)
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "appwrite-session"
include(":android", ":sample")

// The optional modules for the platform's screens.
listOf("google", "passkeys", "browser").forEach { name ->
    include(":$name")
    project(":$name").projectDir = file("screens/$name")
}
