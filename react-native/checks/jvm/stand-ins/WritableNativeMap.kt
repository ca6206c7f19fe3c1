package com.facebook.react.bridge

/** In place of React Native's map, which is C++ inside: what is put in can be taken out. */
class WritableNativeMap private constructor(private val map: JavaOnlyMap) : WritableMap by map {
    constructor() : this(JavaOnlyMap())
}
