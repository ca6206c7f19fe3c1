// What the code of the README needs of Apple's AuthenticationServices, where that is not: the same names and types, and a user who does
// what a test says.

#if !canImport(AuthenticationServices)
  import Foundation

  @MainActor protocol ASWebAuthenticationPresentationContextProviding: AnyObject {}

  @MainActor final class ASWebAuthenticationSession {
    /// The user in the browser: gets the URL that is opened and the scheme that is waited for, and returns the URL that opens the app, or
    /// nil for closing the browser.
    static var user: (@Sendable (URL, String?) async -> URL?)?

    private let (url, scheme): (URL, String?)
    private let completed: (URL?, (any Error)?) -> Void
    weak var presentationContextProvider: (any ASWebAuthenticationPresentationContextProviding)?

    init(url: URL, callbackURLScheme: String?, completionHandler: @escaping (URL?, (any Error)?) -> Void) {
      (self.url, scheme) = (url, callbackURLScheme)
      completed = completionHandler
    }

    @discardableResult func start() -> Bool {
      Task {
        let opened = await Self.user?(url, scheme)
        completed(opened, opened == nil ? CancellationError() : nil)
      }
      return true
    }

    func cancel() {}
  }

  struct ASAuthorization {
    struct Scope: Equatable {
      static let fullName = Scope(name: "full_name")
      static let email = Scope(name: "email")
      let name: String
    }
  }

  final class ASAuthorizationAppleIDRequest {
    var requestedScopes: [ASAuthorization.Scope]?
    var nonce: String?
  }

  struct ASAuthorizationAppleIDCredential {
    var identityToken: Data?
    var fullName: PersonNameComponents?
  }

  struct ASAuthorizationPlatformPublicKeyCredentialAssertion {
    let credentialID: Data
    let rawClientDataJSON: Data
    let rawAuthenticatorData: Data?
    let signature: Data?
    let userID: Data?
  }
#endif
