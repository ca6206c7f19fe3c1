// Reads the calls of gateways.

import Foundation

extension SessionClient {
  /// The call that `NativeRequest` describes. `observe` gets its transfers if it is observed.
  ///
  /// - Throws: ``SessionError`` with the code `config` if what should be base64 is not, or if a URI is not one of a file.
  func request(_ fields: Fields, observe: @escaping @Sendable (Transfer) -> Void) throws -> GatewayRequest {
    var request = request(fields.text("method"), fields.text("target"))
    for header in fields.objects("headers") { request.addHeader(header.text("name"), header.text("value")) }
    if fields.has("form") {
      request = request.multipart(try fields.objects("form").reduce(Multipart()) { try $0.adding($1) })
    } else if let file = fields.object("file") {
      request = request.file(try uploadFile(file))
    } else {
      request.body = try content(fields)
    }
    request.timeout = fields.seconds("timeoutMs")
    request.isIdempotent = fields.flag("idempotent")
    request.responseLimit = fields.count("responseLimit")
    return fields.flag("observed") ? request.onProgress(observe) : request
  }
}

extension Multipart {
  /// This form with the field that `NativeField` describes.
  fileprivate func adding(_ field: Fields) throws -> Multipart {
    let name = field.text("name")
    if let file = field.object("file") { return self.file(name, try uploadFile(file)) }
    let content = try content(field)
    guard let fileName = field.optional("fileName") else { return text(name, String(decoding: content, as: UTF8.self)) }
    return bytes(name, fileName: fileName, contentType: field.text("contentType"), content)
  }
}

/// The file that `NativeFile` describes.
private func uploadFile(_ fields: Fields) throws -> UploadFile {
  guard let url = URL(string: fields.text("uri")), url.isFileURL else {
    throw SessionError(.config, "a file needs a file:// URI; copy what has another one to a file of the app first")
  }
  var file = UploadFile(url)
  file.name = fields.optional("name") ?? file.name
  file.contentType = fields.optional("type") ?? file.contentType
  return file
}

/// The body in an object of the spec.
private func content(_ fields: Fields) throws -> Data {
  guard fields.flag("bodyIsBase64") else { return Data(fields.text("body").utf8) }
  guard let bytes = Data(base64Encoded: fields.text("body")) else { throw SessionError(.config, "the body is not base64") }
  return bytes
}
