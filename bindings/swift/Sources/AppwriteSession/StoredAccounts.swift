// What the accounts of a device are.

/// An account that somebody has signed in to on this device.
public struct StoredAccount: Sendable, Hashable, Identifiable {
  /// Its id on this device: the ``SessionClient/accountSlot`` of its client.
  public let id: String
  /// Who it is, as of the last sign-in or change here.
  public let user: User
  /// Whether the app uses it now.
  public let isCurrent: Bool

  /// An account, for previews and tests.
  public init(id: String, user: User, isCurrent: Bool = false) {
    self.id = id
    self.user = user
    self.isCurrent = isCurrent
  }
}

/// The accounts of the device, and which one the app uses.
public struct AccountsState: Sendable, Hashable {
  /// Counts the changes of one ``Accounts``; 1 is what the store had.
  public let number: Int
  /// The accounts that somebody has signed in to, in the order in which they were added.
  public let accounts: [StoredAccount]
  /// The id of the account that the app uses. It is not in the list while nobody has signed in to it; nil if there is none yet.
  public let current: String?

  /// A state, for previews and tests.
  public init(number: Int, accounts: [StoredAccount], current: String?) {
    self.number = number
    self.accounts = accounts
    self.current = current
  }
}
