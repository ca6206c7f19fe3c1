// swift-tools-version: 6.0
// The Swift API, and where the library behind it comes from.

import Foundation
import PackageDescription

// The XCFramework of the release, which `./xcframework` made, and the checksum that it printed. Empty until there is a release.
let releaseURL = ""
let releaseChecksum = ""

let native = Context.environment["APPWRITE_SESSION_NATIVE"] ?? ""
let built = "Generated/AppwriteSessionFFI.xcframework"

/// The library as it is on Apple platforms: the one that was built here, or else the release's.
func xcframework() -> Target {
  if !FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(built)") {
    guard releaseURL.isEmpty else {
      return .binaryTarget(name: "AppwriteSessionFFI", url: releaseURL, checksum: releaseChecksum)
    }
    print("AppwriteSession: there is no release to take the library from; run ./xcframework")
  }
  return .binaryTarget(name: "AppwriteSessionFFI", path: built)
}

#if os(Linux)
  // For tests: the library of this machine, unless the choice of the other platforms is what is tested.
  let apple = Context.environment["APPWRITE_SESSION_LIBRARY"] == "apple"
#else
  let apple = true
#endif

let ffi: Target = apple ? xcframework() : .systemLibrary(name: "AppwriteSessionFFI", path: "Generated/AppwriteSessionFFI")
let linked: [LinkerSetting] =
  apple
  ? [.linkedFramework("CoreFoundation"), .linkedFramework("Security"), .linkedLibrary("iconv")]
  : [.unsafeFlags(["-L\(native)", "-Xlinker", "-rpath", "-Xlinker", native])]

// The Observation library of Swift 6.0 for Linux names a function that no library has, and that it does not need.
let observing: [LinkerSetting] = apple ? [] : [.unsafeFlags(["-Xlinker", "--allow-shlib-undefined"])]

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
    .target(name: "SessionSample", dependencies: ["AppwriteSession"], path: "Sample/Model", linkerSettings: observing),
    .executableTarget(name: "ScenarioAgent", dependencies: ["AppwriteSession"]),
    .executableTarget(name: "Crossings", dependencies: ["AppwriteSession"]),
    .testTarget(
      name: "AppwriteSessionTests",
      dependencies: ["AppwriteSession", "AppwriteSessionBindings", "SessionSample"]),
  ],
  swiftLanguageModes: [.v6]
)
