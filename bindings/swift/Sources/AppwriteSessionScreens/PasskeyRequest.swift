// What WebAuthn's options ask of the platform's screen.

import Foundation

#if canImport(AppwriteSession)
  import AppwriteSession
#endif

/// A request to sign in with a passkey.
struct PasskeyAssertionRequest: Sendable, Equatable {
  let relyingParty: String
  let challenge: Data
  let userVerification: UserVerification
  /// The credentials that may answer; any, if it is empty.
  let allowed: [Data]

  /// Reads `PublicKeyCredentialRequestOptions` in JSON.
  ///
  /// - Throws: `SessionError` with the fault `notSupported` if the options are none, and `notSetUp` if they name no relying party: an
  ///   app is no page that could be meant instead.
  init(options: String) throws {
    struct Options: Decodable {
      let challenge: Base64URL
      let rpId: String?
      let userVerification: String?
      let allowCredentials: [Descriptor]?
    }
    let read: Options = try optionsRead(options)
    relyingParty = try named(read.rpId)
    challenge = read.challenge.data
    userVerification = UserVerification(read.userVerification)
    allowed = Descriptor.ids(read.allowCredentials)
  }
}

/// A request to create a passkey.
struct PasskeyCreationRequest: Sendable, Equatable {
  let relyingParty: String
  let challenge: Data
  let userID: Data
  let name: String
  let displayName: String?
  let userVerification: UserVerification
  /// The credentials of which none may be on the device.
  let excluded: [Data]

  /// Reads `PublicKeyCredentialCreationOptions` in JSON.
  ///
  /// - Throws: As `PasskeyAssertionRequest`; also `notSupported` if the relying party does not take ES256, the algorithm of the
  ///   platform's passkeys.
  init(options: String) throws {
    struct Options: Decodable {
      struct RelyingParty: Decodable { let id: String? }
      struct User: Decodable {
        let id: Base64URL
        let name: String
        let displayName: String?
      }
      struct Parameters: Decodable { let alg: Int }
      struct Selection: Decodable { let userVerification: String? }
      let rp: RelyingParty
      let user: User
      let challenge: Base64URL
      let pubKeyCredParams: [Parameters]?
      let authenticatorSelection: Selection?
      let excludeCredentials: [Descriptor]?
    }
    let read: Options = try optionsRead(options)
    let algorithms = read.pubKeyCredParams ?? []
    guard algorithms.isEmpty || algorithms.contains(where: { $0.alg == -7 }) else { throw SessionError(.notSupported) }
    relyingParty = try named(read.rp.id)
    challenge = read.challenge.data
    (userID, name, displayName) = (read.user.id.data, read.user.name, read.user.displayName)
    userVerification = UserVerification(read.authenticatorSelection?.userVerification)
    excluded = Descriptor.ids(read.excludeCredentials)
  }
}

/// Whether the device has to verify the user.
enum UserVerification: String, Sendable {
  case required
  case preferred
  case discouraged

  /// As WebAuthn wants it, what is missing or unknown is `preferred`.
  fileprivate init(_ text: String?) { self = text.flatMap(Self.init(rawValue:)) ?? .preferred }
}

private struct Descriptor: Decodable {
  let type: String
  let id: Base64URL

  /// What is of another type is left out, as WebAuthn wants it.
  static func ids(_ descriptors: [Descriptor]?) -> [Data] {
    (descriptors ?? []).filter { $0.type == "public-key" }.map(\.id.data)
  }
}

/// Bytes in Base64URL, with or without padding.
private struct Base64URL: Decodable {
  let data: Data

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let data = Data(base64URL: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not Base64URL")
    }
    self.data = data
  }
}

private func optionsRead<T: Decodable>(_ options: String) throws -> T {
  do { return try JSONDecoder().decode(T.self, from: Data(options.utf8)) } catch { throw SessionError(.notSupported) }
}

private func named(_ relyingParty: String?) throws -> String {
  guard let relyingParty, !relyingParty.isEmpty else { throw SessionError(.notSetUp) }
  return relyingParty
}
