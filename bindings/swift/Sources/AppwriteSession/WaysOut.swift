import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// Which keys a server may have, in addition to the usual judgement of its certificates.
///
/// A server with another key is not sent anything: the call fails with a ``SessionError`` with the code `untrusted` and the cause
/// ``FailureCause/tlsPin``, and nobody is signed out by that.
public struct Pins: Sendable, Hashable {
  let pins: [String]
  let until: Date?

  /// Pins for one server. What is wrong with them is said when the client is made.
  ///
  /// - Parameters:
  ///   - pins: Such as `sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=`: at least two, of which one is the backup.
  ///   - until: Until when they are enforced. Always if not set.
  public init(_ pins: [String], until: Date? = nil) {
    self.pins = pins
    self.until = until
  }

  var ffi: PinOptions {
    PinOptions(pins: pins, until: until.map { UInt64(clamping: Int64(max(0, min($0.timeIntervalSince1970, 1e12)) * 1000)) })
  }
}

/// The proxy that all requests of a client go through, but those to this machine.
///
/// If it does not accept the credentials, or refuses a connection otherwise, calls fail with a ``SessionError`` with the code `proxy`; see
/// ``FailureCause/proxyCredentials`` and ``FailureCause/proxyRefused``.
public struct Proxy: Sendable, CustomReflectable {
  let ffi: CoreProxy

  /// The proxy at `url`, which has the scheme `http` or `https`. What is wrong with the text is said when the client is made.
  public init(_ url: String) { ffi = CoreProxy.at(url: url) }

  private init(ffi: CoreProxy) { self.ffi = ffi }

  /// The proxy that the environment names when the client is made: `https_proxy` or `all_proxy`, also in capitals, except for the hosts in
  /// `no_proxy`. For programs on desktops and servers: an app on a phone has no such variables, and the settings of the system are not read.
  public static var environment: Proxy { Proxy(ffi: CoreProxy.environment()) }

  /// This proxy with a user name and a password.
  public func credentials(user: String, password: String) -> Proxy {
    Proxy(ffi: ffi.withCredentials(user: user, password: password))
  }

  /// Shows nothing: the URL and the credentials can be secret.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
