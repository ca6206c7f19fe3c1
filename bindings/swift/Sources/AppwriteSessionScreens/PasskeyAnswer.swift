// What the platform's passkey screen answered, as WebAuthn's JSON.

import Foundation

/// An answer of the platform's passkey screen.
struct PasskeyAnswer: Sendable, Equatable {
  /// Whether the passkey is on this device or on another one that the user took for it.
  enum Attachment: String, Sendable {
    case platform
    case crossPlatform = "cross-platform"
  }

  enum Response: Sendable, Equatable {
    case assertion(authenticatorData: Data, signature: Data, userHandle: Data?)
    case registration(attestationObject: Data)
  }

  let id: Data
  let clientData: Data
  let attachment: Attachment?
  let response: Response

  /// The credential as `PublicKeyCredential.toJSON()` of a browser gives it.
  var json: String {
    struct Credential: Encodable {
      struct Response: Encodable {
        let clientDataJSON: String
        var attestationObject: String?
        var transports: [String]?
        var authenticatorData: String?
        var signature: String?
        var userHandle: String?
      }
      let id: String
      let rawId: String
      let type = "public-key"
      let authenticatorAttachment: String?
      let response: Response
      // No extension is asked for.
      let clientExtensionResults: [String: String] = [:]
    }
    var written = Credential.Response(clientDataJSON: clientData.base64URL)
    switch response {
    case .assertion(let data, let signature, let user):
      written.authenticatorData = data.base64URL
      written.signature = signature.base64URL
      written.userHandle = user?.base64URL
    case .registration(let attestation):
      written.attestationObject = attestation.base64URL
      written.transports = attachment == .crossPlatform ? ["hybrid"] : ["internal", "hybrid"]
    }
    let credential = Credential(
      id: id.base64URL, rawId: id.base64URL, authenticatorAttachment: attachment?.rawValue, response: written)
    // Texts in a struct can always be written.
    return (try? JSONEncoder().encode(credential)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

extension Data {
  /// The bytes of a text in Base64URL, with or without padding; nil if it is none.
  init?(base64URL text: String) {
    let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    let unpadded = plain.prefix { $0 != "=" }
    self.init(base64Encoded: unpadded + String(repeating: "=", count: (4 - unpadded.count % 4) % 4))
  }

  /// These bytes in Base64URL, without padding.
  var base64URL: String {
    base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }
}
