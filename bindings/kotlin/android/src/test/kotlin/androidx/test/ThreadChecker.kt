// What Robolectric links to of androidx.test, which is not on Maven Central. The tests use nothing of it.
@file:Suppress("ktlint:standard:package-name")

package androidx.test.internal.platform

interface ThreadChecker {
    fun checkMainThread()

    fun checkNotMainThread()
}
