#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// How far a body of a call has come; see ``GatewayRequest/onProgress(_:)``.
///
/// Bytes that are sent are counted when they are handed to the connection, which buffers some. A call that is sent again, such as after a
/// broken connection, begins again at zero. Bytes that are received are counted when they are written to the file.
public struct Transfer: Sendable, Hashable {
  /// Which body of a call.
  public enum Direction: String, Sendable, Hashable, CaseIterable {
    /// The body of the request.
    case up
    /// The body of the answer.
    case down
  }

  /// Which body.
  public let direction: Direction
  /// How many bytes have come so far.
  public let bytes: Int
  /// How many there are in all, if that is known.
  public let total: Int?

  /// A transfer of these values, for an app's tests and previews.
  public init(direction: Direction, bytes: Int, total: Int? = nil) {
    self.direction = direction
    self.bytes = bytes
    self.total = total
  }
}

extension CoreTransfer {
  var api: Transfer {
    Transfer(direction: direction == .up ? .up : .down, bytes: Int(clamping: bytes), total: total.map { Int(clamping: $0) })
  }
}
