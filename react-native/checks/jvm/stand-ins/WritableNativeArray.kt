package com.facebook.react.bridge

/** In place of React Native's array, which is C++ inside: what is pushed can be read. */
class WritableNativeArray private constructor(private val array: JavaOnlyArray) : WritableArray by array {
    constructor() : this(JavaOnlyArray())
}
