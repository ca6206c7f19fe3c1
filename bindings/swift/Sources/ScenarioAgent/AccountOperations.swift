// The operations of the accounts by their names, each with the one method of the API that it stands for.

import AppwriteSession
import Foundation

enum AccountOperations {
  typealias Observe = @Sendable (SessionClient) -> Void
  typealias Perform = @Sendable (Accounts, Arguments, Observe) async throws -> Any

  /// `Observe` gets the client that the operation returns.
  static let all: [String: Perform] = [
    "list": { accounts, _, _ in try await accounts.list().map(shown) },
    "current": { accounts, _, observe in id(try await accounts.current(), observe) },
    "client": { accounts, of, observe in id(try await accounts.client(of.text(0)), observe) },
    "add": { accounts, _, observe in id(try await accounts.add(), observe) },
    "switchTo": { accounts, of, observe in id(try await accounts.switchTo(of.text(0)), observe) },
    "completeOAuth2": { accounts, of, observe in
      let (client, outcome) = try await accounts.completeOAuth2(try of.url(0))
      return ["id": id(client, observe), "outcome": shown(outcome)]
    },
    "signOut": { accounts, of, _ in done(try await accounts.signOut(of.text(0))) },
    "signOutOfAll": { accounts, _, _ in done(try await accounts.signOutOfAll()) },
  ]

  private static func id(_ client: SessionClient, _ observe: Observe) -> String {
    observe(client)
    return client.accountSlot
  }
}
