// swift-tools-version: 6.0
// The Swift API, and where the library behind it comes from.

import PackageDescription

// The XCFramework of the release, which `./xcframework` made, and the checksum that it printed. Empty until there is a release.
let releaseURL = ""
let releaseChecksum = ""

#if os(Linux)
  let usual = "system"
#else
  let usual = releaseURL.isEmpty ? "local" : "release"
#endif

let ffi: Target
let linked: [LinkerSetting]
/// What stands on the library of the test kits.
var kits: [Target] = []
/// For tests where there is no such framework: Apple's screens, with users who do what a test says.
var standIns: [Target] = []
/// Likewise Apple's Network, with the networks that a test says.
var networkStandIns: [Target] = []

// By name only: what the manifest says is remembered, so it must not depend on which files there are.
switch Context.environment["APPWRITE_SESSION_LIBRARY"] ?? usual {
case "system":
  // For tests: the library of this machine.
  ffi = .systemLibrary(name: "AppwriteSessionFFI", path: "Generated/AppwriteSessionFFI")
  linked = native
  #if os(Linux)
    standIns = [
      .target(name: "UIKit", path: "Tests/StandIns/UIKit"),
      .target(name: "AuthenticationServices", dependencies: ["UIKit"], path: "Tests/StandIns/AuthenticationServices"),
    ]
    networkStandIns = [.target(name: "Network", path: "Tests/StandIns/Network")]
  #endif
case "kits":
  // The library of the test kits for this machine takes the place of the other, for the same generated source.
  ffi = .systemLibrary(name: "AppwriteSessionFFI", path: "Generated/Kits/AppwriteSessionFFI")
  linked = native
  kits = [
    .systemLibrary(name: "AppwriteSessionTestingFFI", path: "Generated/Kits/AppwriteSessionTestingFFI"),
    .target(
      name: "AppwriteSessionTestingBindings", dependencies: ["AppwriteSessionTestingFFI"],
      path: "Generated/Kits/AppwriteSessionTestingBindings", linkerSettings: linked),
  ]
case "local":
  // What `./xcframework` made here.
  ffi = .binaryTarget(name: "AppwriteSessionFFI", path: "Generated/AppwriteSessionFFI.xcframework")
  linked = frameworks
case "release":
  precondition(!releaseURL.isEmpty, "there is no release to take the library from; run ./xcframework")
  ffi = .binaryTarget(name: "AppwriteSessionFFI", url: releaseURL, checksum: releaseChecksum)
  linked = frameworks
default:
  fatalError("APPWRITE_SESSION_LIBRARY is none of system, kits, local and release")
}

/// Links a library of this machine.
var native: [LinkerSetting] {
  let folder = Context.environment["APPWRITE_SESSION_NATIVE"] ?? ""
  return [
    .unsafeFlags(["-L\(folder)", "-Xlinker", "-rpath", "-Xlinker", folder]),
    // The Observation library of Swift 6.0 for Linux names a function that no library has, and that it does not need.
    .unsafeFlags(["-Xlinker", "--allow-shlib-undefined"]),
  ]
}

/// What the library itself is linked with on Apple platforms.
var frameworks: [LinkerSetting] { [.linkedFramework("CoreFoundation"), .linkedFramework("Security"), .linkedLibrary("iconv")] }

func byName(_ targets: [Target]) -> [Target.Dependency] { targets.map { .byName(name: $0.name) } }

let clientNeeds: [Target.Dependency] = ["AppwriteSessionBindings"] + byName(networkStandIns)
let screensNeed: [Target.Dependency] = ["AppwriteSession"] + byName(standIns)
let agentNeeds: [Target.Dependency] = ["AppwriteSession"] + byName(kits.filter { $0.type == .regular })
let testsNeed: [Target.Dependency] =
  ["AppwriteSession", "AppwriteSessionBindings", "SessionSample", "ScenarioAgent", "AppwriteSessionScreens"] + byName(networkStandIns)

let package = Package(
  name: "AppwriteSession",
  platforms: [.iOS(.v15), .macOS(.v12)],
  products: [
    .library(name: "AppwriteSession", targets: ["AppwriteSession"]),
    // Optional: it links AuthenticationServices.
    .library(name: "AppwriteSessionScreens", targets: ["AppwriteSessionScreens"]),
  ],
  targets: [
    ffi,
    .target(
      name: "AppwriteSessionBindings", dependencies: ["AppwriteSessionFFI"],
      path: "Generated/AppwriteSessionBindings", linkerSettings: linked),
    .target(
      name: "AppwriteSession", dependencies: clientNeeds,
      // What the App Store asks of a library: the API with required reasons that it uses, and that it collects nothing.
      resources: [.copy("PrivacyInfo.xcprivacy")]),
    .target(name: "AppwriteSessionScreens", dependencies: screensNeed),
    .target(name: "SessionSample", dependencies: ["AppwriteSession"], path: "Sample/Model"),
    // With the library of the test kits, it holds the world of the scenarios itself.
    .executableTarget(name: "ScenarioAgent", dependencies: agentNeeds),
    .executableTarget(name: "Crossings", dependencies: ["AppwriteSession", "AppwriteSessionBindings"]),
    .testTarget(name: "AppwriteSessionTests", dependencies: testsNeed),
  ] + kits + standIns + networkStandIns,
  swiftLanguageModes: [.v6]
)
