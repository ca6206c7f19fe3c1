// The operations by their names, each with the one method of the API that it stands for.

import AppwriteSession
import Foundation

/// The arguments of an operation, in its order. What is missing or of another type is empty: the scenarios pass what is right.
struct Arguments {
  private let list: [Any]

  init(_ list: [Any]) { self.list = list }

  func optional(_ at: Int) -> String? { value(at) as? String }
  func text(_ at: Int) -> String { optional(at) ?? "" }
  func flag(_ at: Int) -> Bool { value(at) as? Bool ?? false }
  func texts(_ at: Int) -> [String] { value(at) as? [String] ?? [] }
  func sent() -> SentCode { SentCode(userId: text(0)) }

  func url(_ at: Int) throws -> URL {
    guard let url = URL(string: text(at)) else { throw UnknownCommand(name: "url") }
    return url
  }

  /// A JSON object, as the text of it.
  func json(_ at: Int) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: value(at) ?? [:]), as: UTF8.self)
  }

  func idToken() throws -> IdToken {
    guard let provider = IdToken.Provider(rawValue: text(0)) else { throw UnknownCommand(name: "provider") }
    return IdToken(provider: provider, token: text(1), nonce: optional(2), accessToken: optional(3), name: optional(4))
  }

  private func value(_ at: Int) -> Any? { list.indices.contains(at) ? list[at] : nil }
}

enum Operations {
  typealias Perform = @Sendable (SessionClient, Arguments) async throws -> Any

  static let all: [String: Perform] = waysIn.merging(account) { first, _ in first }.merging(codes) { first, _ in first }
    .merging(inside) { first, _ in first }

  private static let waysIn: [String: Perform] = [
    "generateNonce": { client, _ in shown(try await client.generateNonce()) },
    "signInWithIdToken": { client, of in told(try await client.signIn(idToken: try of.idToken())) },
    "beginPasskey": { client, _ in shown(try await client.beginPasskey()) },
    "completePasskey": { client, of in
      told(try await client.completePasskey(PasskeyChallenge(id: of.text(0)), credential: of.text(1)))
    },
    "beginOAuth2": { client, of in
      shown(try await client.beginOAuth2(provider: of.text(0), scopes: of.texts(1), callback: of.optional(2)))
    },
    "completeOAuth2": { client, of in shown(try await client.completeOAuth2(try of.url(0))) },
    "cancelOAuth2": { client, _ in done(try await client.cancelOAuth2()) },
    "startEmailCode": { client, of in shown(try await client.startEmailCode(email: of.text(0), phrase: of.flag(1))) },
    "startPhoneCode": { client, of in shown(try await client.startPhoneCode(phone: of.text(0))) },
    "completeCode": { client, of in told(try await client.completeCode(of.sent(), code: of.text(1))) },
    "startMagicUrl": { client, of in
      shown(try await client.startMagicURL(email: of.text(0), callback: of.text(1), phrase: of.flag(2)))
    },
    "completeMagicUrl": { client, of in
      told(try await client.completeMagicURL(of.sent(), callback: of.text(1), url: try of.url(2)))
    },
  ]

  private static let account: [String: Perform] = [
    "profile.updateName": { client, of in shown(try await client.profile.updateName(of.text(0))) },
    "profile.updateEmail": { client, of in shown(try await client.profile.updateEmail(of.text(0), password: of.text(1))) },
    "profile.updatePhone": { client, of in shown(try await client.profile.updatePhone(of.text(0), password: of.text(1))) },
    "profile.updatePassword": { client, of in shown(try await client.profile.updatePassword(of.text(0), old: of.optional(1))) },
    "profile.preferences": { client, _ in try parsed(try await client.profile.preferencesJSON()) },
    "profile.replacePreferences": { client, of in
      try parsed(try await client.profile.replacePreferences(json: try of.json(0)))
    },
    "profile.mergePreferences": { client, of in try parsed(try await client.profile.mergePreferences(json: try of.json(0))) },
    "profile.block": { client, _ in done(try await client.profile.block()) },
    "profile.delete": { client, _ in done(try await client.profile.delete()) },
    "factors.available": { client, _ in try await client.factors.available().map(\.rawValue) },
    "factors.require": { client, of in shown(try await client.factors.require(of.flag(0))) },
    "factors.enrollTotp": { client, _ in shown(try await client.factors.enrollTotp()) },
    "factors.verifyTotp": { client, of in shown(try await client.factors.verifyTotp(code: of.text(0))) },
    "factors.removeTotp": { client, of in done(try await client.factors.removeTotp(code: of.optional(0))) },
    "factors.createRecoveryCodes": { client, _ in try await client.factors.createRecoveryCodes() },
    "factors.replaceRecoveryCodes": { client, _ in try await client.factors.replaceRecoveryCodes() },
    "factors.recoveryCodes": { client, _ in try await client.factors.recoveryCodes() },
    "passkeys.list": { client, _ in try await client.passkeys.list().map(shown) },
    "passkeys.beginRegistration": { client, of in shown(try await client.passkeys.beginRegistration(name: of.optional(0))) },
    "passkeys.completeRegistration": { client, of in
      let challenge = PasskeyChallenge(id: of.text(0), passkeyId: of.text(1))
      return shown(try await client.passkeys.completeRegistration(challenge, credential: of.text(2)))
    },
    "passkeys.rename": { client, of in shown(try await client.passkeys.rename(of.text(0), to: of.text(1))) },
    "passkeys.delete": { client, of in done(try await client.passkeys.delete(of.text(0))) },
    "identities.list": { client, _ in try await client.identities.list().map(shown) },
    "identities.link": { client, of in told(try await client.identities.link(try of.idToken())) },
    "identities.unlink": { client, of in done(try await client.identities.unlink(of.text(0))) },
    "pushTargets.create": { client, of in
      shown(try await client.pushTargets.create(identifier: of.text(0), providerId: of.optional(1)))
    },
    "pushTargets.update": { client, of in shown(try await client.pushTargets.update(of.text(0), identifier: of.text(1))) },
    "pushTargets.delete": { client, of in done(try await client.pushTargets.delete(of.text(0))) },
  ]

  private static let inside: [String: Perform] = [
    "diagnose": { client, _ in shown(try await client.diagnose()) },
    "metrics": { client, _ in try await client.metrics() },
  ]

  private static let codes: [String: Perform] = [
    "verification.startEmailByCode": { client, of in shown(try await client.verification.startEmailByCode(phrase: of.flag(0))) },
    "verification.completeEmailByCode": { client, of in
      done(try await client.verification.completeEmailByCode(of.sent(), code: of.text(1)))
    },
    "verification.startEmailByLink": { client, of in
      shown(try await client.verification.startEmailByLink(callback: of.text(0)))
    },
    "verification.completeEmailByLink": { client, of in
      done(try await client.verification.completeEmailByLink(callback: of.text(0), url: try of.url(1)))
    },
    "verification.startPhone": { client, _ in shown(try await client.verification.startPhone()) },
    "verification.completePhone": { client, of in
      done(try await client.verification.completePhone(of.sent(), code: of.text(1)))
    },
    "recovery.startByCode": { client, of in
      shown(try await client.recovery.startByCode(email: of.text(0), phrase: of.flag(1)))
    },
    "recovery.completeByCode": { client, of in
      done(try await client.recovery.completeByCode(of.sent(), code: of.text(1), password: of.text(2)))
    },
    "recovery.startByLink": { client, of in
      shown(try await client.recovery.startByLink(email: of.text(0), callback: of.text(1)))
    },
    "recovery.completeByLink": { client, of in
      done(try await client.recovery.completeByLink(callback: of.text(0), url: try of.url(1), password: of.text(2)))
    },
  ]
}
