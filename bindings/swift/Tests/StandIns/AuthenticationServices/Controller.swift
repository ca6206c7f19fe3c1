// Apple's AuthenticationServices, as far as the screens use it: the same names, types and isolation, so that the code for Apple's
// platforms is compiled and run where there is no such framework. Beside that, `user` of both classes is what the user does.

import Foundation
import UIKit

public typealias ASPresentationAnchor = UIWindow

@MainActor public protocol ASAuthorizationControllerDelegate: NSObjectProtocol {
  // Optional for Apple, who does not call what is spelled otherwise; here the compiler finds it.
  func authorizationController(controller: ASAuthorizationController, didCompleteWithAuthorization authorization: ASAuthorization)
  func authorizationController(controller: ASAuthorizationController, didCompleteWithError error: any Error)
}

@MainActor public protocol ASAuthorizationControllerPresentationContextProviding: NSObjectProtocol {
  func presentationAnchor(for controller: ASAuthorizationController) -> ASPresentationAnchor
}

public protocol ASAuthorizationProvider: NSObjectProtocol {}

public protocol ASAuthorizationCredential: NSObjectProtocol {}

open class ASAuthorizationRequest: NSObject {
  public let provider: any ASAuthorizationProvider
  init(_ provider: any ASAuthorizationProvider) { self.provider = provider }
}

public class ASAuthorization: NSObject {
  public struct Scope: RawRepresentable, Equatable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let fullName = Scope(rawValue: "full_name")
    public static let email = Scope(rawValue: "email")
  }
  public let credential: any ASAuthorizationCredential
  init(_ credential: any ASAuthorizationCredential) { self.credential = credential }
}

public class ASAuthorizationController: NSObject {
  /// What the user does with a request over a window: answers, or fails with Apple's error. A screen that is closed cancels its task.
  @MainActor public static var user: (@MainActor (ASAuthorizationRequest, UIWindow) async throws -> any ASAuthorizationCredential)?

  public let authorizationRequests: [ASAuthorizationRequest]
  public weak var delegate: (any ASAuthorizationControllerDelegate)?
  public weak var presentationContextProvider: (any ASAuthorizationControllerPresentationContextProviding)?
  // Of the main actor, as the callers are.
  private nonisolated(unsafe) var running: Task<Void, Never>?

  public init(authorizationRequests: [ASAuthorizationRequest]) { self.authorizationRequests = authorizationRequests }

  public func performRequests() {
    nonisolated(unsafe) let controller = self
    running = Task { @MainActor in
      let result: Result<any ASAuthorizationCredential, any Error>
      do {
        guard let user = Self.user, let window = controller.presentationContextProvider?.presentationAnchor(for: controller),
          let request = controller.authorizationRequests.first
        else { throw ASAuthorizationError(.notInteractive) }
        result = .success(try await user(request, window))
      } catch {
        result = .failure(Task.isCancelled ? ASAuthorizationError(.canceled) : error)
      }
      switch result {
      case .success(let credential):
        controller.delegate?.authorizationController(
          controller: controller, didCompleteWithAuthorization: ASAuthorization(credential))
      case .failure(let error): controller.delegate?.authorizationController(controller: controller, didCompleteWithError: error)
      }
    }
  }

  @available(iOS 16.0, macOS 13.0, *)
  public func cancel() { running?.cancel() }
}
