// What JavaScript is told: the values of the API as the objects of the spec. What is not known is left out.

import Foundation

/// `NativeChange`.
func told(_ change: Change, of client: Int) -> [String: Any] {
  var fields: [String: Any] = [
    "client": client, "number": Double(change.number), "kind": change.state.kind, "factors": [String](), "verified": false,
    "persistence": change.persistence.rawValue,
  ]
  switch change.state {
  case .restoring, .storageLocked: break
  case .signedOut(let reason): fields["reason"] = reason.rawValue
  case .mfaRequired(let factors): fields["factors"] = factors.map(\.rawValue)
  case .signedIn(let user, let verified):
    fields["verified"] = verified
    if let user { fields.merge(told(user)) { $1 } }
  }
  return fields
}

/// The part of `NativeChange` and `NativeAccount` that says who it is.
private func told(_ user: User) -> [String: Any] {
  var fields: [String: Any] = ["userId": user.id, "userName": user.name]
  fields["userEmail"] = user.email
  return fields
}

/// `NativeAccount`.
func told(_ account: Account) -> [String: Any] {
  var fields = told(account.user)
  fields["phone"] = account.phone
  fields["emailVerified"] = account.emailVerified
  fields["phoneVerified"] = account.phoneVerified
  fields["mfaEnabled"] = account.mfaEnabled
  fields["labels"] = account.labels
  fields["preferencesJson"] = account.preferencesJSON
  fields["registeredAtMs"] = account.registeredAt.map(milliseconds)
  return fields
}

/// `NativeSession`.
func told(_ session: Session) -> [String: Any] {
  var fields: [String: Any] = [
    "id": session.id, "userId": session.userId, "provider": session.provider, "current": session.current,
    "factors": session.factors, "ip": session.ip, "os": session.os, "clientName": session.client, "device": session.device,
    "country": session.country,
  ]
  fields["createdAtMs"] = session.createdAt.map(milliseconds)
  fields["expiresAtMs"] = session.expiresAt.map(milliseconds)
  return fields
}

/// `NativeMfaChallenge`.
func told(_ challenge: MfaChallenge) -> [String: Any] {
  var fields: [String: Any] = ["id": challenge.id]
  fields["expiresAtMs"] = challenge.expiresAt.map(milliseconds)
  return fields
}

/// `NativeHeader`s.
func told(_ headers: [(name: String, value: String)]) -> [[String: Any]] {
  headers.map { ["name": $0.name, "value": $0.value] }
}

/// `NativeResponse`.
func told(_ response: GatewayResponse) -> [String: Any] {
  let text = String(decoding: response.data, as: UTF8.self)
  // Base64 for what would not come back byte by byte: also behind a zero, where React Native ends a text.
  let isText = text.utf8.elementsEqual(response.data) && !response.data.contains(0)
  return [
    "url": response.url, "redirected": response.isRedirected, "status": response.status, "headers": told(response.headers),
    "body": isText ? text : response.data.base64EncodedString(), "bodyIsBase64": !isText,
  ]
}

/// Since 1970.
private func milliseconds(_ date: Date) -> Double { (date.timeIntervalSince1970 * 1000).rounded() }
