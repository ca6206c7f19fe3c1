// Shows the screens of the Swift package for JavaScript. Compiled for apps whose Podfile asks for the screens.

import Foundation
import UIKit

/// The screens of the Swift package, over the app's window.
struct LinkedScreens: ScreenHost {
  var names = AppleNames.ofApp

  func show(_ screen: String, _ input: String) async throws -> String? {
    try await inTurn { try await showInTurn(screen, input) }
  }

  private func showInTurn(_ screen: String, _ input: String) async throws -> String? {
    switch screen {
    case "apple": try await apple(read(input)).map(written)
    case "passkey_get": try await passkey(PasskeyAssertionRequest(options: input))
    case "passkey_create": try await passkey(PasskeyCreationRequest(options: input))
    case "browser": try await browser(read(input)).map(written)
    // `google` is Android's, and what else there is belongs to another release.
    default: throw SessionError(.notSupported)
    }
  }

  /// Once Appwrite has taken a token of Apple, the name that came with it is not kept any more.
  func performed(_ operation: String, _ argumentsJSON: String) {
    guard operation == "signInWithIdToken" || operation == "identities.link",
      let arguments = try? JSONDecoder().decode([String?].self, from: Data(argumentsJSON.utf8)),
      arguments.count > 1, arguments[0] == "apple", let token = arguments[1]
    else { return }
    names.taken(with: token)
  }

  // MARK: The screens

  private struct AppleInput: Decodable { let nonce: String }

  private struct AppleOutput: Encodable {
    let token: String
    let name: String?
    let code: String?
  }

  private struct BrowserInput: Decodable {
    let url: String
    let callbackScheme: String
  }

  private struct BrowserOutput: Encodable { let url: String }

  private func apple(_ input: AppleInput) async throws -> AppleOutput? {
    let screens = try await screens()
    return try await answer(of: .apple) {
      let answer = try await screens.apple(nonce: input.nonce)
      return AppleOutput(token: answer.token, name: names.name(for: answer.token, given: answer.name), code: answer.code)
    }
  }

  private func passkey(_ request: PasskeyAssertionRequest) async throws -> String? {
    guard #available(iOS 16.0, *) else { throw SessionError(.notSupported) }
    let screens = try await screens()
    return try await answer(of: .passkeySignIn) { try await screens.passkey(request) }?.json
  }

  private func passkey(_ request: PasskeyCreationRequest) async throws -> String? {
    guard #available(iOS 16.0, *) else { throw SessionError(.notSupported) }
    let screens = try await screens()
    return try await answer(of: .passkeyRegistration) { try await screens.passkey(request) }?.json
  }

  private func browser(_ input: BrowserInput) async throws -> BrowserOutput? {
    guard let url = URL(string: input.url), let callback = BrowserCallback(url, scheme: input.callbackScheme) else {
      throw SessionError(.notSupported)
    }
    let screens = try await screens()
    return try await answer(of: .browser) {
      BrowserOutput(url: try await screens.browser(url, callback, ephemeral: false).absoluteString)
    }
  }

  /// The screens over the window that the user is in.
  @MainActor private func screens() throws -> AppleScreens {
    let scenes = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }
    let windows = scenes.filter { $0.activationState == .foregroundActive }.flatMap(\.windows)
    guard let window = windows.first(where: \.isKeyWindow) ?? windows.first else { throw SessionError(.interrupted) }
    return AppleScreens(anchor: window)
  }

  // MARK: JSON

  private func read<T: Decodable>(_ input: String) throws -> T {
    // The decoder's error would show the input, which can hold a secret.
    do { return try JSONDecoder().decode(T.self, from: Data(input.utf8)) } catch {
      throw SessionError(.config, "the screen's input is not what the spec says")
    }
  }

  private func written(_ output: some Encodable) throws -> String { String(decoding: try JSONEncoder().encode(output), as: UTF8.self) }
}
