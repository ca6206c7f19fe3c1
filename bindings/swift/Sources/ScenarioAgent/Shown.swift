// How the results of operations are told: as the core itself shows them.

import AppwriteSession
import Foundation

func done(_: Void) -> Any { NSNull() }

func parsed(_ json: String) throws -> Any { try JSONSerialization.jsonObject(with: Data(json.utf8)) }

private func orNull(_ value: Any?) -> Any { value ?? NSNull() }

private func milliseconds(_ date: Date?) -> Any { orNull(date.map { Int(($0.timeIntervalSince1970 * 1000).rounded()) }) }

func shown(_ diagnosis: Diagnosis) -> [String: Any] {
  let areas = diagnosis.findings.map(\.area)
  return [
    "problems": diagnosis.problems.map { "\($0.area)/\($0.code)" },
    "areas": areas.enumerated().filter { at, area in areas.firstIndex(of: area) == at }.map(\.element),
  ]
}

func shown(_ nonce: Nonce) -> [String: Any] { ["raw": nonce.raw, "sha256": nonce.sha256] }

func shown(_ start: OAuth2Start) -> [String: Any] {
  ["url": start.url.absoluteString, "callbackScheme": start.callbackScheme]
}

func shown(_ outcome: SignInOutcome) -> [String: Any] {
  switch outcome {
  case .signedIn(let state): ["kind": "signed_in", "state": told(state)]
  case .cancelled: ["kind": "cancelled"]
  }
}

func shown(_ sent: SentCode) -> [String: Any] {
  ["userId": sent.userId, "phrase": orNull(sent.phrase), "expiresAtMs": milliseconds(sent.expiresAt)]
}

func shown(_ account: Account) -> [String: Any] {
  var fields = told(account)
  fields["phone"] = orNull(account.phone)
  fields["phoneVerified"] = account.phoneVerified
  fields["labels"] = account.labels
  fields["registeredAtMs"] = milliseconds(account.registeredAt)
  return fields
}

func shown(_ enrollment: TotpEnrollment) -> [String: Any] { ["secret": enrollment.secret, "uri": enrollment.uri] }

func shown(_ passkey: Passkey) -> [String: Any] {
  [
    "id": passkey.id, "name": passkey.name, "createdAtMs": milliseconds(passkey.createdAt),
    "lastUsedAtMs": milliseconds(passkey.lastUsedAt),
  ]
}

func shown(_ challenge: PasskeyChallenge) -> [String: Any] {
  [
    "id": challenge.id, "passkeyId": challenge.passkeyId, "options": challenge.options,
    "expiresAtMs": milliseconds(challenge.expiresAt),
  ]
}

func shown(_ identity: Identity) -> [String: Any] {
  [
    "id": identity.id, "provider": identity.provider, "providerUserId": identity.providerUserId,
    "email": orNull(identity.email), "createdAtMs": milliseconds(identity.createdAt),
  ]
}

func shown(_ target: PushTarget) -> [String: Any] {
  [
    "id": target.id, "identifier": target.identifier, "providerId": orNull(target.providerId), "expired": target.expired,
  ]
}

func shown(_ account: StoredAccount) -> [String: Any] {
  ["id": account.id, "user": told(account.user), "isCurrent": account.isCurrent]
}

func shown(_ state: AccountsState) -> [String: Any] {
  ["number": state.number, "accounts": state.accounts.map(shown), "current": orNull(state.current)]
}
