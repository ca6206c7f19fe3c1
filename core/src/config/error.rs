//! Why a configuration or an argument cannot work, and what to write instead.

/// Why a configuration cannot work, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is not a URL.
    #[error("the {what} is not a URL; write it as {example}")]
    NotAUrl {
        /// What was configured: `endpoint`, `gateway`, `callback` or `request URL`.
        what: &'static str,
        /// How it should look.
        example: &'static str,
    },
    /// The scheme is not https, and the host is not this machine.
    #[error(
        "the {what} must begin with https:// (http:// only for localhost, 127.0.0.1 and [::1]): {origin}"
    )]
    Insecure {
        /// What was configured.
        what: &'static str,
        /// The origin that was refused.
        origin: String,
    },
    /// The URL holds a user name or password.
    #[error("the {what} must not hold a user name or password; sign in through the client instead")]
    UserInfo {
        /// What was configured.
        what: &'static str,
    },
    /// The endpoint's path does not end in `/v1`, or a query or fragment follows.
    #[error(
        "the endpoint must end in /v1, with nothing after it; write it as https://fra.cloud.appwrite.io/v1"
    )]
    EndpointPath,
    /// The gateway is more than an origin.
    #[error("a gateway is an origin without path or query; write {origin} and put the path into the call")]
    GatewayPath {
        /// The origin to write.
        origin: String,
    },
    /// The project id cannot be one.
    #[error(
        "the project id is malformed; copy it from the project's settings (letters, digits, '.', '_' and '-', at most 36, \
         beginning with a letter or digit)"
    )]
    ProjectId,
    /// An id that was passed to a call cannot be one. Nothing was sent.
    #[error(
        "the {what} id is malformed; pass it as Appwrite gave it (letters, digits, '.', '_' and '-', at most 36, not dots alone)"
    )]
    Id {
        /// What it is the id of, such as `session`, `user` or `challenge`.
        what: &'static str,
    },
    /// The ID token cannot be one. Nothing was sent.
    #[error(
        "the ID token is empty or longer than 8,192 characters; pass the JWT of the provider's sign-in screen"
    )]
    IdToken,
    /// The name of the OAuth2 provider cannot be one. Nothing was sent.
    #[error(
        "the name of the OAuth2 provider is malformed; write it as Appwrite does, for example \"github\""
    )]
    Provider,
    /// What the passkey screen answered is no JSON object. Nothing was sent.
    #[error("the answer of the passkey screen is no JSON object; pass its JSON unchanged")]
    PasskeyAnswer,
    /// There is no account of that id on this device.
    #[error("there is no account of that id on this device; take one from the list of accounts")]
    NoAccount,
    /// There is no operation of that name.
    #[error("there is no operation of that name; the library and what calls it are of different versions")]
    Operation,
    /// The arguments of an operation are not its own. Nothing was sent.
    #[error("the arguments are not those of the operation; look at its documentation")]
    Arguments,
    /// The cookie's name would not be found by Appwrite for this project id.
    #[error(
        "Appwrite cannot match a cookie for a project id with capitals or dots; give the gateway the carrier for fallback \
         cookies, or the one for the session header"
    )]
    CookieUnusable,
    /// The account slot is empty, too long or holds other than letters, digits, `-` and `_`.
    #[error("the account slot is malformed; use up to 64 letters, digits, '-' and '_', for example \"work\"")]
    AccountSlot,
    /// The limit for an answer is zero.
    #[error("the limit for an answer must be longer than zero bytes; leave it out for the default")]
    ZeroLimit,
    /// A timeout is zero.
    #[error("a timeout must be longer than zero; leave it out for the default")]
    ZeroTimeout,
    /// The same gateway was given twice.
    #[error("the gateway {origin} is configured twice; keep one")]
    DuplicateGateway {
        /// The origin.
        origin: String,
    },
    /// A path was requested, and there is no gateway that it could be of.
    #[error(
        "the call has a path only, and no gateway is configured; give the client a gateway such as https://api.example.com"
    )]
    NoGateway,
    /// The root certificate is not PEM.
    #[error("the root certificate is not PEM; give the text between and including the BEGIN and END lines")]
    RootCertificate,
    /// A certificate pin is malformed.
    #[error(
        "a certificate pin is malformed; write it as sha256/ and the base64 of the SHA-256 hash of the certificate's public key \
         (SubjectPublicKeyInfo), 44 characters"
    )]
    Pin,
    /// An origin has fewer than two different pins.
    #[error(
        "the pins of {origin} have no backup; give at least two different ones, of which one belongs to a key that is kept in \
         reserve, or no version of the app that is in use works any more when the server's key is replaced"
    )]
    NoBackupPin {
        /// The origin.
        origin: String,
    },
    /// Pins were given for an origin without TLS.
    #[error(
        "{origin} has pins and no TLS that they could be checked in; leave the pins out, or write https://"
    )]
    PinsWithoutTls {
        /// The origin.
        origin: String,
    },
    /// Appwrite and a gateway have the same origin, and pins were given for both.
    #[error("the pins of {origin} are given twice, for Appwrite and for a gateway; keep one")]
    PinnedTwice {
        /// The origin.
        origin: String,
    },
    /// The URL of the proxy is malformed, holds a user name, or has another scheme.
    #[error(
        "the proxy must be http:// or https:// with a host and a port, such as http://proxy.example.com:3128; give a user name and \
         password beside it"
    )]
    Proxy,
    /// The credentials for the proxy cannot be sent.
    #[error("the proxy's user name must have no ':', and neither it nor the password a control character")]
    ProxyCredentials,
    /// A proxy is given, and a server beyond it is named by an IPv6 address.
    #[error(
        "{origin} is an IPv6 address, which this library cannot reach through a proxy; give the server's name"
    )]
    Ipv6BehindProxy {
        /// The origin of Appwrite or of the gateway.
        origin: String,
    },
    /// The TLS library could not be set up, for example because the platform's trust store could not be read.
    #[error("TLS could not be set up with this platform's trusted certificates")]
    Tls,
    /// On Android: nobody said how servers are trusted.
    #[error(
        "Android's certificate store can be asked through the host only; initialise this library with the app's context \
         first, or give the client a server trust"
    )]
    NoServerTrust,
    /// The method of the call is malformed. In Rust the type of the method prevents it.
    #[error("the method of a gateway call is malformed; write GET, POST, PUT, PATCH or DELETE")]
    Method,
    /// A header of the call is malformed.
    #[error(
        "the header {name:?} of a gateway call is malformed; a name has letters, digits and '-', a value has no line break"
    )]
    Header {
        /// The header's name.
        name: String,
    },
    /// A header of the call is one that the client sets itself.
    #[error(
        "the header {name:?} cannot be set on a gateway call; the client attaches the credential, and what HTTP needs, by itself"
    )]
    ReservedHeader {
        /// The header's name.
        name: String,
    },
    /// The header `Content-Length` of the call is not the length of its body.
    #[error(
        "the header Content-Length of a gateway call is not the length of its body; leave it out, the client sets it by itself"
    )]
    ContentLength,
    /// The URL of the call is too long for any HTTP library.
    #[error("the request URL is longer than 65,534 bytes; send long data in the body")]
    UrlTooLong,
    /// The URL of the call is that of a WebSocket.
    #[error(
        "the request URL begins with ws:// or wss://; a gateway call is for http and https only. Open the WebSocket with its own \
         client, and give it the headers of authorize for this URL"
    )]
    WebSocket,
    /// The body could not be turned into JSON.
    #[error("the body cannot be written as JSON; use string keys and finite numbers")]
    Body,
    /// This platform has no secure store that the crate knows, and none was given.
    #[error(
        "there is no secure store for this platform; give the client a store, or on Android initialise this library with the \
         app's context first"
    )]
    NoStore,
    /// The client may only read the session.
    #[error(
        "this client may only read the session; sign in and out in the app itself, with a client that is not read-only"
    )]
    ReadOnly,
    /// The client was built outside a tokio runtime.
    #[error("the client must be built inside a tokio runtime; call build() from async code")]
    NoRuntime,
    /// This build of the library has no sockets, and no host was given.
    #[error(
        "this build has no sockets of its own; give the builder a host, or switch the feature \"sockets\" on"
    )]
    NoHost,
}
