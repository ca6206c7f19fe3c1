// The interface for the app's delegate.

import Foundation

/// Takes the URLs that open the app, for sign-ins in the browser that the app did not outlive.
@objc(AppwriteSessionLinks)
public final class AppwriteSessionLinks: NSObject {
  /// Keeps `url` until JavaScript takes it. Call it from the function of the app's delegate or scene delegate that opens URLs, on any thread.
  /// It is kept in memory, and a later one takes its place. It needs not be a URL of a sign-in.
  @objc(open:)
  public static func open(_ url: URL) { OpenedURL.ofProcess.put(url) }
}
