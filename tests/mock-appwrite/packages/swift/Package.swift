// swift-tools-version: 6.0
// Starts mock-appwrite for XCTest and Swift Testing.

import PackageDescription

let package = Package(
  name: "MockAppwrite",
  platforms: [.iOS(.v15), .macOS(.v12)],
  products: [.library(name: "MockAppwrite", targets: ["MockAppwrite"])],
  targets: [
    .target(name: "MockAppwrite"),
    .testTarget(name: "MockAppwriteTests", dependencies: ["MockAppwrite"]),
  ],
  swiftLanguageModes: [.v6]
)
