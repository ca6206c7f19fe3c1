// The code of the README for the ways to sign in, and what becomes of it.

import AppwriteSession
import Foundation
import Testing

#if canImport(AuthenticationServices)
  import AuthenticationServices
#endif

// README
@MainActor func signIn(
  _ session: SessionClient, with provider: String, over window: any ASWebAuthenticationPresentationContextProviding
) async throws -> OAuth2Outcome {
  let start = try await session.beginOAuth2(provider: provider)
  var browser: ASWebAuthenticationSession?
  // Held until here ends, and of no actor: the browser calls back on a thread of its own.
  defer { browser?.cancel() }
  let url: URL? = await withCheckedContinuation { continuation in
    browser = ASWebAuthenticationSession(url: start.url, callbackURLScheme: start.callbackScheme) { @Sendable url, _ in
      continuation.resume(returning: url)
    }
    browser?.presentationContextProvider = window
    browser?.start()
  }
  guard let url else {
    try await session.cancelOAuth2()
    return .cancelled
  }
  return try await session.completeOAuth2(url)
}
// README

// README
func prepare(_ request: ASAuthorizationAppleIDRequest, _ nonce: Nonce) {
  request.requestedScopes = [.fullName, .email]
  request.nonce = nonce.sha256
}

func signIn(_ session: SessionClient, with credential: ASAuthorizationAppleIDCredential, _ nonce: Nonce) async throws -> SessionState {
  let token = String(decoding: credential.identityToken ?? Data(), as: UTF8.self)
  let name = [credential.fullName?.givenName, credential.fullName?.familyName].compactMap { $0 }.joined(separator: " ")
  return try await session.signIn(
    idToken: IdToken(provider: .apple, token: token, nonce: nonce.raw, name: name.isEmpty ? nil : name))
}
// README

// README
func signIn(_ session: SessionClient, email: String, code: (SentCode) async -> String) async throws -> SessionState {
  let sent = try await session.startEmailCode(email: email, phrase: true)
  return try await session.completeCode(sent, code: await code(sent))
}
// README

// README
let callback = "https://app.example.com/signed-in"

func sendLink(_ session: SessionClient, to email: String) async throws -> SentCode {
  try await session.startMagicURL(email: email, callback: callback)
}

func open(_ url: URL, _ session: SessionClient, _ sent: SentCode) async throws -> SessionState {
  try await session.completeMagicURL(sent, callback: callback, url: url)
}
// README

// README
struct PasskeyOptions: Decodable {
  let challenge: String
  let rpId: String
}

func passkeyJSON(_ assertion: ASAuthorizationPlatformPublicKeyCredentialAssertion) throws -> String {
  func text(_ data: Data?) -> String {
    (data ?? Data()).base64EncodedString()
      .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
  let id = text(assertion.credentialID)
  let response = [
    "clientDataJSON": text(assertion.rawClientDataJSON), "authenticatorData": text(assertion.rawAuthenticatorData),
    "signature": text(assertion.signature), "userHandle": text(assertion.userID),
  ]
  let credential: [String: Any] = [
    "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": [String: String](),
  ]
  return String(decoding: try JSONSerialization.data(withJSONObject: credential), as: UTF8.self)
}
// README

// One suite with the others: a test of theirs counts threads.
extension SessionTests {
  @Suite struct SignInWithTests {
    @Test func theCodeOfTheReadmeIsTheCodeHere() throws {
      let here = URL(fileURLWithPath: #filePath)
      let folder = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let readme = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
      let source = try String(contentsOf: here, encoding: .utf8)
      // Behind the first one, which is the quick start.
      let ofSignIns = readme.components(separatedBy: "## Several accounts")[0]
      let shown = ofSignIns.components(separatedBy: "```swift\n").dropFirst(2).map { $0.components(separatedBy: "```")[0] }
      let compiled = source.components(separatedBy: "\n// README\n").enumerated().filter { $0.offset % 2 == 1 }.map { "\($0.element)\n" }
      #expect(shown == compiled)
      #expect(shown.count == 5)
    }

    #if !canImport(AuthenticationServices)
      private final class Window: ASWebAuthenticationPresentationContextProviding {}

      private func client(_ mock: Mock) throws -> SessionClient {
        try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore())
      }

      @MainActor @Test func aProviderInTheBrowserSignsInOrIsCancelled() async throws {
        let mock = try Mock()
        let session = try client(mock)
        let window = Window()
        ASWebAuthenticationSession.user = { url, scheme in
          let opened = try? await browse(mock, url)
          return opened?.scheme == scheme ? opened : nil
        }
        let outcome = try await signIn(session, with: "mock", over: window)
        #expect(outcome == .signedIn(session.state) && session.state.kind == "signed_in")
        try await session.signOut()
        let (late, ends) = AsyncStream<URL>.makeStream()
        ASWebAuthenticationSession.user = { url, _ in
          if let opened = try? await browse(mock, url) { ends.yield(opened) }
          ends.finish()
          return nil
        }
        #expect(try await signIn(session, with: "mock", over: window) == .cancelled)
        #expect(session.state == .signedOut(.signedOut))
        var refused: [String?] = []
        for await url in late { refused.append(await refusal(session, url)) }
        #expect(refused == ["unexpected"])
        await session.close()
      }

      @Test func applesScreenSignsInWithItsNonceAndName() async throws {
        let mock = try Mock(profile: "2.7")
        let session = try client(mock)
        let nonce = try await session.generateNonce()
        let request = ASAuthorizationAppleIDRequest()
        prepare(request, nonce)
        #expect(request.nonce == nonce.sha256 && request.requestedScopes == [.fullName, .email])
        let body = #"{"email":"ada@example.com","nonce":"\#(nonce.raw)"}"#
        let token = try #require(try await mock.control("POST", "/id-tokens/apple", body)["idToken"] as? String)
        var name = PersonNameComponents()
        (name.givenName, name.familyName) = ("Ada", "Lovelace")
        let credential = ASAuthorizationAppleIDCredential(identityToken: Data(token.utf8), fullName: name)
        _ = try await signIn(session, with: credential, nonce)
        #expect(try await session.account().user.name == "Ada Lovelace")
        await session.close()
      }

      @Test func aPasskeySignsInWithTheJSONOfApplesAnswer() async throws {
        let mock = try Mock(profile: "2.7")
        try await mock.ada()
        let session = try client(mock)
        try await session.signInAda()
        let begun = try await session.passkeys.beginRegistration(name: "phone")
        _ = try await session.passkeys.completeRegistration(begun, credential: try await answer(mock, begun, "create"))
        try await session.signOut()
        let challenge = try await session.beginPasskey()
        let options = try JSONDecoder().decode(PasskeyOptions.self, from: Data(challenge.options.utf8))
        #expect(options.rpId == "localhost" && !options.challenge.isEmpty)
        struct Credential: Decodable {
          struct Response: Decodable { let clientDataJSON, authenticatorData, signature, userHandle: String }
          let id: String
          let response: Response
        }
        let answered = try await answer(mock, challenge, "get")
        let credential = try JSONDecoder().decode(Credential.self, from: Data(answered.utf8))
        let assertion = ASAuthorizationPlatformPublicKeyCredentialAssertion(
          credentialID: try data(credential.id), rawClientDataJSON: try data(credential.response.clientDataJSON),
          rawAuthenticatorData: try data(credential.response.authenticatorData), signature: try data(credential.response.signature),
          userID: try data(credential.response.userHandle))
        try await session.completePasskey(challenge, credential: try passkeyJSON(assertion))
        #expect(session.state.kind == "signed_in")
        #expect(try await session.passkeys.list().map(\.name) == ["phone"])
        await session.close()
      }

      /// The URL that opens the app after the user went through with what `url` asks for.
      private nonisolated func browse(_ mock: Mock, _ url: URL) async throws -> URL {
        let opened = try await mock.control("POST", "/browse", #"{"url":"\#(url.absoluteString)"}"#)["url"] as? String
        return try #require(opened.flatMap(URL.init(string:)))
      }

      private nonisolated func refusal(_ session: SessionClient, _ url: URL) async -> String? {
        await failure { try await session.completeOAuth2(url) }?.detail
      }

      /// What the mock's authenticator answers to `challenge`, as JSON.
      private func answer(_ mock: Mock, _ challenge: PasskeyChallenge, _ ceremony: String) async throws -> String {
        let answer = try await mock.control("POST", "/authenticators/phone/\(ceremony)", #"{"publicKey":\#(challenge.options)}"#)
        return String(decoding: try JSONSerialization.data(withJSONObject: answer), as: UTF8.self)
      }

      private func data(_ base64URL: String) throws -> Data {
        let text = base64URL.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        return try #require(Data(base64Encoded: text.padding(toLength: (text.count + 3) / 4 * 4, withPad: "=", startingAt: 0)))
      }
    #endif

    @Test func codesAndLinksSignIn() async throws {
      let mock = try Mock()
      try await mock.ada()
      let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore())
      _ = try await signIn(session, email: "ada@example.com") { sent in
        #expect(sent.phrase?.isEmpty == false && sent.expiresAt != nil)
        return (try? await mock.messages())?.last?["secret"] ?? ""
      }
      let user = try await session.account().user
      try await session.signOut()
      try await mock.control("PATCH", "/project", #"{"webHosts":["app.example.com"]}"#)
      let sent = try await sendLink(session, to: "ada@example.com")
      let link = try #require(try await mock.messages().last?["link"].flatMap(URL.init(string:)))
      #expect(link.absoluteString.hasPrefix(callback))
      #expect(try await AppwriteSessionTests.open(link, session, sent) == .signedIn(user: user, verified: true))
      let other = await failure { _ = try await AppwriteSessionTests.open(link, session, SentCode(userId: "other")) }
      #expect(other?.code == .callbackRejected && other?.detail == "unexpected")
      await session.close()
    }
  }
}
