// What the sample app shows and does, without a word of SwiftUI, so that tests play it where there is none.

import AppwriteSession
import Observation

/// The state decides which screen is shown; the buttons only call the client.
@available(iOS 17, macOS 14, *)
@MainActor @Observable
public final class SampleModel {
  /// Where the user stands.
  public private(set) var state: SessionState
  /// What the gateway said, while somebody is signed in.
  public private(set) var orders = ""
  /// What went wrong last, as what to do about it; empty if nothing did.
  public private(set) var message = ""
  /// Whether a code was asked for and can be answered.
  public var awaitsCode: Bool { challenge != nil }

  private var challenge: MfaChallenge?
  private let session: SessionClient
  private let page: String

  /// The model of an app with this session, whose gateway tells the orders at `page`.
  public init(_ session: SessionClient, page: String = "/orders") {
    self.session = session
    self.page = page
    state = session.state
  }

  /// Follows the session until it is closed. One task of the app's does this.
  public func follow() async {
    for await state in session.states {
      self.state = state
      if case .mfaRequired = state {} else { challenge = nil }
      if case .signedIn = state {} else { orders = "" }
    }
  }

  /// Retries pending work, such as reading a locked store. To be called whenever the app comes to the foreground.
  public func resume() async { await attempt { try await self.session.resume() } }

  /// The first button of the sign-in screen.
  public func signIn(email: String, password: String) async {
    await attempt { try await self.session.signIn(email: email, password: password) }
  }

  /// Asks for a code of the second factor.
  public func ask(_ factor: Factor) async {
    await attempt { self.challenge = try await self.session.createMfaChallenge(factor) }
  }

  /// Answers with the code that was asked for.
  public func answer(_ code: String) async {
    guard let challenge else { return }
    await attempt { try await self.session.completeMfaChallenge(challenge, code: code) }
  }

  /// Gets the orders from the app's gateway.
  public func showOrders() async {
    await attempt {
      let response = try await self.session.get(self.page).response()
      if response.status == 200 { self.orders = response.text } else { self.message = "The gateway said \(response.status)." }
    }
  }

  /// Signs out, with or without a network.
  public func signOut() async { await attempt { try await self.session.signOut() } }

  private func attempt(_ work: () async throws -> Void) async {
    message = ""
    do {
      try await work()
    } catch let error as SessionError {
      message = text(error)
    } catch {
      // The screen that asked is gone.
    }
  }

  private func text(_ error: SessionError) -> String {
    switch error.code {
    case .invalidCredentials: "E-mail or password is wrong."
    case .invalidToken: "The code is wrong. Ask for a new one."
    case .storageLocked: "Unlock your phone to go on."
    case .rateLimited: "Wait \(error.retryAfter.map { "\(Int($0)) seconds" } ?? "a while")."
    default: error.isRetryable ? "Try again later." : "That did not work (\(error.code.rawValue))."
    }
  }
}
