// What crosses the FFI, as the types of this API, and back.

import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

extension CoreState {
  var api: SessionState {
    switch self {
    case .restoring: .restoring
    case .storageLocked: .storageLocked
    case .signedOut(let reason): .signedOut(reason.api)
    case .mfaRequired(let factors): .mfaRequired(factors.map(\.api))
    case .signedIn(let user, let verified): .signedIn(user: user?.api, verified: verified)
    }
  }
}

extension CoreChange {
  var api: Change { Change(number: number, state: state.api, persistence: persistence.api) }
}

extension CoreSignedOutReason {
  var api: SignedOutReason {
    switch self {
    case .noSession: .noSession
    case .signedOut: .signedOut
    case .sessionEnded: .sessionEnded
    case .storageLost: .storageLost
    case .storageUnavailable: .storageUnavailable
    }
  }
}

extension CoreFactor {
  var api: Factor {
    switch self {
    case .totp: .totp
    case .email: .email
    case .phone: .phone
    case .custom: .custom
    case .recoveryCode: .recoveryCode
    }
  }
}

extension Factor {
  var ffi: CoreFactor {
    switch self {
    case .totp: .totp
    case .email: .email
    case .phone: .phone
    case .custom: .custom
    case .recoveryCode: .recoveryCode
    }
  }
}

extension CorePersistence {
  var api: Persistence {
    switch self {
    case .durable: .durable
    case .memoryOnly: .memoryOnly
    }
  }
}

extension Persistence {
  var ffi: CorePersistence {
    switch self {
    case .durable: .durable
    case .memoryOnly: .memoryOnly
    }
  }
}

extension Gateway {
  var ffi: GatewayOptions { GatewayOptions(url: url, carrier: carrier.ffi, pins: pins?.ffi) }
}

extension Carrier {
  var ffi: CoreCarrier {
    switch self {
    case .cookie: .cookie
    case .fallbackCookies: .fallbackCookies
    case .sessionHeader: .sessionHeader
    case .accessToken: .accessToken
    case .appwriteJWT: .appwriteJwt
    case .appwriteJWTHeader: .appwriteJwtHeader
    }
  }
}

extension CoreUser {
  var api: User { User(id: id, name: name, email: email) }
}

extension CoreAccount {
  var api: Account {
    Account(
      user: user.api, phone: phone, emailVerified: emailVerified, phoneVerified: phoneVerified,
      mfaEnabled: mfaEnabled, labels: labels, preferencesJSON: preferencesJson, registeredAt: date(registeredAtMs))
  }
}

extension CoreSession {
  var api: Session {
    Session(
      id: id, userId: userId, provider: provider, current: current, factors: factors,
      createdAt: date(createdAtMs), expiresAt: date(expiresAtMs), ip: ip, os: os, client: client, device: device,
      country: country)
  }
}

extension CoreMfaChallenge {
  var api: MfaChallenge { MfaChallenge(id: id, expiresAt: date(expiresAtMs)) }
}

func date(_ milliseconds: Int64?) -> Date? {
  milliseconds.map { Date(timeIntervalSince1970: Double($0) / 1000) }
}

/// The error of this API that stands for what the core threw.
func translated(_ error: any Error) -> any Error {
  switch error {
  case CoreError.Failed(
    let code, let text, let retryable, let retryAfterMs, let failureCause, let mayHaveArrived, let status,
    let appwriteType, let reason, let origin, let detail):
    SessionError(
      SessionError.Code(rawValue: code) ?? .internal, text, isRetryable: retryable,
      retryAfter: retryAfterMs.map { Double($0) / 1000 },
      failureCause: failureCause.map { FailureCause(rawValue: $0) ?? .other }, mayHaveArrived: mayHaveArrived,
      status: status.map(Int.init), appwriteType: appwriteType, reason: reason?.api, origin: origin,
      detail: detail)
  case is CancellationError, is SessionError: error
  // A panic. Its message stays where it is: it could hold anything.
  default: SessionError(.internal, "a bug in appwrite-session; please report it")
  }
}

/// Runs `call`, and throws what it throws in the terms of this API.
func translating<T>(_ call: () throws -> T) throws -> T {
  do { return try call() } catch { throw translated(error) }
}

/// Waits for `work`, which goes on to its end when the waiting task is cancelled; the waiter then gets a `CancellationError`.
///
/// The core resumes `work`, which is a detached task, and no task of the app's: those go on where Swift's own executors or the app's
/// put them, and an executor of the app's is never called on the core's one thread.
func waiting<T: Sendable>(for work: @escaping @Sendable () async throws -> T) async throws -> T {
  let (results, continuation) = AsyncThrowingStream<T, any Error>.makeStream()
  Task.detached {
    do {
      continuation.yield(try await work())
      continuation.finish()
    } catch {
      continuation.finish(throwing: translated(error))
    }
  }
  // The stream ends without a result only because of a cancellation.
  for try await result in results { return result }
  throw CancellationError()
}
