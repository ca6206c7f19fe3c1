import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

extension GatewayRequest {
  /// Sends the request with the credential, and reads the whole answer. Every HTTP status is an answer, not an error.
  ///
  /// A 401 is arbitrated first: Appwrite is asked, once for all calls, whether the session lives. If it does, the gateway's 401 is
  /// returned as it is. Cancelling the task aborts the request and throws `CancellationError`; the session is not touched by that.
  ///
  /// - Throws: ``SessionError`` with the code `originNotAllowed`, `config`, `signedOut`, `mfaRequired` or `storageLocked` before
  ///   anything was sent; with `fileFailed` if a file of the body cannot be read; or with one of the network's, see
  ///   ``SessionError/failureCause``. What an ``UploadFile`` that is written first throws is thrown as it is.
  public func response() async throws -> GatewayResponse { GatewayResponse(try await perform { try await $0.send() }.result) }

  /// Sends the request, and reads the body of a successful answer as JSON.
  ///
  /// - Throws: as ``response()`` and ``GatewayResponse/decoded(_:by:)``.
  public func decoded<T: Decodable>(_ type: T.Type = T.self, by decoder: JSONDecoder = JSONDecoder()) async throws -> T {
    try await response().decoded(type, by: decoder)
  }

  /// Sends the request, and returns when the head of the answer is there. The body of a success (2xx) is read from what is returned, chunk by
  /// chunk.
  ///
  /// Unless ``timeout`` is set, which then limits the whole, the time is limited for the head, and after that only between two chunks, by
  /// ``SessionClient/Options/idleTimeout``. ``responseLimit`` does not apply, because nothing of the body is held. Cancelling the task is as
  /// with ``response()``.
  ///
  /// - Throws: as ``response()``.
  public func stream() async throws -> GatewayStream { GatewayStream(try await perform { try await $0.open() }.result) }

  /// Asks for server-sent events (`text/event-stream`), and returns when they begin. Otherwise as ``stream()``.
  ///
  /// - Throws: as ``response()``; and ``SessionError`` with the code `unexpectedStatus` if the status is not 2xx, and with
  ///   `invalidResponse` if the answer is of another content type.
  public func events() async throws -> GatewayEvents {
    // Its files are sent again when the events are asked for again.
    let (reader, files) = try await perform { try await $0.events() }
    return GatewayEvents(reader, files)
  }

  /// Sends the request, and writes the body of a success (2xx) to the file at `file`, in place of one that is there. The body of any other
  /// answer is in what is returned, and nothing is written.
  ///
  /// The file appears when it is whole. Until then the bytes are in a hidden file beside it, which is removed if the download fails or is
  /// cancelled. If the connection breaks, the download of an idempotent request goes on where the gateway allows it (`ETag` or
  /// `Last-Modified`, and `Range`); it begins again otherwise. Time limits are those of ``stream()``.
  ///
  /// - Parameter file: A file URL, in a folder that exists.
  /// - Throws: as ``response()``; and ``SessionError`` with the code `fileFailed` if the file cannot be written, and with `config` if `file`
  ///   is no file URL.
  @discardableResult
  public func download(to file: URL) async throws -> GatewayResponse {
    let path = try filePath(of: file)
    return GatewayResponse(try await perform { try await $0.download(path: path) }.result)
  }

  /// Does `work` with a call for this request. What it gives needs the files as long as it sends.
  private func perform<T: Sendable>(
    _ work: @escaping @Sendable (GatewayCall) async throws -> T?
  ) async throws -> (result: T, files: WrittenFiles) {
    try Callbacks.refuse(needsPresence: true)
    let files = WrittenFiles()
    let options = try await options(files)
    let call = try translating { try client.request(options: options) }
    let observing = observer.map { observer in
      // Detached, so that no executor of the app's is called by the core.
      Task.detached { while let transfer = await call.progress() { observer(transfer.api) } }
    }
    let result: Result<T?, any Error>
    do {
      result = .success(
        try await withTaskCancellationHandler {
          try await waiting(for: { try await work(call) })
        } onCancel: {
          call.cancel()
        })
    } catch {
      result = .failure(error)
    }
    // The news end with the call.
    await observing?.value
    // Nothing comes back only from a call that was cancelled, and this one is cancelled by its task alone.
    guard let result = try result.get() else { throw CancellationError() }
    return (result, files)
  }

  private func options(_ files: WrittenFiles) async throws -> GatewayRequestOptions {
    GatewayRequestOptions(
      method: method, target: target, headers: headers.map { CoreHeader(name: $0.name, value: $0.value) },
      body: try await content.ffi(files), timeoutMs: timeout.map(milliseconds), repeatable: isIdempotent,
      responseLimit: responseLimit.map { UInt64(clamping: max(0, $0)) }, observed: observer != nil)
  }
}

extension GatewayRequest.Content {
  fileprivate func ffi(_ files: WrittenFiles) async throws -> GatewayBody {
    switch self {
    case .bytes(let data): .bytes(bytes: data)
    case .file(let file): .file(file: try await file.ffi(files))
    case .form(let form): .form(fields: try await form.ffi(files))
    }
  }
}

extension GatewayResponse {
  init(_ reply: GatewayReply) {
    self.init(
      url: reply.url, isRedirected: reply.redirected, status: Int(reply.status), headers: reply.headers.map { ($0.name, $0.value) },
      data: reply.body)
  }
}
