// The AAR, as Gradle makes it: the sources that the JVM has, those of Android, and the libraries of `jni-libs`.

plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.1.21"
}

android {
    namespace = "dev.appwritesession"
    compileSdk = 35

    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }

    sourceSets {
        getByName("main") {
            kotlin.srcDirs("../session/src/main/kotlin", "../target/generated-sources/uniffi")
            jniLibs.srcDirs("../target/jniLibs")
        }
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
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.10.2")
    implementation("net.java.dev.jna:jna:5.19.1@aar")
    // Only for apps that use them: the interceptor, and decode().
    compileOnly("com.squareup.okhttp3:okhttp:5.5.1")
    compileOnly("org.jetbrains.kotlinx:kotlinx-serialization-json:1.8.1")
}
