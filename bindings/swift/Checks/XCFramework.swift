// Reads an XCFramework as Xcode does, and fails where its Info.plist and its files disagree.
//
//   swift Checks/XCFramework.swift FOLDER/AppwriteSessionFFI.xcframework

import Foundation

// In the format's own names.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct Info: Decodable {
  struct Library: Decodable {
    let LibraryIdentifier: String
    let LibraryPath: String
    let HeadersPath: String
    let SupportedArchitectures: [String]
    let SupportedPlatform: String
    let SupportedPlatformVariant: String?
  }
  let AvailableLibraries: [Library]
  let CFBundlePackageType: String
  let XCFrameworkFormatVersion: String
}

func fail(_ text: String) -> Never {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
  exit(1)
}

let framework = URL(fileURLWithPath: CommandLine.arguments[1])
let info = try PropertyListDecoder().decode(Info.self, from: Data(contentsOf: framework.appendingPathComponent("Info.plist")))
guard info.CFBundlePackageType == "XFWK", info.XCFrameworkFormatVersion == "1.0" else { fail("not of an XCFramework") }

for library in info.AvailableLibraries {
  // What Xcode calls such a slice.
  let architectures = library.SupportedArchitectures.joined(separator: "_")
  let name = [library.SupportedPlatform, architectures, library.SupportedPlatformVariant].compactMap { $0 }.joined(separator: "-")
  guard library.LibraryIdentifier == name else { fail("\(library.LibraryIdentifier) is \(name)") }
  let slice = framework.appendingPathComponent(name)
  let module = "\(library.HeadersPath)/AppwriteSessionFFI"
  for file in [library.LibraryPath, "\(module)/module.modulemap", "\(module)/AppwriteSessionFFI.h"] {
    let size = try slice.appendingPathComponent(file).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    guard size > 0 else { fail("\(name)/\(file) is empty") }
  }
}

let listed = Set(info.AvailableLibraries.map(\.LibraryIdentifier) + ["Info.plist"])
let there = Set(try FileManager.default.contentsOfDirectory(atPath: framework.path))
guard listed == there, listed.count == 4 else { fail("listed: \(listed.sorted()), there: \(there.sorted())") }
print(listed.sorted().joined(separator: "\n"))
