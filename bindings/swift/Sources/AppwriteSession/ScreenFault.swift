/// Why the platform's screen for a sign-in could not do its work. The raw value is the same in every language.
public enum ScreenFault: String, Sendable, CaseIterable {
  /// The app does not contain the optional module that shows this screen. Add it.
  case notLinked = "not_linked"
  /// This device or this version of its system has no such screen. Offer another way to sign in.
  case notSupported = "not_supported"
  /// The screen has nothing to offer: no account of the provider is on the device, or no passkey for this app. Offer another way.
  case nothingToOffer = "nothing_to_offer"
  /// The app is not set up for it: a missing entitlement, or a missing association with its domain. Mend the set-up.
  case notSetUp = "not_set_up"
  /// It was interrupted or is busy: no screen of the app is in front, or another sign-in is shown. Try again.
  case interrupted

  fileprivate var meaning: String {
    switch self {
    case .notLinked: "the app does not contain the module that shows it"
    case .notSupported: "this device or its system has none"
    case .nothingToOffer: "it has no account or passkey to offer"
    case .notSetUp: "the app is not set up for it"
    case .interrupted: "it was interrupted, or the app is not in front"
    }
  }
}

extension SessionError {
  /// The error of a screen that could not do its work, for code that shows a screen itself.
  public init(_ fault: ScreenFault) {
    self.init(
      .screenFailed, "the platform's screen failed: \(fault.meaning)", isRetryable: fault == .interrupted, detail: fault.rawValue)
  }

  /// The error for a screen whose answer is not used, because somebody else has signed in while it was open.
  public static var otherUser: SessionError {
    SessionError(.superseded, "somebody else has signed in while the screen was open")
  }

  /// The error of a passkey screen that found a passkey of this user on the device, for code that shows a screen itself.
  public static var passkeyExists: SessionError {
    SessionError(.alreadyExists, "the device has a passkey of this user already; sign in with it")
  }
}
