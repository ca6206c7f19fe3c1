import Foundation

#if canImport(AppwriteSessionBindings)
  internal import AppwriteSessionBindings
#endif

/// A form (`multipart/form-data`), whose fields are sent in the order in which they were added.
///
/// ```swift
/// let form = Multipart().text("title", "Summer").file("photo", UploadFile(photo, contentType: "image/jpeg"))
/// ```
public struct Multipart: Sendable, CustomReflectable {
  private enum Content: Sendable {
    case text(String)
    case bytes(Data, fileName: String, contentType: String)
    case file(UploadFile)
  }

  private var fields: [(name: String, content: Content)] = []

  /// A form without fields.
  public init() {}

  /// This form with a text.
  public func text(_ name: String, _ text: String) -> Multipart { with(name, .text(text)) }

  /// This form with bytes, as if they were a file of that name.
  public func bytes(_ name: String, _ bytes: Data, fileName: String, contentType: String) -> Multipart {
    with(name, .bytes(bytes, fileName: fileName, contentType: contentType))
  }

  /// This form with a file, which is read when the form is sent.
  public func file(_ name: String, _ file: UploadFile) -> Multipart { with(name, .file(file)) }

  private func with(_ name: String, _ content: Content) -> Multipart {
    var form = self
    form.fields.append((name, content))
    return form
  }

  func ffi(_ files: WrittenFiles) async throws -> [FormField] {
    var sent: [FormField] = []
    for (name, content) in fields { sent.append(FormField(name: name, content: try await Self.ffi(content, files))) }
    return sent
  }

  private static func ffi(_ content: Content, _ files: WrittenFiles) async throws -> FormContent {
    switch content {
    case .text(let text): .text(text: text)
    case .bytes(let bytes, let fileName, let contentType): .bytes(fileName: fileName, contentType: contentType, bytes: bytes)
    case .file(let file): .file(file: try await file.ffi(files))
    }
  }

  /// Shows how many fields there are: the rest is the app's data, and can hold anything.
  public var customMirror: Mirror { Mirror(self, children: ["fields": fields.count]) }
}
