// Pins and proxies: what is wrong with them, and with what a server or a proxy does, has a code of its own.

import AppwriteSession
import Foundation
import Testing

/// A gateway with TLS and a certificate of its own, in a process of OpenSSL, which ends when nothing refers to it any more.
private final class SecureGateway: Sendable {
  private let folder: Folder
  private let process: Process
  let url: String
  let certificate: Data
  /// The pin of its key.
  let pin: String

  init() throws {
    let folder = try Folder()
    self.folder = folder
    let (key, pem) = (folder.file("key.pem").path, folder.file("certificate.pem").path)
    _ = try Self.run([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", pem, "-days", "2", "-subj",
      "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
    ])
    certificate = try Data(contentsOf: folder.file("certificate.pem"))
    let (der, sum) = (folder.file("key.der").path, folder.file("key.sha256"))
    _ = try Self.run(["pkey", "-in", key, "-pubout", "-outform", "DER", "-out", der])
    _ = try Self.run(["dgst", "-sha256", "-binary", "-out", sum.path, der])
    pin = "sha256/\(try Data(contentsOf: sum).base64EncodedString())"
    process = Self.process(["s_server", "-accept", "0", "-cert", pem, "-key", key, "-www"])
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    // It says where it listens: `ACCEPT 0.0.0.0:12345`.
    var said = Data()
    while !(said.last == UInt8(ascii: "\n") && said.range(of: Data("ACCEPT".utf8)) != nil) {
      let piece = output.fileHandleForReading.availableData
      guard !piece.isEmpty else { throw WireServer.Failure() }
      said += piece
    }
    let line = String(decoding: said, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
    url = "https://localhost:\(line?.split(separator: ":").last ?? "")"
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  private static func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    return process
  }

  private static func run(_ arguments: [String]) throws {
    let process = process(arguments)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw WireServer.Failure() }
  }
}

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite(.timeLimit(.minutes(1))) struct WaysOutTests {
    let mock: Mock
    /// The pin of a key that nobody has.
    private let other = "sha256/\(Data(repeating: 7, count: 32).base64EncodedString())"
    private let backup = "sha256/\(Data(repeating: 8, count: 32).base64EncodedString())"

    init() throws { mock = try Mock() }

    @Test func aServerWithAnotherKeyIsNotTrusted() async throws {
      let gateway = try SecureGateway()
      var options = SessionClient.Options()
      options.rootCertificates = [gateway.certificate]
      let pinned = try await Mock().client(gateway.url, pins: Pins([gateway.pin, backup]), options: options)
      #expect(try await pinned.get("/x").response().status == 200)
      let session = try await mock.client(gateway.url, pins: Pins([other, backup]), options: options)
      let refused = try #require(await failure { _ = try await session.get("/x").response() })
      #expect(refused.code == .untrusted && refused.failureCause == .tlsPin && !refused.mayHaveArrived)
      #expect(await failure { _ = try await session.get("/x").stream() }?.failureCause == .tlsPin)
      #expect(session.state.kind == "signed_in")
      // Pins that are over are not enforced.
      let past = Pins([other, backup], until: Date(timeIntervalSince1970: 1))
      let unpinned = try await Mock().client(gateway.url, pins: past, options: options)
      #expect(try await unpinned.get("/x").response().status == 200)
      for client in [pinned, session, unpinned] { await client.close() }
    }

    @Test func theServerOfAppwriteIsPinnedAsWell() async throws {
      let appwrite = try SecureGateway()
      var options = SessionClient.Options()
      options.rootCertificates = [appwrite.certificate]
      options.endpointPins = Pins([other, backup])
      let session = try SessionClient(endpoint: "\(appwrite.url)/v1", project: "demo", store: MemoryStore(), options: options)
      #expect(await failure { try await session.signInAda() }?.failureCause == .tlsPin)
      await session.close()
    }

    @Test func aProxyThatWantsOtherCredentialsHasACode() async throws {
      let asked = Texts()
      let proxy = try WireServer { wire in
        guard let request = wire.request() else { return }
        asked.add("\(request.method) \(request.path) \(request.all("Proxy-Authorization").joined())")
        wire.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      }
      var options = SessionClient.Options()
      options.proxy = Proxy(proxy.url).credentials(user: "ada", password: "p@ss")
      options.attempts = 1
      // Appwrite is on this machine, which is reached without the proxy.
      let session = try await mock.client("https://api.example.com", options: options)
      let refused = try #require(await failure { _ = try await session.get("/x").response() })
      #expect(refused.code == .proxy && refused.failureCause == .proxyCredentials && !refused.mayHaveArrived)
      let credentials = Data("ada:p@ss".utf8).base64EncodedString()
      #expect(Set(asked.all) == ["CONNECT api.example.com:443 Basic \(credentials)"])
      await session.close()
      proxy.close()
    }

    @Test func theProxyOfTheEnvironmentIsUsed() async throws {
      let asked = Texts()
      let proxy = try WireServer { wire in
        guard let request = wire.request() else { return }
        asked.add("\(request.method) \(request.path)")
        wire.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      }
      setenv("https_proxy", proxy.url, 1)
      var options = SessionClient.Options()
      options.proxy = .environment
      options.attempts = 1
      let session = try await mock.client("https://api.example.com", options: options)
      unsetenv("https_proxy")
      #expect(await failure { _ = try await session.get("/x").response() }?.failureCause == .proxyRefused)
      #expect(asked.all == ["CONNECT api.example.com:443"])
      await session.close()
      proxy.close()
    }

    @Test func whatIsWrongWithThemIsSaidWhenTheClientIsMade() async throws {
      let gateways = [
        Gateway("https://api.example.com", pins: Pins([other])), Gateway("https://api.example.com", pins: Pins(["sha256/x", backup])),
      ]
      for gateway in gateways {
        #expect(await failure { _ = try SessionClient(endpoint: mock.endpoint, project: "demo", gateways: [gateway]) }?.code == .config)
      }
      for proxy in [Proxy("ftp://canary.example.com"), Proxy("canary")] {
        var options = SessionClient.Options()
        options.proxy = proxy
        let build = { [options] in _ = try SessionClient(endpoint: mock.endpoint, project: "demo", options: options) }
        let error = try #require(await failure(build))
        var shown = "\(error) \(options)"
        dump(options, to: &shown)
        #expect(error.code == .config && !shown.contains("canary"))
      }
    }
  }
}
