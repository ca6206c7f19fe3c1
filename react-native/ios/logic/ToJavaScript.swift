// Converts values for JavaScript, to the objects of the spec. Unknown values are left out.

import Foundation

/// `NativeChange`.
func toJavaScript(_ change: Change, of client: Int) -> [String: Any] {
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
    if let user { fields.merge(toJavaScript(user)) { $1 } }
  }
  return fields
}

/// The members of `NativeChange` and `NativeAccount` that describe the user.
private func toJavaScript(_ user: User) -> [String: Any] {
  var fields: [String: Any] = ["userId": user.id, "userName": user.name]
  fields["userEmail"] = user.email
  return fields
}

/// `NativeAccount`.
func toJavaScript(_ account: Account) -> [String: Any] {
  var fields = toJavaScript(account.user)
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
func toJavaScript(_ session: Session) -> [String: Any] {
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
func toJavaScript(_ challenge: MfaChallenge) -> [String: Any] {
  var fields: [String: Any] = ["id": challenge.id]
  fields["expiresAtMs"] = challenge.expiresAt.map(milliseconds)
  return fields
}

/// `NativeHeader`s.
func toJavaScript(_ headers: [(name: String, value: String)]) -> [[String: Any]] {
  headers.map { ["name": $0.name, "value": $0.value] }
}

/// `NativeAuthorization` with that number.
func toJavaScript(_ authorization: Authorization, _ number: Int) -> [String: Any] {
  ["authorization": number, "userId": authorization.userId, "headers": toJavaScript(authorization.headers)]
}

/// `NativeResponse`.
func toJavaScript(_ response: GatewayResponse) -> [String: Any] {
  let text = String(decoding: response.data, as: UTF8.self)
  // Base64 if the text would not be the same bytes. React Native ends a string at a zero byte.
  let isText = text.utf8.elementsEqual(response.data) && !response.data.contains(0)
  return [
    "url": response.url, "redirected": response.isRedirected, "status": response.status, "headers": toJavaScript(response.headers),
    "body": isText ? text : response.data.base64EncodedString(), "bodyIsBase64": !isText,
  ]
}

/// `NativeTransfer` of that call.
func toJavaScript(_ transfer: Transfer, of client: Int, _ call: Int) -> [String: Any] {
  var fields: [String: Any] = [
    "client": client, "call": call, "direction": transfer.direction == .up ? "up" : "down", "bytes": Double(transfer.bytes),
  ]
  fields["total"] = transfer.total.map(Double.init)
  return fields
}

/// Milliseconds since 1970.
private func milliseconds(_ date: Date) -> Double { (date.timeIntervalSince1970 * 1000).rounded() }
