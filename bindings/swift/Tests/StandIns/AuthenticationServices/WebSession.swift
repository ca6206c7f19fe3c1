import Foundation
import UIKit

@MainActor public protocol ASWebAuthenticationPresentationContextProviding: NSObjectProtocol {
  func presentationAnchor(for session: ASWebAuthenticationSession) -> ASPresentationAnchor
}

public class ASWebAuthenticationSession: NSObject {
  public typealias CompletionHandler = (URL?, (any Error)?) -> Void

  @available(iOS 17.4, macOS 14.4, *)
  public final class Callback: NSObject, Sendable {
    /// What is waited for, for tests.
    public let waitedFor: String
    private init(_ waitedFor: String) { self.waitedFor = waitedFor }
    public static func customScheme(_ customScheme: String) -> Callback { Callback(customScheme) }
    public static func https(host: String, path: String) -> Callback { Callback("https://\(host)\(path)") }
  }

  /// What the user does in the browser: gets the URL that is opened, what is waited for, and whether the browser is ephemeral, and returns
  /// the URL that comes back, or fails with Apple's error.
  @MainActor public static var user: (@MainActor (URL, String, Bool) async throws -> URL)?

  public weak var presentationContextProvider: (any ASWebAuthenticationPresentationContextProviding)?
  public var prefersEphemeralWebBrowserSession = false
  private let url: URL
  private let waitedFor: String
  private nonisolated(unsafe) let completed: CompletionHandler
  private nonisolated(unsafe) var running: Task<Void, Never>?

  public init(url: URL, callbackURLScheme: String?, completionHandler: @escaping CompletionHandler) {
    (self.url, waitedFor, completed) = (url, callbackURLScheme ?? "", completionHandler)
  }

  @available(iOS 17.4, macOS 14.4, *)
  public init(url: URL, callback: Callback, completionHandler: @escaping CompletionHandler) {
    (self.url, waitedFor, completed) = (url, callback.waitedFor, completionHandler)
  }

  @discardableResult public func start() -> Bool {
    nonisolated(unsafe) let provider = presentationContextProvider
    guard provider != nil else {
      completed(nil, ASWebAuthenticationSessionError(.presentationContextNotProvided))
      return false
    }
    let weak = Weak(session: self)
    let (url, waitedFor, ephemeral) = (url, waitedFor, prefersEphemeralWebBrowserSession)
    running = Task { @MainActor in
      let result: Result<URL, any Error>
      do {
        guard let user = Self.user else { throw ASWebAuthenticationSessionError(.presentationContextInvalid) }
        result = .success(try await user(url, waitedFor, ephemeral))
      } catch {
        result = .failure(Task.isCancelled ? ASWebAuthenticationSessionError(.canceledLogin) : error)
      }
      // A session that nothing holds is gone, and so is its browser.
      guard let session = weak.session else { return }
      nonisolated(unsafe) let completed = session.completed
      // On a thread of its own.
      await Task.detached {
        switch result {
        case .success(let url): completed(url, nil)
        case .failure(let error): completed(nil, error)
        }
      }.value
    }
    return true
  }

  public func cancel() { running?.cancel() }

  deinit { running?.cancel() }

  private struct Weak: @unchecked Sendable {
    weak var session: ASWebAuthenticationSession?
  }
}
