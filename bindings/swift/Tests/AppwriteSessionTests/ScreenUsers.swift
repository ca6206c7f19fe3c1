// What the users of Apple's screens do, where the stand-ins of those are.

#if os(Linux)
  import AuthenticationServices
  import Foundation
  import Testing
  import UIKit

  #if canImport(AppwriteSessionScreens)
    @testable import AppwriteSessionScreens
  #else
    // In React Native's pod all Swift is one module.
    @testable import AppwriteSessionPod
  #endif

  /// What a test notes on the main actor.
  @MainActor final class Noted<T> {
    var all: [T] = []
    nonisolated init() {}
  }

  /// A user who never answers: notes that the screen is open, and waits until it is closed.
  @MainActor final class Hesitant {
    private let opened = AsyncStream<Void>.makeStream()
    private let ended = AsyncStream<Void>.makeStream()
    private(set) var closed = false

    func wait() async throws -> Never {
      opened.continuation.yield()
      do {
        while true { try await Task.sleep(nanoseconds: 1_000_000_000_000) }
      } catch {
        closed = true
        ended.continuation.yield()
        throw error
      }
    }

    /// Returns once the screen is open.
    func isAsked() async { for await _ in opened.stream { return } }

    /// Returns once the screen is closed.
    func isClosed() async { for await _ in ended.stream { return } }
  }

  extension Mock {
    /// A user of Apple's screen, who gives a name if there is one. Notes the requests.
    @MainActor func appleUser(
      email: String, givenName: String? = nil, sub: String? = nil, noting requests: Noted<ASAuthorizationAppleIDRequest> = Noted()
    ) {
      ASAuthorizationController.user = { request, _ in
        let request = try #require(request as? ASAuthorizationAppleIDRequest)
        requests.all.append(request)
        // Apple puts what it is given into the token.
        let claims = #"{"nonce":"\#(request.nonce ?? "")"}"#
        let sub = sub.map { #","sub":"\#($0)""# } ?? ""
        let body = #"{"email":"\#(email)","claims":\#(claims)\#(sub)}"#
        let issued = try await self.texts("POST", "/id-tokens/apple", body)
        let token = try #require(issued["idToken"])
        var name: PersonNameComponents?
        if let givenName {
          var parts = PersonNameComponents()
          (parts.givenName, parts.familyName) = (givenName, "Lovelace")
          name = parts
        }
        return ASAuthorizationAppleIDCredential(
          user: issued["sub"] ?? "", identityToken: Data(token.utf8), authorizationCode: Data("code".utf8), fullName: name)
      }
    }

    /// A user with a device whose passkeys the mock keeps under `device`. Notes the requests.
    @MainActor func passkeyUser(_ device: String = "phone", noting requests: Noted<ASAuthorizationRequest> = Noted()) {
      ASAuthorizationController.user = { request, _ in
        requests.all.append(request)
        switch request {
        case let request as ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest:
          return try await self.create(device, request)
        case let request as ASAuthorizationPlatformPublicKeyCredentialAssertionRequest: return try await self.get(device, request)
        default: throw ASAuthorizationError(.notHandled)
        }
      }
    }

    /// What the mock's authenticator makes of what reached the platform.
    @MainActor private func create(
      _ device: String, _ request: ASAuthorizationPlatformPublicKeyCredentialRegistrationRequest
    ) async throws -> any ASAuthorizationCredential {
      let excluded = (request.excludedCredentials ?? []).map { ["type": "public-key", "id": $0.credentialID.base64URL] }
      let options: [String: Any] = [
        "rp": ["id": request.relyingPartyIdentifier, "name": "x"], "challenge": request.challenge.base64URL,
        "user": ["id": request.userID.base64URL, "name": request.name, "displayName": request.displayName ?? ""],
        "pubKeyCredParams": [["type": "public-key", "alg": -7]], "excludeCredentials": excluded,
      ]
      let answer = try await ceremony(device, "create", try json(options)) { ASAuthorizationError(.matchedExcludedCredential) }
      return ASAuthorizationPlatformPublicKeyCredentialRegistration(
        credentialID: answer.id, rawClientDataJSON: try #require(answer.response["clientDataJSON"]),
        rawAttestationObject: try #require(answer.response["attestationObject"]))
    }

    @MainActor private func get(
      _ device: String, _ request: ASAuthorizationPlatformPublicKeyCredentialAssertionRequest
    ) async throws -> any ASAuthorizationCredential {
      let options: [String: Any] = [
        "rpId": request.relyingPartyIdentifier, "challenge": request.challenge.base64URL,
        "allowCredentials": request.allowedCredentials.map { ["type": "public-key", "id": $0.credentialID.base64URL] },
      ]
      let answer = try await ceremony(device, "get", try json(options)) { ASAuthorizationError(.canceled) }
      return ASAuthorizationPlatformPublicKeyCredentialAssertion(
        credentialID: answer.id, rawClientDataJSON: try #require(answer.response["clientDataJSON"]),
        rawAuthenticatorData: answer.response["authenticatorData"], signature: answer.response["signature"],
        userID: answer.response["userHandle"])
    }

    private func json(_ options: [String: Any]) throws -> String {
      String(decoding: try JSONSerialization.data(withJSONObject: ["publicKey": options]), as: UTF8.self)
    }

    private func ceremony(
      _ device: String, _ name: String, _ body: String, _ refusal: @Sendable () -> any Error
    ) async throws -> (id: Data, response: [String: Data]) {
      do {
        let answer = try await control("POST", "/authenticators/\(device)/\(name)", body)
        let response = (answer["response"] as? [String: Any] ?? [:]).compactMapValues { ($0 as? String).flatMap(Data.init(base64URL:)) }
        return (try #require((answer["id"] as? String).flatMap(Data.init(base64URL:))), response)
      } catch let failure as MockAppwrite.Failure where failure.errorDescription?.contains("answered 409") == true {
        throw refusal()
      }
    }

    /// The texts of what a control answers.
    func texts(_ method: String, _ path: String, _ body: String = "{}") async throws -> [String: String] {
      try await control(method, path, body).compactMapValues { $0 as? String }
    }
  }
#endif
