import Foundation

/// Who is signed in: the part of the account that is kept with the session, for the first screen after a cold start.
public struct User: Sendable, Hashable, Codable, Identifiable {
  /// The user's id.
  public let id: String
  /// The name; empty if none was given.
  public let name: String
  /// The e-mail address; nil for an anonymous user.
  public let email: String?

  /// A user of these values, for an app's tests and previews.
  public init(id: String, name: String = "", email: String? = nil) {
    self.id = id
    self.name = name
    self.email = email
  }
}

/// The account of the signed-in user.
public struct Account: Sendable, Hashable, Codable, Identifiable {
  /// The id of its user.
  public var id: String { user.id }
  /// Who it is.
  public let user: User
  /// The phone number, if there is one.
  public let phone: String?
  /// Whether the e-mail address is verified.
  public let emailVerified: Bool
  /// Whether the phone number is verified.
  public let phoneVerified: Bool
  /// Whether a second factor is asked for at sign-in.
  public let mfaEnabled: Bool
  /// Labels that the app's servers gave the user.
  public let labels: [String]
  /// The user's preferences, as a JSON object.
  public let preferencesJSON: String
  /// When the user signed up.
  public let registeredAt: Date?

  /// An account of these values, for an app's tests and previews.
  public init(
    user: User, phone: String? = nil, emailVerified: Bool = false, phoneVerified: Bool = false, mfaEnabled: Bool = false,
    labels: [String] = [], preferencesJSON: String = "{}", registeredAt: Date? = nil
  ) {
    self.user = user
    self.phone = phone
    self.emailVerified = emailVerified
    self.phoneVerified = phoneVerified
    self.mfaEnabled = mfaEnabled
    self.labels = labels
    self.preferencesJSON = preferencesJSON
    self.registeredAt = registeredAt
  }
}

/// One session of the signed-in user, on this device or another.
public struct Session: Sendable, Hashable, Codable, Identifiable {
  /// The session's id: a name, not a credential.
  public let id: String
  /// The id of its user.
  public let userId: String
  /// How it was created: `email`, `anonymous`, `token`, an OAuth2 provider's name.
  public let provider: String
  /// Whether it is the session of this device.
  public let current: Bool
  /// The factors that its user has completed.
  public let factors: [String]
  /// When it was created.
  public let createdAt: Date?
  /// When it ends unless it is extended. Appwrite is the judge, not the device's clock.
  public let expiresAt: Date?
  /// The address that it was created from.
  public let ip: String
  /// The operating system's name, as Appwrite reads the user agent; empty if unknown.
  public let os: String
  /// The client's name, likewise.
  public let client: String
  /// The device's name, likewise.
  public let device: String
  /// The country, as Appwrite reads the address; empty if unknown.
  public let country: String

  /// A session of these values, for an app's tests and previews.
  public init(
    id: String, userId: String, provider: String = "email", current: Bool = false, factors: [String] = [],
    createdAt: Date? = nil, expiresAt: Date? = nil, ip: String = "", os: String = "", client: String = "",
    device: String = "", country: String = ""
  ) {
    self.id = id
    self.userId = userId
    self.provider = provider
    self.current = current
    self.factors = factors
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.ip = ip
    self.os = os
    self.client = client
    self.device = device
    self.country = country
  }
}

/// A challenge that waits for its code.
public struct MfaChallenge: Sendable, Hashable, Codable, Identifiable {
  /// The challenge's id.
  public let id: String
  /// When it can no longer be answered.
  public let expiresAt: Date?

  /// The challenge of that id, for an app that was restarted between challenge and code.
  public init(id: String, expiresAt: Date? = nil) {
    self.id = id
    self.expiresAt = expiresAt
  }
}

/// How the credential travels to a gateway. Exactly one is sent.
public enum Carrier: Sendable, Hashable {
  /// `Cookie: a_session_<project>=…`, what Appwrite itself sets.
  case cookie
  /// `X-Fallback-Cookies: {"a_session_<project>":"…"}`, for a gateway behind something that drops or rewrites cookies.
  case fallbackCookies
  /// `X-Appwrite-Session: …`, the plainest to pass on.
  case sessionHeader
  /// `Authorization: Bearer …` with an access token that the gateway issues (`POST /_gateway/token`) and that microservices verify without
  /// asking anybody. The credential itself goes to the gateway only to get a token, some five minutes apart. Tokens are in memory only, and
  /// are renewed unseen. If none can be had, the call fails; nothing else is sent in its place.
  case accessToken
  /// `Authorization: Bearer …` with a JWT that Appwrite makes for the session and that lives for 15 minutes, for a gateway that asks
  /// Appwrite about it. Otherwise as ``accessToken``.
  case appwriteJWT
  /// `X-Appwrite-JWT: …`; otherwise as ``appwriteJWT``.
  case appwriteJWTHeader
}

/// One of the app's own gateways: an origin such as `"https://api.example.com"`, and how the credential travels to it.
public struct Gateway: Sendable, Hashable, ExpressibleByStringLiteral {
  let url: String
  let carrier: Carrier
  let pins: Pins?

  /// The gateway at `url`. What is wrong with the text is said when the client is made.
  ///
  /// - Parameters:
  ///   - url: Its origin, such as `https://api.example.com`.
  ///   - carrier: How the credential travels to it.
  ///   - pins: Which keys its server may have, in addition to the usual judgement of its certificates.
  public init(_ url: String, carrier: Carrier = .cookie, pins: Pins? = nil) {
    self.url = url
    self.carrier = carrier
    self.pins = pins
  }

  /// The gateway at this URL, with the credential in a cookie.
  public init(stringLiteral url: String) {
    self.init(url)
  }
}
