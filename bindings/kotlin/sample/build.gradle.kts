// A small app over the library: sign in, second factor, one call of the gateway, sign out.

plugins {
    id("com.android.application") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.1.21"
}

android {
    namespace = "dev.appwritesession.sample"
    compileSdk = 35

    defaultConfig {
        applicationId = "dev.appwritesession.sample"
        minSdk = 24
        targetSdk = 35
    }

    buildTypes {
        getByName("release") {
            // Nothing to add for the library: it brings its rules along.
            isMinifyEnabled = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
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
    implementation(project(":android"))
}
