//! The story against a real Appwrite, told from what the client knows: there is no journal to look into.

use std::io::Write;

use appwrite_session_core::{
    Carrier, Error, Gateway, SessionClient, SessionState, SignedOutReason, Verdict, http::HeaderMap,
    store::MemoryStore,
};

use crate::{args::Target, headers, story::shown, teller::Teller};

/// An origin that is nobody's: `.invalid` never resolves (RFC 2606).
const FOREIGN: &str = "https://foreign.invalid/orders";

pub(crate) async fn play<W: Write>(teller: &mut Teller<W>, target: &Target) {
    teller.title(
        "One login to Appwrite, kept and carried",
        &[
            format!("Appwrite  {}, project {}", target.endpoint, target.project),
            format!("gateway   {}", target.gateway),
        ],
    );
    let (store, elsewhere) = (MemoryStore::new(), MemoryStore::new());
    let told = tell(teller, target, &store, &elsewhere).await.map_err(|error| text(&error));
    teller.conclude(told);
    for store in [store, elsewhere] {
        leave_nothing(target, &store).await;
    }
}

/// Signs out what a story that ended early has left, and waits until Appwrite knows.
async fn leave_nothing(target: &Target, store: &MemoryStore) {
    let client = SessionClient::builder(&target.endpoint, &target.project).store(store.clone()).build();
    if let Ok(client) = client {
        // The store is in memory, which refuses nothing; if Appwrite cannot be reached, its session ends by itself.
        let _ = client.sign_out().await;
        client.resume().await;
        client.close().await;
    }
}

async fn tell<W: Write>(
    teller: &mut Teller<W>,
    target: &Target,
    store: &MemoryStore,
    other_store: &MemoryStore,
) -> Result<(), Error> {
    let client = |store: &MemoryStore, carrier| {
        SessionClient::builder(&target.endpoint, &target.project)
            .gateway(Gateway::new(&target.gateway).carrier(carrier))
            .store(store.clone())
            .build()
    };

    teller.step("Sign in", "session.sign_in_with_email(email, password).await?;");
    let first = client(store, Carrier::Cookie)?;
    let state = first.sign_in_with_email(&target.email, &target.password).await?;
    if let SessionState::MfaRequired { .. } = state {
        teller.note("this user needs a second factor; take one who does not for this story");
    }
    teller.check(is_verified(&state), &format!("Appwrite confirmed the session: {}", shown(&state)));
    let own = first.current_session().await?;

    teller.step("Restart the app", "let session = SessionClient::builder(…).store(store).build()?;");
    first.close().await;
    let session = client(store, Carrier::Cookie)?;
    let state = session.restored().await;
    let at_once = matches!(state, SessionState::SignedIn { verified: false, .. });
    teller.check(at_once, &format!("signed in from the store alone: {}", shown(&state)));

    teller.step("Call the gateway", &format!("session.get({:?}).send().await?;", target.path));
    let header = session.authorize(&target.path).await?.headers().clone();
    let carriers = carried(&header);
    teller.wire(&format!("app → gateway   GET {}", target.path), &carriers);
    let response = session.get(&target.path).send().await?;
    teller.note(&format!("the gateway answered {}", response.status()));
    teller.check(carriers.len() == 1, "exactly one carrier goes along");

    teller
        .step("The same credential in the other header", "Gateway::new(…).carrier(Carrier::FallbackCookies)");
    let other = client(store, Carrier::FallbackCookies)?;
    let header = other.authorize(&target.path).await?.headers().clone();
    teller.wire(&format!("app → gateway   GET {} (shown, not sent)", target.path), &carried(&header));
    teller.check(
        header.contains_key("x-fallback-cookies") && !header.contains_key("cookie"),
        "one carrier again",
    );
    other.close().await;

    teller.step("A foreign origin", &format!("session.get({FOREIGN:?}).send().await"));
    let refused = session.get(FOREIGN).send().await.err();
    teller.note(&refused.as_ref().map(text).unwrap_or_default());
    teller.check(matches!(refused, Some(Error::OriginNotAllowed { .. })), "refused before anything was sent");
    teller.note("a redirect to another origin cannot be shown here: it takes a gateway that sends one");

    teller.step("A gateway's own 401", "session.report_unauthorized(&authorization).await;");
    let verdict = session.report_unauthorized(&session.authorize(&target.path).await?).await;
    let state = session.state();
    teller.check(
        verdict == Verdict::SessionLives && is_verified(&state),
        &format!("Appwrite was asked, and the session stands: {}", shown(&state)),
    );

    teller.step(
        "Another device revokes the session",
        "other.revoke_session(&id).await?; session.account().await",
    );
    let elsewhere = client(other_store, Carrier::Cookie)?;
    elsewhere.sign_in_with_email(&target.email, &target.password).await?;
    elsewhere.revoke_session(&own.id).await?;
    let ended = session.account().await.err();
    teller.note(&ended.as_ref().map(text).unwrap_or_default());
    let state = session.state();
    teller.check(state == out(SignedOutReason::SessionEnded), &format!("the state is {}", shown(&state)));

    teller.step("Sign out", "session.sign_out().await?;");
    elsewhere.sign_out().await?;
    let state = elsewhere.state();
    teller.check(state == out(SignedOutReason::SignedOut), &format!("the state is {}", shown(&state)));
    elsewhere.close().await;
    teller.note("a sign-out without a network cannot be shown here: it takes a network that can be cut");
    Ok(())
}

fn carried(headers: &HeaderMap) -> Vec<String> {
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    headers::shown(pairs)
}

fn is_verified(state: &SessionState) -> bool {
    matches!(state, SessionState::SignedIn { verified: true, .. })
}

fn out(reason: SignedOutReason) -> SessionState {
    SessionState::SignedOut { reason }
}

fn text(error: &Error) -> String {
    format!("{}: {error}", error.code().as_str())
}
