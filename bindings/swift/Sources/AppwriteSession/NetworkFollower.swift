#if canImport(Network)
  import Foundation
  import Network
#endif

/// Says when the device is in another network, until it is stopped or gone. Where there is no Network framework it says nothing.
final class NetworkFollower: @unchecked Sendable {
  #if canImport(Network)
    // Not changed after the start, and can be cancelled on any thread.
    private let monitor = NWPathMonitor()
  #endif

  /// `changed` is called on a queue of its own, and must not wait.
  init(_ changed: @escaping @Sendable () -> Void) {
    #if canImport(Network)
      let last = LastPath()
      monitor.pathUpdateHandler = { if last.isChanged(by: $0) { changed() } }
      monitor.start(queue: DispatchQueue(label: "dev.appwritesession.network"))
    #endif
  }

  deinit { stop() }

  /// Says nothing any more. A second call does nothing.
  func stop() {
    #if canImport(Network)
      monitor.cancel()
    #endif
  }
}

#if canImport(Network)
  /// What was reported last.
  private final class LastPath: @unchecked Sendable {
    // Guarded by `lock`, which is why the class may say that it is Sendable.
    private var path: NWPath?
    private let lock = NSLock()

    /// Whether `path` is another network than the last one. The first path is that of the start, and one without a network is none: its
    /// successor is told.
    func isChanged(by path: NWPath) -> Bool {
      lock.withLock {
        defer { self.path = path }
        guard let last = self.path else { return false }
        return path != last && path.status == .satisfied
      }
    }
  }
#endif
