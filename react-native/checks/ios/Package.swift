// swift-tools-version: 6.0
// The Swift of the pod as one module, as CocoaPods compiles it, and the tests of what the module does. `./check` puts the sources into
// `Generated`.

import PackageDescription

let native = Context.environment["APPWRITE_SESSION_NATIVE"] ?? ""

let linked: [LinkerSetting] = [
  .unsafeFlags(["-L\(native)", "-Xlinker", "-rpath", "-Xlinker", native]),
  // The Observation library of Swift 6.0 for Linux names a function that no library has, and that it does not need.
  .unsafeFlags(["-Xlinker", "--allow-shlib-undefined"]),
]

let package = Package(
  name: "AppwriteSessionPod",
  targets: [
    .systemLibrary(name: "AppwriteSessionFFI", path: "Generated/AppwriteSessionFFI"),
    // Apple's, as far as the module uses them; tests answer for the user.
    .target(name: "LocalAuthentication", path: "Stubs/LocalAuthentication"),
    .target(name: "UIKit", path: "Generated/UIKit"),
    .target(name: "AuthenticationServices", dependencies: ["UIKit"], path: "Generated/AuthenticationServices"),
    .target(
      name: "AppwriteSessionPod", dependencies: ["AppwriteSessionFFI", "LocalAuthentication", "UIKit", "AuthenticationServices"],
      path: "Generated/AppwriteSessionPod", swiftSettings: [.define("APPWRITE_SESSION_SCREENS")], linkerSettings: linked),
    // The module of an app that does not ask for the screens.
    .target(
      name: "WithoutScreens", dependencies: ["AppwriteSessionFFI", "LocalAuthentication"], path: "Generated/WithoutScreens",
      linkerSettings: linked),
    .testTarget(name: "ModuleTests", dependencies: ["AppwriteSessionPod", "LocalAuthentication", "AuthenticationServices", "UIKit"]),
  ],
  swiftLanguageModes: [.v6]
)
