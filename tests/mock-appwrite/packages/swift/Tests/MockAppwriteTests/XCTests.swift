import Foundation
import XCTest

@testable import MockAppwrite

final class SessionTests: XCTestCase {
  func testUsersAreRemoved() async throws {
    let appwrite = try MockAppwrite()
    try await appwrite.control("POST", "/users", #"{"email": "ada@example.com"}"#)
    try await appwrite.reset()
    let users = try await appwrite.control("GET", "/users")
    XCTAssertEqual(String(decoding: users, as: UTF8.self), "[]")
    XCTAssertEqual(appwrite.profile, "1.9")
  }

  func testAControlThatIsRefusedSaysSo() async throws {
    let appwrite = try MockAppwrite()
    do {
      try await appwrite.control("POST", "/nothing")
      XCTFail("it is not refused")
    } catch {
      XCTAssertTrue(error.localizedDescription.contains("answered 400 to POST /nothing"), error.localizedDescription)
    }
  }

  func testARunningMockIsUsedByItsURL() async throws {
    let appwrite = try MockAppwrite(profile: "1.5")
    let environment = ["MOCK_APPWRITE_URL": appwrite.url]
    var same: MockAppwrite? = try MockAppwrite(profile: "1.5", program: nil, environment: environment)
    XCTAssertEqual(same?.gateway, appwrite.gateway)
    same = nil
    try await appwrite.reset()
    let program = try MockAppwrite.find(nil, ProcessInfo.processInfo.environment)
    let own = try MockAppwrite(profile: nil, program: program, environment: environment)
    XCTAssertNotEqual(own.url, appwrite.url)
    XCTAssertThrowsError(try MockAppwrite(profile: "2.7", program: nil, environment: environment)) { error in
      XCTAssertEqual(
        error.localizedDescription, "the mock at MOCK_APPWRITE_URL has the profile 1.5, and the test asks for 2.7")
    }
  }

  func testItEndsWithTheLastReference() async throws {
    var appwrite: MockAppwrite? = try MockAppwrite()
    let environment = ["MOCK_APPWRITE_URL": try XCTUnwrap(appwrite).url]
    appwrite = nil
    XCTAssertThrowsError(try MockAppwrite(profile: nil, program: nil, environment: environment)) { error in
      XCTAssertTrue(error.localizedDescription.contains("there is no mock at"), error.localizedDescription)
    }
  }

  func testWhatHindersTheStartIsSaid() throws {
    XCTAssertThrowsError(try MockAppwrite(profile: "3")) { error in
      XCTAssertTrue(error.localizedDescription.contains("--profile 3 ended with status 2"), error.localizedDescription)
    }
  }

  func testTheProgramIsTheGivenOneThatOfTheEnvironmentOrTheOneOnPATH() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appendingPathComponent("mock-appwrite").path
    XCTAssertTrue(FileManager.default.createFile(atPath: program, contents: nil, attributes: [.posixPermissions: 0o644]))
    var environment = ["PATH": "/no/such/folder:\(folder.path)"]
    XCTAssertThrowsError(try MockAppwrite.find(nil, environment)) { error in
      XCTAssertTrue(error.localizedDescription.contains("cargo install"), error.localizedDescription)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    XCTAssertEqual(try MockAppwrite.find(nil, environment).path, program)
    environment["MOCK_APPWRITE"] = "/named"
    XCTAssertEqual(try MockAppwrite.find(nil, environment).path, "/named")
    XCTAssertEqual(try MockAppwrite.find(URL(fileURLWithPath: "/given"), environment).path, "/given")
  }
}
