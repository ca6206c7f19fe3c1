// swift-tools-version: 6.0
// The Swift API. `./build` generates what stands behind it; on Apple platforms the library is an XCFramework.

import PackageDescription

let native = Context.environment["APPWRITE_SESSION_NATIVE"] ?? ""

#if os(Linux)
  // For tests: the library of this machine.
  let ffi: Target = .systemLibrary(name: "AppwriteSessionFFI", path: "Generated/AppwriteSessionFFI")
  let linked: [LinkerSetting] = [
    .unsafeFlags(["-L\(native)", "-Xlinker", "-rpath", "-Xlinker", native])
  ]
#else
  let ffi: Target = .binaryTarget(
    name: "AppwriteSessionFFI", path: "Generated/AppwriteSessionFFI.xcframework")
  let linked: [LinkerSetting] = []
#endif

let package = Package(
  name: "AppwriteSession",
  platforms: [.iOS(.v15), .macOS(.v12)],
  products: [.library(name: "AppwriteSession", targets: ["AppwriteSession"])],
  targets: [
    ffi,
    .target(
      name: "AppwriteSessionBindings", dependencies: ["AppwriteSessionFFI"],
      path: "Generated/AppwriteSessionBindings", linkerSettings: linked),
    .target(name: "AppwriteSession", dependencies: ["AppwriteSessionBindings"]),
    .executableTarget(name: "ScenarioAgent", dependencies: ["AppwriteSession"]),
    .testTarget(
      name: "AppwriteSessionTests",
      dependencies: ["AppwriteSession", "AppwriteSessionBindings"]),
  ],
  swiftLanguageModes: [.v6]
)
