// Calls the core through the XCFramework's headers and one of its libraries; compiled together with the generated source.

@main struct Calls {
  static func main() {
    precondition(stateNames().contains("signed_in"))
    print("the library of the XCFramework answers")
  }
}
