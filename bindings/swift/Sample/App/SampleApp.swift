// The sample app for iOS: one screen for each state of the session. To be put into an app project beside the model.

#if canImport(SwiftUI)
  import AppwriteSession
  import SessionSample
  import SwiftUI

  @main
  struct SampleApp: App {
    // A configuration that cannot work fails at the first start.
    // swift-format-ignore: NeverUseForceTry
    @State private var model = SampleModel(
      try! SessionClient(
        endpoint: "https://fra.cloud.appwrite.io/v1", project: "my-project", gateways: ["https://api.example.com"]))
    @Environment(\.scenePhase) private var phase

    var body: some Scene {
      WindowGroup {
        SampleView(model: model)
          .task { await model.follow() }
      }
      .onChange(of: phase) {
        if phase == .active { Task { await model.resume() } }
      }
    }
  }

  /// The screen of the current state, and what went wrong last.
  struct SampleView: View {
    let model: SampleModel

    var body: some View {
      Form {
        switch model.state {
        case .restoring: ProgressView("One moment …")
        case .storageLocked: Text("Unlock your phone to go on.")
        case .signedOut(let reason): SignInView(model: model, reason: reason)
        case .mfaRequired(let factors): SecondFactorView(model: model, factors: factors)
        case .signedIn(let user, _): OrdersView(model: model, name: user?.name ?? "stranger")
        }
        Text(model.message).foregroundStyle(.red)
      }
    }
  }

  struct SignInView: View {
    let model: SampleModel
    let reason: SignedOutReason
    @State private var email = ""
    @State private var password = ""

    var body: some View {
      Text("Nobody is signed in (\(reason.rawValue)).")
      TextField("E-mail", text: $email).textContentType(.username).textInputAutocapitalization(.never)
      SecureField("Password", text: $password).textContentType(.password)
      Button("Sign in") { Task { await model.signIn(email: email, password: password) } }
    }
  }

  struct SecondFactorView: View {
    let model: SampleModel
    let factors: [Factor]
    @State private var code = ""

    var body: some View {
      ForEach(factors, id: \.self) { factor in
        Button("Ask for a code: \(factor.rawValue)") { Task { await model.ask(factor) } }
      }
      TextField("Code", text: $code).textContentType(.oneTimeCode).keyboardType(.numberPad)
      Button("Answer") { Task { await model.answer(code) } }.disabled(!model.awaitsCode)
      Button("Sign out") { Task { await model.signOut() } }
    }
  }

  struct OrdersView: View {
    let model: SampleModel
    let name: String

    var body: some View {
      Text("Welcome, \(name).")
      Text(model.orders)
      Button("Show my orders") { Task { await model.showOrders() } }
      Button("Sign out") { Task { await model.signOut() } }
    }
  }
#endif
