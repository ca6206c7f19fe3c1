// The passkey screens, as an AAR of its own.

plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.1.21"
}

android {
    namespace = "dev.appwritesession.passkeys"
    compileSdk = 35

    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin {
    compilerOptions {
        jvmTarget.set(org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11)
    }
}

dependencies {
    api(project(":android"))
    api("androidx.credentials:credentials:1.6.0")
    // What Credential Manager works with before Android 14.
    implementation("androidx.credentials:credentials-play-services-auth:1.6.0")
}
