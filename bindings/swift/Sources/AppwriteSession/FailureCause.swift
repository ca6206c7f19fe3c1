/// What failed in the network, in TLS or in HTTP. The raw value is the cause's stable name, the same in every language.
public enum FailureCause: String, Sendable, CaseIterable {
  /// The host's name could not be resolved.
  case dns
  /// The host refused the connection: nothing listens on the port.
  case refused
  /// There is no route to the host, or the device has no network.
  case unreachable
  /// An established connection broke, or did not answer any more and was given up.
  case reset
  /// The server's certificate has expired.
  case tlsExpired = "tls_expired"
  /// The server's certificate is not valid yet. The device's clock may be wrong.
  case tlsNotYetValid = "tls_not_yet_valid"
  /// The server's certificate is for another host.
  case tlsWrongHost = "tls_wrong_host"
  /// No trusted authority issued the server's certificate.
  case tlsUnknownIssuer = "tls_unknown_issuer"
  /// The server's certificate was revoked.
  case tlsRevoked = "tls_revoked"
  /// The server's certificate is trusted, and has none of the keys that the app has pinned.
  case tlsPin = "tls_pin"
  /// Something else in the TLS handshake failed.
  case tlsOther = "tls_other"
  /// The proxy asks for credentials, or does not accept those that it got.
  case proxyCredentials = "proxy_credentials"
  /// The proxy refused the connection otherwise.
  case proxyRefused = "proxy_refused"
  /// No connection was established within ``SessionClient/Options/connectTimeout``.
  case timedOutConnect = "timed_out_connect"
  /// No byte moved for ``SessionClient/Options/idleTimeout``.
  case timedOutIdle = "timed_out_idle"
  /// ``SessionClient/Options/totalTimeout``, or the time limit of the one call, passed.
  case timedOutTotal = "timed_out_total"
  /// The answer is not HTTP, or its head has too many or too long headers.
  case `protocol`
  /// The answer's body is longer than the limit for it.
  case tooLarge = "too_large"
  /// A cause that this version does not know.
  case other
}
