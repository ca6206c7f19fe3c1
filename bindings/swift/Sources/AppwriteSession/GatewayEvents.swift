import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// A server-sent event.
public struct Event: Sendable, Hashable, CustomReflectable {
  /// The kind of event that the gateway says; `message` if it says none.
  public let kind: String
  /// The id of the last event that had one; empty if none had.
  public let id: String
  /// The text. Lines are separated by a line feed.
  public let data: String

  /// An event of these values, for an app's tests and previews.
  public init(kind: String = "message", id: String = "", data: String) {
    self.kind = kind
    self.id = id
    self.data = data
  }

  /// Shows the kind: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["kind": kind]) }
}

/// The server-sent events of a gateway.
///
/// It is the sequence of the events, for one task at a time. If the stream of an idempotent call ends or breaks, it is asked for again by
/// itself, after the wait that the gateway asks for, with `Last-Event-ID` and the credential of that moment, until the gateway answers with
/// 204. The events of any other call, such as a POST to a language model, end with their stream.
///
/// If asking again fails, as while the device has no network, the iteration throws a ``SessionError``. If that ``SessionError/isRetryable``,
/// the events stay usable: the next iteration goes on from where they broke off, and loses none that the gateway still has.
///
/// ```swift
/// let news = try await session.get("/news").events()
/// while true {
///   do {
///     for try await event in news { print(event.data) }
///     break  // the gateway has no more
///   } catch let error as SessionError where error.isRetryable {
///     print("not connected")  // it waits before it asks again
///   }
/// }
/// ```
///
/// Any other end of an iteration closes the connection and the events for good: their end, another error, `break`, and when the task is
/// cancelled, which throws `CancellationError`. A later iteration is empty. An iteration that has not begun holds the connection for as long as
/// something refers to the events, or until ``close()``.
public final class GatewayEvents: AsyncSequence, Sendable, CustomReflectable {
  /// An event.
  public typealias Element = Event

  private let reader: GatewayEventReader
  /// What the call sends when it is made again.
  private let files: WrittenFiles

  init(_ reader: GatewayEventReader, _ files: WrittenFiles) {
    self.reader = reader
    self.files = files
  }

  /// Closes the connection. An iteration under way ends. Never waits; a second call does nothing.
  public func close() { reader.close() }

  /// Begins an iteration, or goes on after an error that can be tried again.
  public func makeAsyncIterator() -> Iterator { Iterator(reading: Reading(self)) }

  /// Shows nothing of the events.
  public var customMirror: Mirror { Mirror(self, children: [:]) }

  /// Reads the events. Its copies read the same ones, one after another.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    fileprivate let reading: Reading

    /// The next event, or nil when there are no more. After an error that can be tried again, the next call asks for the events again.
    public mutating func next() async throws -> Event? { try await reading.next() }
  }

  /// An iteration under way. Its end closes the events, unless they can be asked for again.
  fileprivate final class Reading: @unchecked Sendable {
    private let events: GatewayEvents
    // Guarded by `lock`, which is why the class may say that it is Sendable.
    private var goesOn = false
    private let lock = NSLock()

    init(_ events: GatewayEvents) { self.events = events }

    deinit { if !goesOn { events.close() } }

    func next() async throws -> Event? {
      let reader = events.reader
      do {
        // The credential of a call that is made again can need the user.
        let next = try await nextOf(needsPresence: true, reader.close) { try await reader.next() }
        lock.withLock { goesOn = false }
        return next.map { Event(kind: $0.kind, id: $0.id, data: $0.data) }
      } catch {
        lock.withLock { goesOn = (error as? SessionError)?.isRetryable ?? false }
        throw error
      }
    }
  }
}
