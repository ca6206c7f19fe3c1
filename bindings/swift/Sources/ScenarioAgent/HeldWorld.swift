// The whole world of the scenarios, held by the agent itself: `--world agent`. Only with the library of the test kits.

#if canImport(AppwriteSessionTestingBindings)
  import AppwriteSessionTestingBindings
  import Foundation

  #if canImport(FoundationNetworking)
    import FoundationNetworking
  #endif

  private let endpoint = "http://127.0.0.1:4001/v1"
  private let gateway = "http://127.0.0.1:4002"
  private let foreign = "http://127.0.0.1:4003"

  struct HeldWorld: Surroundings {
    /// The controls of the mock refused.
    struct Refused: Error {}

    var configuration: URLSessionConfiguration {
      let configuration = URLSessionConfiguration.ephemeral
      configuration.protocolClasses = [WorldProtocol.self]
      return configuration
    }

    func carryOut(_ command: Command) async throws -> Any? {
      switch command.name {
      case "world": return try begin(command.text("profile"))
      case "person":
        return try WorldProtocol.world().addUser(
          email: command.text("email"), password: command.text("password"), mfa: command.flag("mfa"))
      case "mock":
        return try await drive(command.text("method"), command.text("path"), command.json("body"))
      case "wire":
        return try WorldProtocol.world().journalSince(number: UInt64(command.int("since") ?? 0)).map(told)
      default: return nil
      }
    }

    private func begin(_ profile: String) throws -> [String: Any] {
      let world = try TestWorld(profile: profile)
      try world.claim(endpoint: endpoint)
      try world.openSite(origin: foreign, name: "foreign")
      WorldProtocol.hold(world)
      return ["endpoint": endpoint, "gateway": gateway, "foreign": foreign, "project": "demo"]
    }

    private func drive(_ method: String, _ path: String, _ body: String?) async throws -> Any {
      let answer = try await WorldProtocol.world().control(method: method, path: path, body: body)
      guard 200..<300 ~= answer.status else { throw Refused() }
      guard !answer.body.isEmpty else { return NSNull() }
      return try JSONSerialization.jsonObject(with: Data(answer.body.utf8), options: .fragmentsAllowed)
    }
  }

  private func told(_ entry: WireEntry) -> [String: Any] {
    [
      "seq": entry.number, "caller": entry.caller, "method": entry.method, "listener": entry.listener, "path": entry.path,
      "carrier": entry.carrier, "carriers": entry.carriers, "status": entry.status ?? NSNull(),
    ]
  }

  /// Takes the place of the network for a URLSession: reaches the servers of the world, and no others. Redirects are not followed.
  private final class WorldProtocol: URLProtocol, @unchecked Sendable {
    private static let lock = NSLock()
    nonisolated(unsafe) private static var held: TestWorld?

    struct NoWorld: Error {}

    private var exchange: Task<Void, Never>?

    static func hold(_ world: TestWorld) { lock.withLock { held = world } }

    static func world() throws -> TestWorld {
      guard let world = lock.withLock({ held }) else { throw NoWorld() }
      return world
    }

    override static func canInit(with request: URLRequest) -> Bool { true }

    override static func canonicalRequest(for request: URLRequest) -> URLRequest { request }

    override func startLoading() {
      exchange = Task {
        do {
          let (response, body) = try await Self.answer(request)
          client?.urlProtocol(self, didReceive: response, cacheStoragePolicy: .notAllowed)
          client?.urlProtocol(self, didLoad: body)
          client?.urlProtocolDidFinishLoading(self)
        } catch {
          client?.urlProtocol(self, didFailWithError: URLError(.networkConnectionLost))
        }
      }
    }

    override func stopLoading() { exchange?.cancel() }

    private static func answer(_ request: URLRequest) async throws -> (URLResponse, Data) {
      guard let url = request.url else { throw URLError(.badURL) }
      let headers = (request.allHTTPHeaderFields ?? [:]).map { Line(name: $0.key, value: $0.value) }
      let answer = try await world().exchange(
        request: RawRequest(
          method: request.httpMethod ?? "GET", url: url.absoluteString, headers: headers, body: request.httpBody ?? Data()))
      let fields = Dictionary(answer.headers.map { ($0.name, $0.value) }) { first, second in "\(first), \(second)" }
      guard
        let response = HTTPURLResponse(
          url: url, statusCode: Int(answer.status), httpVersion: "HTTP/1.1", headerFields: fields)
      else { throw URLError(.badServerResponse) }
      return (response, answer.body)
    }
  }
#endif
