#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// The headers that authorize one request which the app sends by itself. They are for the URL that was asked about only.
public struct Authorization: Sendable, CustomReflectable {
  let ffi: CoreAuthorization

  /// The headers with the credential, to be put on the request as they are; for `Cookie`, in place of one that is there.
  public var headers: [(name: String, value: String)] { ffi.headers().map { (name: $0.name, value: $0.value) } }

  /// The id of the user whom the credential names.
  public var userId: String { ffi.userId() }

  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
