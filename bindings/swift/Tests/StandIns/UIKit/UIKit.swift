// Apple's UIKit, as far as the screens use it: the same names and types. Tests say which windows there are.

import Foundation

@MainActor open class UIResponder: NSObject {}

@MainActor open class UIWindow: UIResponder {
  public var isKeyWindow = false
  public override init() {}
}

@MainActor open class UIScene: UIResponder {
  public enum ActivationState: Int, Sendable {
    case unattached = -1
    case foregroundActive = 0
    case foregroundInactive = 1
    case background = 2
  }
  public var activationState = ActivationState.foregroundActive
}

@MainActor open class UIWindowScene: UIScene {
  public var windows: [UIWindow] = []
  public override init() {}
}

@MainActor open class UIApplication: UIResponder {
  public static let shared = UIApplication()
  public var connectedScenes: Set<UIScene> = []
}
