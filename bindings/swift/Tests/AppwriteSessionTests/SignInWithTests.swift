// The code of the README for the ways to sign in, and what becomes of it.

import AppwriteSession
import AppwriteSessionScreens
import Foundation
import Testing

#if canImport(AuthenticationServices)
  import AuthenticationServices
#endif

#if canImport(UIKit)
  import UIKit
#endif

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
func signInWithApple(_ session: SessionClient, over window: ASPresentationAnchor) async throws {
  switch try await session.signInWithApple(anchor: window) {
  case .signedIn(let state): print("signed in: \(state.kind)")
  case .cancelled: print("the user closed the screen")
  }
}
// README

// README
func followApple(_ session: SessionClient) async throws {
  for await _ in session.appleRevocations() {
    if try await session.appleCredentialState() == .revoked { try await session.signOut() }
  }
}
// README

// README
@available(iOS 16, macOS 13, *)
func signInWithPasskey(_ session: SessionClient, over window: ASPresentationAnchor) async throws -> SignInOutcome {
  try await session.signInWithPasskey(anchor: window)
}

@available(iOS 16, macOS 13, *)
func addPasskey(_ session: SessionClient, over window: ASPresentationAnchor) async throws -> RegistrationOutcome {
  try await session.passkeys.register(anchor: window, name: "Ada's phone")
}
// README

// README
func signIn(_ session: SessionClient, with provider: String, over window: ASPresentationAnchor) async throws -> SignInOutcome {
  try await session.signInWithOAuth2(provider, anchor: window)
}
// README

// README
func signInWithGoogle(_ session: SessionClient, token: (_ nonceHash: String) async throws -> String?) async throws -> SignInOutcome {
  let nonce = try await session.generateNonce()
  guard let token = try await token(nonce.sha256) else { return .cancelled }
  return .signedIn(try await session.signIn(idToken: IdToken(provider: .google, token: token, nonce: nonce.raw)))
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
      let ofSignIns = readme.components(separatedBy: "## The account\n")[0]
      let shown = ofSignIns.components(separatedBy: "```swift\n").dropFirst(2).map { $0.components(separatedBy: "```")[0] }
      let compiled = source.components(separatedBy: "\n// README\n").enumerated().filter { $0.offset % 2 == 1 }.map { "\($0.element)\n" }
      #expect(shown == compiled)
      #expect(shown.count == 7)
    }

    #if os(Linux)
      @MainActor @Test func theScreensOfTheReadmeSignIn() async throws {
        let (mock, window) = (try Mock(profile: "2.7"), UIWindow())
        let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore())
        mock.appleUser(email: "ada@example.com", givenName: "Ada")
        try await signInWithApple(session, over: window)
        #expect(session.state.kind == "signed_in")
        mock.passkeyUser()
        guard case .registered(let passkey) = try await addPasskey(session, over: window) else {
          Issue.record("it was not registered")
          return
        }
        #expect(passkey.name == "Ada's phone")
        let identity = try #require(try await session.identities.list().first?.providerUserId)
        let following = Task { try await followApple(session) }
        // The device tells as often as it takes until it is heard.
        while session.state.kind == "signed_in" {
          ASAuthorizationAppleIDProvider.states = [identity: .revoked]
          NotificationCenter.default.post(name: ASAuthorizationAppleIDProvider.credentialRevokedNotification, object: nil)
          try await Task.sleep(nanoseconds: 10_000_000)
        }
        following.cancel()
        #expect(session.state == .signedOut(.signedOut))
        #expect(try await signInWithPasskey(session, over: window) == .signedIn(session.state))
        try await session.signOut()
        ASWebAuthenticationSession.user = { url, _, _ in try await mock.browse(url) }
        #expect(try await signIn(session, with: "mock", over: window) == .signedIn(session.state))
        #expect(session.state.kind == "signed_in")
        await session.close()
      }
    #endif

    @Test func googlesTokenIsBoundToTheNonceOfTheSignIn() async throws {
      let mock = try Mock(profile: "2.7")
      let session = try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore())
      #expect(try await signInWithGoogle(session) { _ in nil } == .cancelled)
      let outcome = try await signInWithGoogle(session) { hash in
        try await mock.texts("POST", "/id-tokens/google", #"{"email":"eve@example.com","claims":{"nonce":"\#(hash)"}}"#)["idToken"]
      }
      #expect(outcome == .signedIn(session.state) && session.state.kind == "signed_in")
      let stolen = await failure {
        _ = try await signInWithGoogle(session) { _ in
          try await mock.texts("POST", "/id-tokens/google", #"{"email":"eve@example.com","claims":{"nonce":"another"}}"#)["idToken"]
        }
      }
      #expect(stolen?.code == .invalidToken)
      await session.close()
    }

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
