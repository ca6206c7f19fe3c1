// How results and errors are told.

import AppwriteSession
import Foundation

func told(_ state: SessionState) -> [String: Any] {
  var fields: [String: Any] = ["kind": state.kind]
  switch state {
  case .restoring, .storageLocked: break
  case .signedOut(let reason): fields["reason"] = reason.rawValue
  case .mfaRequired(let factors): fields["factors"] = factors.map(\.rawValue)
  case .signedIn(let user, let verified):
    fields["user"] = user.map(told) ?? NSNull()
    fields["verified"] = verified
  }
  return fields
}

func told(_ user: User) -> [String: Any] {
  ["id": user.id, "name": user.name, "email": user.email ?? NSNull()]
}

func told(_ account: Account) -> [String: Any] {
  var fields = told(account.user)
  fields["emailVerified"] = account.emailVerified
  fields["mfaEnabled"] = account.mfaEnabled
  fields["preferences"] = try? JSONSerialization.jsonObject(with: Data(account.preferencesJSON.utf8))
  return fields
}

func told(_ session: Session) -> [String: Any] {
  ["id": session.id, "userId": session.userId, "provider": session.provider, "current": session.current]
}

func told(_ response: GatewayResponse) -> [String: Any] {
  var fields = told(status: response.status, body: response.data)
  fields["url"] = response.url
  fields["redirected"] = response.isRedirected
  return fields
}

func told(status: Int, body: Data) -> [String: Any] {
  let parsed = try? JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
  return ["status": status, "body": parsed ?? String(decoding: body, as: UTF8.self)]
}

func told(_ error: SessionError) -> [String: Any] {
  var fields: [String: Any] = ["code": error.code.rawValue, "retryable": error.isRetryable]
  fields["retryAfterMs"] = error.retryAfter.map { Int($0 * 1000) }
  fields["status"] = error.status
  fields["type"] = error.appwriteType
  fields["reason"] = error.reason?.rawValue
  fields["origin"] = error.origin
  fields["detail"] = error.detail
  return fields
}
