import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A running mock of Appwrite, which ends when nothing refers to it any more.
///
/// On macOS and Linux it is started. In the iOS simulator and on a device no process can be started. There, and wherever the
/// environment variable `MOCK_APPWRITE_URL` is set, the running mock is used whose origin that variable names. `xcodebuild test` hands
/// it to the tests if it is called with `TEST_RUNNER_MOCK_APPWRITE_URL`. Such a mock stays when the tests have ended, and what they
/// leave in it stays until `reset()`.
public final class MockAppwrite: @unchecked Sendable {
  /// Which Appwrite it is.
  public let profile: String
  /// The endpoint for clients: Appwrite's origin with `/v1`.
  public let endpoint: String
  /// The id of the project.
  public let project: String
  /// The origin of a gateway of the app.
  public let gateway: String
  /// An origin that must never receive a credential.
  public let foreign: String
  /// Appwrite's origin.
  public let url: String
  /// An API key of the project.
  public let apiKey: String
  /// A dev key of the project.
  public let devKey: String

  #if os(macOS) || os(Linux)
    // Nothing is changed after the start, and the last reference ends it.
    private let process: Process?
  #endif

  /// Why there is no mock, or what a control refused.
  public struct Failure: LocalizedError {
    /// What went wrong.
    public let errorDescription: String?
  }

  /// Starts a mock, or uses the running one that `MOCK_APPWRITE_URL` names.
  ///
  /// - Parameters:
  ///   - profile: which Appwrite it is: `1.5`, `1.9` (the default) or `2.7`.
  ///   - program: the program; otherwise that of the environment variable `MOCK_APPWRITE`, or the one on `PATH`.
  public convenience init(profile: String? = nil, program: URL? = nil) throws {
    try self.init(profile: profile, program: program, environment: ProcessInfo.processInfo.environment)
  }

  init(profile: String?, program: URL?, environment: [String: String]) throws {
    let description: Data
    #if os(macOS) || os(Linux)
      if program == nil, let url = environment["MOCK_APPWRITE_URL"] {
        (description, process) = (try Self.connect(url), nil)
      } else {
        (description, process) = try Self.start(profile, try Self.find(program, environment))
      }
    #else
      guard let url = environment["MOCK_APPWRITE_URL"] else {
        throw Failure(
          errorDescription: "no process can be started here. Run `mock-appwrite serve` on the Mac, and set MOCK_APPWRITE_URL in the "
            + "environment of the tests to its url")
      }
      description = try Self.connect(url)
    #endif
    let said = try JSONSerialization.jsonObject(with: description) as? [String: Any] ?? [:]
    func text(_ name: String) throws -> String {
      guard let text = said[name] as? String else { throw Failure(errorDescription: "the mock did not say its \(name)") }
      return text
    }
    self.profile = try text("profile")
    (url, endpoint, project) = (try text("url"), try text("endpoint"), try text("project"))
    (gateway, foreign) = (try text("gateway"), try text("foreign"))
    (apiKey, devKey) = (try text("apiKey"), try text("devKey"))
    guard profile == nil || profile == self.profile else {
      throw Failure(
        errorDescription: "the mock at MOCK_APPWRITE_URL has the profile \(self.profile), and the test asks for \(profile ?? "")")
    }
  }

  #if os(macOS) || os(Linux)
    deinit {
      guard let process else { return }
      // Killed, because it inherits which signals this process ignores.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  #endif

  /// Uses a control, such as `control("POST", "/users", #"{"email": …, "password": …}"#)`. The README lists them all.
  ///
  /// - Parameters:
  ///   - method: the method of the request.
  ///   - path: the path after `/_mock`.
  ///   - body: the JSON that the control takes.
  /// - Returns: The JSON that the control answers, which is empty if there is no body.
  @discardableResult
  public func control(_ method: String, _ path: String, _ body: String = "") async throws -> Data {
    guard let url = URL(string: "\(url)/_mock\(path)") else { throw Failure(errorDescription: "\(path) is no path") }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body.isEmpty ? nil : Data(body.utf8)
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard 200..<300 ~= status else {
      throw Failure(errorDescription: "the mock answered \(status) to \(method) \(path): \(String(decoding: data, as: UTF8.self))")
    }
    return data
  }

  /// Removes all users, the journal and all faults, and sets clock, project and switches back.
  public func reset() async throws { try await control("POST", "/reset") }

  /// What a running mock says of itself. It is waited for, because an initialiser that waits otherwise could not be called in `setUp`.
  private static func connect(_ url: String) throws -> Data {
    guard let url = URL(string: url)?.appendingPathComponent("_mock") else {
      throw Failure(errorDescription: "MOCK_APPWRITE_URL is no URL")
    }
    final class Answer: @unchecked Sendable { var data: Data? }
    let (answer, done) = (Answer(), DispatchSemaphore(value: 0))
    URLSession.shared.dataTask(with: url) { data, _, _ in
      answer.data = data
      done.signal()
    }.resume()
    done.wait()
    guard let data = answer.data else { throw Failure(errorDescription: "there is no mock at \(url), which MOCK_APPWRITE_URL names") }
    return data
  }

  #if os(macOS) || os(Linux)
    private static func start(_ profile: String?, _ program: URL) throws -> (Data, Process) {
      let process = Process()
      process.executableURL = program
      process.arguments = ["serve", "--while-stdin-is-open"] + (profile.map { ["--profile", $0] } ?? [])
      let (input, output) = (Pipe(), Pipe())
      (process.standardInput, process.standardOutput) = (input, output)
      try process.run()
      var line = Data()
      while line.last != UInt8(ascii: "\n") {
        let piece = output.fileHandleForReading.availableData
        guard !piece.isEmpty else {
          process.waitUntilExit()
          let command = ([program.path] + (process.arguments ?? [])).joined(separator: " ")
          throw Failure(
            errorDescription: "\(command) ended with status \(process.terminationStatus); its standard error says why")
        }
        line += piece
      }
      return (line, process)
    }

    static func find(_ given: URL?, _ environment: [String: String]) throws -> URL {
      if let named = given ?? environment["MOCK_APPWRITE"].map(URL.init(fileURLWithPath:)) { return named }
      let folders = (environment["PATH"] ?? "").split(separator: ":")
      guard let path = folders.map({ "\($0)/mock-appwrite" }).first(where: FileManager.default.isExecutableFile(atPath:)) else {
        throw Failure(
          errorDescription: "there is no program mock-appwrite on PATH. Either build it with `cargo install --locked --git "
            + "URL-OF-APPWRITE-SESSION mock-appwrite`, which puts it there, or set the environment variable MOCK_APPWRITE to its path")
      }
      return URL(fileURLWithPath: path)
    }
  #endif
}
