// Apple's screens: what the app gets, what Appwrite gets, and what reaches the platform.

#if os(Linux)
  import AppwriteSession
  import AuthenticationServices
  import Foundation
  import Testing
  import UIKit

  @testable import AppwriteSessionScreens

  // One suite with the others: a test of theirs counts threads.
  extension SessionTests {
    @MainActor @Suite(.timeLimit(.minutes(2))) struct ScreensTests {
      private let window = UIWindow()
      /// An Apple Account that no test before had.
      private let sub = "apple-\(UUID().uuidString)"

      private func client(_ mock: Mock) throws -> SessionClient {
        try SessionClient(endpoint: mock.endpoint, project: mock.project, store: MemoryStore())
      }

      /// The error with which `call` fails.
      private func failure(_ call: @MainActor () async throws -> Void) async -> SessionError? {
        do {
          try await call()
          return nil
        } catch {
          return error as? SessionError
        }
      }

      // MARK: Sign in with Apple

      @Test func appleSignsInWithTheNonceTheNameAndAnAddressThatIsHidden() async throws {
        let (mock, requests) = (try Mock(profile: "2.7"), Noted<ASAuthorizationAppleIDRequest>())
        let session = try client(mock)
        mock.appleUser(email: "x7@privaterelay.appleid.com", givenName: "Ada", noting: requests)
        let outcome = try await session.signInWithApple(anchor: window)
        #expect(outcome == .signedIn(session.state) && session.state.kind == "signed_in")
        let account = try await session.account()
        #expect(account.user.name == "Ada Lovelace" && account.user.email == "x7@privaterelay.appleid.com")
        let request = try #require(requests.all.first)
        #expect(request.requestedScopes == [.fullName, .email])
        let sent = try await mock.sent("/v1/account/sessions/id-token")
        // Apple gets the hash, and Appwrite the nonce.
        #expect(request.nonce?.count == 64 && request.nonce != sent?["nonce"] && sent?["nonce"] != nil)
        await session.close()
      }

      @Test func theNameThatAppleGivesOnceOutlivesASignInThatFails() async throws {
        let mock = try Mock(profile: "2.7")
        let session = try client(mock)
        _ = try await mock.texts("POST", "/faults", #"{"path":"/v1/account/sessions/id-token","times":9,"fault":{"kind":"reset_before"}}"#)
        mock.appleUser(email: "ada@example.com", givenName: "Ada", sub: sub)
        let first = await failure { try await session.signInWithApple(anchor: window) }
        #expect(first?.code == .network)
        // The next time Apple gives no name.
        _ = try await mock.texts("DELETE", "/faults")
        mock.appleUser(email: "ada@example.com", sub: sub)
        try await session.signInWithApple(anchor: window)
        #expect(try await session.account().user.name == "Ada Lovelace")
        // Appwrite has it now, so it is not sent again.
        try await session.signOut()
        try await session.signInWithApple(anchor: window)
        let sent = try #require(try await mock.sent("/v1/account/sessions/id-token"))
        #expect(sent["idToken"] != nil && sent["name"] == nil)
        await session.close()
      }

      @Test func aNameIsKeptInAFileUntilItIsTaken() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        func token(_ user: String) -> String { "x.\(Data(#"{"sub":"\#(user)"}"#.utf8).base64URL).x" }
        #expect(AppleNames(folder).name(for: token("ada"), given: " Ada ") == "Ada")
        // The process has ended; another user is none's business.
        #expect(AppleNames(folder).name(for: token("bob"), given: nil) == nil)
        #expect(AppleNames(folder).name(for: token("ada"), given: nil) == "Ada")
        #expect(AppleNames(folder).name(for: token("ada"), given: "Countess") == "Countess")
        AppleNames(folder).taken(with: token("bob"))
        #expect(AppleNames(folder).name(for: token("ada"), given: "") == "Countess")
        AppleNames(folder).taken(with: token("ada"))
        #expect(AppleNames(folder).name(for: token("ada"), given: nil) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        // Four users, and no name that Appwrite would refuse.
        for user in 1...5 { _ = AppleNames(folder).name(for: token("\(user)"), given: String(repeating: "n", count: 500)) }
        let kept = (1...5).map { AppleNames(folder).name(for: token("\($0)"), given: nil)?.count }
        #expect(kept == [nil, 128, 128, 128, 128])
        // What is no token, or no file, does no harm.
        #expect(AppleNames(folder).name(for: "canary", given: "Ada") == "Ada")
        let nowhere = AppleNames(URL(fileURLWithPath: "/proc/none"))
        #expect(nowhere.name(for: token("ada"), given: "Ada") == "Ada" && nowhere.name(for: token("ada"), given: nil) == "Ada")
      }

      @Test func appleIsLinkedToTheAccountThatIsSignedIn() async throws {
        let mock = try Mock(profile: "2.7")
        let session = try client(mock)
        try await session.signInAnonymously()
        let anonymous = try await session.account().user.id
        mock.appleUser(email: "ada@example.com", givenName: "Ada", sub: sub)
        guard case .signedIn(.signedIn(let user, _)) = try await session.identities.linkApple(anchor: window) else {
          Issue.record("it was not linked")
          return
        }
        #expect(user?.id == anonymous)
        #expect(try await session.identities.list().map(\.provider) == ["apple"])
        ASAuthorizationController.user = { _, _ in throw ASAuthorizationError(.canceled) }
        #expect(try await session.identities.linkApple(anchor: window) == .cancelled)
        await session.close()
      }

      @Test func whatOneUserAskedForIsNotDoneForAnotherWhoHasSignedInMeanwhile() async throws {
        let mock = try Mock(profile: "2.7")
        try await mock.ada()
        let session = try client(mock)
        try await session.signInAnonymously()
        mock.appleUser(email: "ada@example.com", sub: sub)
        let apple = try #require(ASAuthorizationController.user)
        ASAuthorizationController.user = { request, controller in
          try await session.signInAda()
          return try await apple(request, controller)
        }
        let linked = await failure { try await session.identities.linkApple(anchor: window) }
        #expect(linked?.code == .superseded && linked?.mayHaveArrived == false)
        #expect(try await mock.sent("/v1/account/sessions/id-token") == nil)
        #expect(try await session.identities.list().isEmpty)
        mock.passkeyUser()
        let passkeys = try #require(ASAuthorizationController.user)
        ASAuthorizationController.user = { request, controller in
          try await session.signInAnonymously()
          return try await passkeys(request, controller)
        }
        #expect(await failure { try await session.passkeys.register(anchor: window) }?.code == .superseded)
        await session.close()
      }

      // MARK: Passkeys

      @Test func aPasskeyIsRegisteredOnceAndSignsIn() async throws {
        let (mock, requests) = (try Mock(profile: "2.7"), Noted<ASAuthorizationRequest>())
        try await mock.ada()
        let session = try client(mock)
        try await session.signInAda()
        mock.passkeyUser(noting: requests)
        guard case .registered(let passkey) = try await session.passkeys.register(anchor: window, name: "Ada's phone") else {
          Issue.record("it was not registered")
          return
        }
        #expect(try await session.passkeys.list().map(\.name) == ["Ada's phone"] && passkey.name == "Ada's phone")
        let creation = try #require(requests.all.first as? ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest)
        #expect(creation.relyingPartyIdentifier == "localhost" && creation.name == "ada@example.com" && !creation.userID.isEmpty)
        #expect(creation.excludedCredentials == nil)
        let again = await failure { try await session.passkeys.register(anchor: window) }
        #expect(again?.code == .alreadyExists)
        let second = try #require(requests.all.last as? ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest)
        #expect(second.excludedCredentials?.count == 1)
        try await session.signOut()
        let outcome = try await session.signInWithPasskey(anchor: window)
        #expect(outcome == .signedIn(session.state) && session.state.kind == "signed_in")
        #expect(try await session.account().user.email == "ada@example.com")
        let assertion = try #require(requests.all.last as? ASAuthorizationPlatformPublicKeyCredentialAssertionRequest)
        #expect(assertion.relyingPartyIdentifier == "localhost" && assertion.challenge.count >= 16)
        await session.close()
      }

      @Test func aRequestSaysWhatTheOptionsSay() throws {
        let get = try PasskeyAssertionRequest(
          options: """
            {"challenge":"_-8","rpId":"example.com","userVerification":"required","timeout":1,
            "allowCredentials":[{"type":"public-key","id":"AQI="},{"type":"other","id":"AQM"}]}
            """)
        #expect(get.challenge == Data([0xff, 0xef]) && get.relyingParty == "example.com" && get.userVerification == .required)
        #expect(get.allowed == [Data([1, 2])])
        let open = try PasskeyAssertionRequest(
          options: #"{"challenge":"AQ","rpId":"a","userVerification":"later","allowCredentials":null}"#)
        #expect(open.userVerification == .preferred && open.allowed == [])
        let create = try PasskeyCreationRequest(
          options: """
            {"rp":{"id":"example.com","name":"x"},"user":{"id":"AQ","name":"ada","displayName":"Ada"},"challenge":"AQ",
            "pubKeyCredParams":[{"type":"public-key","alg":-257},{"type":"public-key","alg":-7}],
            "authenticatorSelection":{"userVerification":"discouraged"},"excludeCredentials":[{"type":"public-key","id":"AQ"}]}
            """)
        #expect(create.userID == Data([1]) && create.name == "ada" && create.displayName == "Ada")
        #expect(create.userVerification == .discouraged && create.excluded == [Data([1])])
        func fault(_ read: () throws -> Void) -> String? {
          do { try read() } catch { return (error as? SessionError)?.detail }
          return nil
        }
        for (options, detail) in [
          ("", "not_supported"), ("[]", "not_supported"), (#"{"rpId":"a"}"#, "not_supported"),
          (#"{"challenge":"*","rpId":"a"}"#, "not_supported"), (#"{"challenge":"AQ"}"#, "not_set_up"),
          (#"{"challenge":"AQ","rpId":""}"#, "not_set_up"),
        ] { #expect(fault { _ = try PasskeyAssertionRequest(options: options) } == detail, "\(options)") }
        let rsa = #"{"rp":{"id":"a"},"user":{"id":"AQ","name":"a"},"challenge":"AQ","pubKeyCredParams":[{"type":"public-key","alg":-257}]}"#
        #expect(fault { _ = try PasskeyCreationRequest(options: rsa) } == "not_supported")
        let unnamed = #"{"rp":{},"user":{"id":"AQ","name":"a"},"challenge":"AQ"}"#
        #expect(fault { _ = try PasskeyCreationRequest(options: unnamed) } == "not_set_up")
      }

      @Test func anAnswerIsTheJSONOfABrowser() throws {
        func object(_ answer: PasskeyAnswer) throws -> NSDictionary {
          try #require(try JSONSerialization.jsonObject(with: Data(answer.json.utf8)) as? NSDictionary)
        }
        let bytes = Data([0xfb, 0xff])
        let got = try object(
          PasskeyAnswer(
            id: bytes, clientData: Data([1]), attachment: nil,
            response: .assertion(authenticatorData: Data([2]), signature: Data([3]), userHandle: nil)))
        #expect(
          got == [
            "id": "-_8", "rawId": "-_8", "type": "public-key", "clientExtensionResults": [String: String](),
            "response": ["clientDataJSON": "AQ", "authenticatorData": "Ag", "signature": "Aw"],
          ])
        for (attachment, name, transports) in [
          (PasskeyAnswer.Attachment.platform, "platform", ["internal", "hybrid"]), (.crossPlatform, "cross-platform", ["hybrid"]),
        ] {
          let created = try object(
            PasskeyAnswer(id: bytes, clientData: Data([1]), attachment: attachment, response: .registration(attestationObject: Data([4]))))
          #expect(
            created == [
              "id": "-_8", "rawId": "-_8", "type": "public-key", "clientExtensionResults": [String: String](),
              "authenticatorAttachment": name,
              "response": ["clientDataJSON": "AQ", "attestationObject": "BA", "transports": transports],
            ])
        }
      }

      // MARK: A provider in the browser

      @Test func aProviderSignsInAndTheBrowserIsWhatWasAskedFor() async throws {
        let (mock, opened) = (try Mock(), Noted<String>())
        let session = try client(mock)
        ASWebAuthenticationSession.user = { url, waitedFor, ephemeral in
          opened.all.append("\(waitedFor) \(ephemeral)")
          return try await mock.browse(url)
        }
        let outcome = try await session.signInWithOAuth2("mock", anchor: window)
        #expect(outcome == .signedIn(session.state) && session.state.kind == "signed_in")
        try await session.signOut()
        _ = try await mock.texts("PATCH", "/project", #"{"webHosts":["app.example.com","localhost","127.0.0.1"]}"#)
        let link = "https://app.example.com/signed-in"
        let linked = try await session.signInWithOAuth2("mock", callback: link, ephemeral: true, anchor: window)
        #expect(linked == .signedIn(session.state) && session.state.kind == "signed_in")
        #expect(opened.all == ["appwrite-callback-\(mock.project) false", "\(link) true"])
        await session.close()
      }

      @Test func aBrowserThatWasClosedAndAProviderThatWasRefusedAreNoErrors() async throws {
        let (mock, late) = (try Mock(), Noted<URL>())
        let session = try client(mock)
        ASWebAuthenticationSession.user = { url, _, _ in
          late.all.append(try await mock.browse(url))
          throw ASWebAuthenticationSessionError(.canceledLogin)
        }
        #expect(try await session.signInWithOAuth2("mock", anchor: window) == .cancelled)
        // What comes after the browser was closed is refused.
        let url = try #require(late.all.first)
        let refused = await failure { try await session.completeOAuth2(url) }
        #expect(refused?.code == .callbackRejected && session.state.kind == "signed_out")
        ASWebAuthenticationSession.user = { url, _, _ in try await mock.browse(url, declines: true) }
        #expect(try await session.signInWithOAuth2("mock", anchor: window) == .cancelled)
        await session.close()
      }

      @Test func aCallbackIsASchemeOrAUniversalLinkInFull() throws {
        func callback(_ success: String, _ scheme: String) throws -> BrowserCallback? {
          var url = try #require(URLComponents(string: "https://appwrite.example/v1/x"))
          url.queryItems = [URLQueryItem(name: "project", value: "p"), URLQueryItem(name: "success", value: success)]
          return BrowserCallback(try #require(url.url), scheme: scheme)
        }
        #expect(try callback("my-app://x", "my-app") == .scheme("my-app"))
        #expect(try callback("https://a.example/b%20c?state=1", "https") == .https(host: "a.example", path: "/b c"))
        #expect(try callback("https://a.example", "https") == .https(host: "a.example", path: "/"))
        for (success, scheme) in [("my-app://x", "https"), ("", "https"), ("http://localhost/", "http"), ("x", "")] {
          #expect(try callback(success, scheme) == nil, "\(scheme)")
        }
      }

      // MARK: What every screen has in common

      /// Every way to show a screen.
      private func ways(_ session: SessionClient) -> [(String, () async throws -> Bool)] {
        let window = window
        return [
          ("apple", { try await session.signInWithApple(anchor: window) == .cancelled }),
          ("link", { try await session.identities.linkApple(anchor: window) == .cancelled }),
          ("passkey", { try await session.signInWithPasskey(anchor: window) == .cancelled }),
          ("register", { try await session.passkeys.register(anchor: window) == .cancelled }),
          ("browser", { try await session.signInWithOAuth2("mock", anchor: window) == .cancelled }),
        ]
      }

      /// Ada, signed in, with the user of all screens.
      private func signedIn(_ user: @escaping @MainActor () async throws -> Never) async throws -> (Mock, SessionClient) {
        let mock = try Mock(profile: "2.7")
        _ = try await mock.texts("PATCH", "/project", #"{"rateLimits":false}"#)
        try await mock.ada()
        let session = try client(mock)
        try await session.signInAda()
        ASAuthorizationController.user = { _, _ in try await user() }
        ASWebAuthenticationSession.user = { _, _, _ in try await user() }
        return (mock, session)
      }

      @Test func everyErrorOfAScreenSaysWhatToDo() async throws {
        let faults: [ASAuthorizationError.Code: [String: String]] = [
          .unknown: ["apple": "nothing_to_offer", "link": "nothing_to_offer"],
          .notHandled: ["*": "not_supported"],
          .failed: ["passkey": "not_set_up", "register": "not_set_up"],
          .preferSignInWithApple: ["*": "nothing_to_offer"],
          .deviceNotConfiguredForPasskeyCreation: ["*": "not_supported"],
        ]
        let (mock, session) = try await signedIn { throw CancellationError() }
        for code in ASAuthorizationError.Code.allCases {
          ASAuthorizationController.user = { _, _ in throw ASAuthorizationError(code) }
          // A user can have ten pending passkeys, for five minutes, and none without a recent sign-in.
          _ = try await mock.texts("POST", "/clock", #"{"advanceSeconds":301}"#)
          try await session.signInAda()
          for (way, call) in ways(session) where way != "browser" {
            let error = await failure {
              let closed = try await call()
              #expect(closed, "\(way) \(code)")
            }
            switch code {
            case .canceled: #expect(error == nil, "\(way)")
            case .matchedExcludedCredential: #expect(error?.code == .alreadyExists, "\(way)")
            default:
              let wanted = faults[code]?[way] ?? faults[code]?["*"] ?? "interrupted"
              #expect(error?.code == .screenFailed && error?.detail == wanted, "\(way) \(code)")
            }
          }
        }
        for code in ASWebAuthenticationSessionError.Code.allCases where code != .canceledLogin {
          ASWebAuthenticationSession.user = { _, _, _ in throw ASWebAuthenticationSessionError(code) }
          let error = await failure { try await session.signInWithOAuth2("mock", anchor: window) }
          #expect(error?.code == .screenFailed && error?.detail == "interrupted" && error?.isRetryable == true, "\(code)")
        }
        _ = try await mock.texts("POST", "/clock", #"{"advanceSeconds":301}"#)
        try await session.signInAda()
        // As iOS 16 and 17 say that the passkey exists, and what nobody expects.
        ASAuthorizationController.user = { _, _ in throw NSError(domain: "WKErrorDomain", code: 8) }
        #expect(await failure { try await session.passkeys.register(anchor: window) }?.code == .alreadyExists)
        #expect(await failure { try await session.signInWithPasskey(anchor: window) }?.detail == "interrupted")
        #expect(session.state.kind == "signed_in")
        await session.close()
        withExtendedLifetime(mock) {}
      }

      @Test func anAnswerOfAnotherKindIsNone() async throws {
        let mock = try Mock(profile: "2.7")
        let session = try client(mock)
        ASAuthorizationController.user = { _, _ in ASAuthorizationAppleIDCredential(user: "u", identityToken: nil) }
        #expect(await failure { try await session.signInWithApple(anchor: window) }?.detail == "interrupted")
        #expect(await failure { try await session.signInWithPasskey(anchor: window) }?.detail == "interrupted")
        await session.close()
      }

      @Test func aTaskThatIsCancelledClosesItsScreen() async throws {
        for index in 0..<5 {
          let user = Hesitant()
          let (mock, session) = try await signedIn { try await user.wait() }
          let (way, call) = ways(session)[index]
          let task = Task { @MainActor in try await call() }
          await user.isAsked()
          task.cancel()
          await #expect(throws: CancellationError.self, "\(way)") { try await task.value }
          await user.isClosed()
          // Nothing was exchanged, and the next screen may come.
          #expect(session.state.kind == "signed_in", "\(way)")
          ASAuthorizationController.user = { _, _ in throw ASAuthorizationError(.canceled) }
          #expect(try await session.signInWithApple(anchor: window) == .cancelled, "\(way)")
          let sent = try await mock.wire().filter { $0.contains("POST") && $0.contains("/sessions/id-token") }
          #expect(sent == [], "\(way)")
          await session.close()
        }
      }

      @Test func oneScreenIsShownAtATime() async throws {
        let user = Hesitant()
        let (mock, session) = try await signedIn { try await user.wait() }
        let window = window
        let first = Task { @MainActor in try await session.signInWithApple(anchor: window) }
        await user.isAsked()
        for (way, call) in ways(session) {
          let error = await failure { _ = try await call() }
          #expect(error?.code == .screenFailed && error?.detail == "interrupted", "\(way)")
        }
        #expect(!user.closed)
        first.cancel()
        _ = await first.result
        ASAuthorizationController.user = { _, over in
          #expect(over === window)
          throw ASAuthorizationError(.canceled)
        }
        #expect(try await session.signInWithApple(anchor: window) == .cancelled)
        await session.close()
        withExtendedLifetime(mock) {}
      }

      @Test func aSecondSignInDoesNotDisturbTheBrowserOfTheFirst() async throws {
        let mock = try Mock()
        let session = try client(mock)
        let (opened, goesOn) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
        ASWebAuthenticationSession.user = { url, _, _ in
          opened.continuation.yield()
          for await _ in goesOn.stream { break }
          return try await mock.browse(url)
        }
        let window = window
        let first = Task { @MainActor in try await session.signInWithOAuth2("mock", anchor: window) }
        for await _ in opened.stream { break }
        #expect(await failure { try await session.signInWithOAuth2("mock", anchor: window) }?.detail == "interrupted")
        goesOn.continuation.yield()
        #expect(try await first.value == .signedIn(session.state) && session.state.kind == "signed_in")
        await session.close()
      }

      // MARK: The user stops using Apple

      @Test func aRevocationIsToldAndEndsASessionOnlyIfAsked() async throws {
        let (mock, session) = try await signedIn { throw CancellationError() }
        func tell() { NotificationCenter.default.post(name: ASAuthorizationAppleIDProvider.credentialRevokedNotification, object: nil) }
        var told = session.appleRevocations().makeAsyncIterator()
        tell()
        #expect(await told.next() != nil && session.state.kind == "signed_in")
        var obeyed = session.appleRevocations(signingOut: true).makeAsyncIterator()
        tell()
        #expect(await obeyed.next() != nil && session.state == .signedOut(.signedOut))
        await session.close()
        withExtendedLifetime(mock) {}
      }

      @Test func theDeviceSaysHowTheAppleAccountStands() async throws {
        let mock = try Mock(profile: "2.7")
        let session = try client(mock)
        try await session.signInAnonymously()
        #expect(try await session.appleCredentialState() == nil)
        mock.appleUser(email: "ada@example.com", sub: sub)
        try await session.identities.linkApple(anchor: window)
        #expect(await failure { _ = try await session.appleCredentialState() }?.detail == "interrupted")
        let states: [(ASAuthorizationAppleIDProvider.CredentialState, AppleCredentialState)] = [
          (.authorized, .authorized), (.revoked, .revoked), (.notFound, .notFound), (.transferred, .transferred),
        ]
        for (apples, ours) in states {
          ASAuthorizationAppleIDProvider.states = [sub: apples]
          #expect(try await session.appleCredentialState() == ours)
        }
        await session.close()
      }
    }
  }

  extension Mock {
    /// The texts in the body of the last request to `path`.
    func sent(_ path: String) async throws -> [String: String]? {
      let entries = try await control("GET", "/journal")["entries"] as? [[String: Any]] ?? []
      let body = entries.last { $0["path"] as? String == path }?["body"]
      let object = (body as? String).flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) } ?? body
      return (object as? [String: Any])?.compactMapValues { $0 as? String }
    }

    /// The URL that opens the app after the user went through with what `url` asks for, or did not.
    func browse(_ url: URL, declines: Bool = false) async throws -> URL {
      let body = #"{"url":"\#(url.absoluteString)","declines":\#(declines)}"#
      return try #require(try await texts("POST", "/browse", body)["url"].flatMap(URL.init(string:)))
    }
  }
#endif
