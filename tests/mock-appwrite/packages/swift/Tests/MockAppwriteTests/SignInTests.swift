import Foundation
import MockAppwrite
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

func signIn(_ endpoint: String, _ project: String) async throws -> Int? {
  var request = URLRequest(url: try #require(URL(string: "\(endpoint)/account/sessions/email")))
  request.httpMethod = "POST"
  request.allHTTPHeaderFields = ["Content-Type": "application/json", "X-Appwrite-Project": project]
  request.httpBody = Data(#"{"email": "ada@example.com", "password": "correct horse"}"#.utf8)
  let (_, response) = try await URLSession.shared.data(for: request)
  return (response as? HTTPURLResponse)?.statusCode
}

@Test func adaSignsIn() async throws {
  let appwrite = try MockAppwrite(profile: "2.7")
  try await appwrite.control("POST", "/users", #"{"email": "ada@example.com", "password": "correct horse"}"#)
  #expect(try await signIn(appwrite.endpoint, appwrite.project) == 201)
}
