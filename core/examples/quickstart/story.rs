//! The story, step by step, each with what must be seen for it to be true.

use std::{io::Write, time::Duration};

use appwrite_session_core::{Carrier, Error, Sent, SessionClient, SessionState, SignedOutReason};
use mock_appwrite::Entry;

use crate::{
    stage::{EMAIL, PASSWORD, Stage, authorized_by, line},
    teller::Teller,
};

/// Plays all steps.
pub(crate) async fn play<W: Write>(teller: &mut Teller<W>) {
    let told = match Stage::set().await {
        Ok(mut stage) => tell(teller, &mut stage, PASSWORD).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    teller.conclude(told);
}

/// Plays on `stage`; `password` is what the user types.
pub(crate) async fn tell<W: Write>(
    teller: &mut Teller<W>,
    stage: &mut Stage,
    password: &str,
) -> Result<(), Error> {
    teller.title(
        "One login to Appwrite, kept and carried",
        &[
            format!(
                "Appwrite  {} (the mock of 1.9), project {}",
                stage.mock.endpoint(),
                stage.mock.project()
            ),
            format!("gateway   {}", stage.mock.gateway()),
            format!("foreign   {}", stage.mock.foreign()),
        ],
    );
    let session = stage.start_app(Carrier::Cookie)?;
    sign_in(teller, stage, &session, password).await?;
    call_the_gateway(teller, stage, &session).await?;
    session.close().await;
    let session = restart(teller, stage).await?;
    carry_by_the_other_header(teller, stage).await?;
    refuse_a_foreign_origin(teller, stage, &session).await;
    follow_a_redirect(teller, stage, &session).await?;
    arbitrate(teller, stage, &session).await?;
    end(teller, stage, &session).await;
    sign_out_offline(teller, stage, &session, password).await
}

async fn sign_in<W: Write>(
    teller: &mut Teller<W>,
    stage: &mut Stage,
    session: &SessionClient,
    password: &str,
) -> Result<(), Error> {
    teller.step("Sign in", &format!("session.sign_in_with_email({EMAIL:?}, password).await?;"));
    let state = session.sign_in_with_email(EMAIL, password).await?;
    let news = wire(teller, stage);
    teller.check(is_verified(&state), &format!("Appwrite confirmed the session: {}", shown(&state)));
    let login = news.iter().find(|entry| entry.method == "POST");
    teller.check(
        login.is_some_and(|login| login.credential.carriers == 0),
        "the login call carried no credential",
    );
    Ok(())
}

async fn call_the_gateway<W: Write>(
    teller: &mut Teller<W>,
    stage: &mut Stage,
    session: &SessionClient,
) -> Result<(), Error> {
    teller.step("Call the app's gateway", "session.get(\"/gateway/whoami\").send().await?;");
    let caller = caller(session).await?;
    let news = wire(teller, stage);
    teller.check(caller == stage.user_id, "the gateway asked Appwrite, and knows who calls");
    teller.check(carried_to_gateway(&news) == ["cookie"], "one carrier went along, the cookie");
    Ok(())
}

async fn restart<W: Write>(teller: &mut Teller<W>, stage: &mut Stage) -> Result<SessionClient, Error> {
    teller.step(
        "Restart the app",
        "let session = SessionClient::builder(endpoint, project).gateway(gateway).store(store).build()?;",
    );
    let session = stage.start_app(Carrier::Cookie)?;
    let state = session.restored().await;
    let news = wire(teller, stage);
    let at_once = matches!(&state, SessionState::SignedIn { user: Some(user), verified: false } if user.id == stage.user_id);
    teller.check(at_once, &format!("signed in from the store alone: {}", shown(&state)));
    teller.check(news.is_empty(), "without a request");
    let caller = caller(&session).await?;
    wire(teller, stage);
    teller.check(caller == stage.user_id, "the kept credential works");
    Ok(session)
}

async fn carry_by_the_other_header<W: Write>(teller: &mut Teller<W>, stage: &mut Stage) -> Result<(), Error> {
    teller.step(
        "The same credential in the other header",
        ".gateway(Gateway::new(gateway).carrier(Carrier::FallbackCookies))",
    );
    let session = stage.start_app(Carrier::FallbackCookies)?;
    let caller = caller(&session).await?;
    let news = wire(teller, stage);
    teller.check(caller == stage.user_id, "the gateway knows who calls");
    teller.check(carried_to_gateway(&news) == ["fallback"], "one carrier again, X-Fallback-Cookies");
    session.close().await;
    Ok(())
}

async fn refuse_a_foreign_origin<W: Write>(
    teller: &mut Teller<W>,
    stage: &mut Stage,
    session: &SessionClient,
) {
    let foreign = format!("{}/gateway/open", stage.mock.foreign());
    teller.step("A foreign origin", &format!("session.get({foreign:?}).send().await"));
    let refused = session.get(&foreign).send().await.err();
    let news = wire(teller, stage);
    teller.note(&refused.as_ref().map(told).unwrap_or_default());
    teller.check(
        matches!(refused, Some(Error::OriginNotAllowed { .. })),
        "refused, with the origin in the error",
    );
    teller.check(news.is_empty(), "before anything was sent");
}

async fn follow_a_redirect<W: Write>(
    teller: &mut Teller<W>,
    stage: &mut Stage,
    session: &SessionClient,
) -> Result<(), Error> {
    teller.step(
        "A redirect to a foreign origin",
        "session.get(\"/gateway/redirect?to=<foreign>/gateway/open\").send().await?;",
    );
    let target = format!("/gateway/redirect?to={}/gateway/open", stage.mock.foreign());
    let response = session.get(&target).send().await?;
    let news = wire(teller, stage);
    let there: Vec<_> = news.iter().filter(|entry| entry.listener == "foreign").collect();
    teller.check(response.status() == 200 && there.len() == 1, "followed, as any client does");
    let bare = there.iter().all(|entry| entry.credential.carriers == 0 && entry.header("cookie").is_none());
    teller.check(bare, "without the credential");
    Ok(())
}

async fn arbitrate<W: Write>(
    teller: &mut Teller<W>,
    stage: &mut Stage,
    session: &SessionClient,
) -> Result<(), Error> {
    teller.step("A 401 of the gateway's own", "session.get(\"/gateway/deny\").send().await?;");
    let response = session.get("/gateway/deny").send().await?;
    let news = wire(teller, stage);
    teller.check(response.status() == 401, "the app gets the gateway's answer as it is");
    let probes = probes(&news);
    teller
        .check(probes == 1, &format!("Appwrite was asked {probes} time, because only it can end a session"));
    let state = session.state();
    teller.check(is_verified(&state), &format!("still {}", shown(&state)));
    Ok(())
}

async fn end<W: Write>(teller: &mut Teller<W>, stage: &mut Stage, session: &SessionClient) {
    teller.step("Appwrite revokes the session", "session.get(\"/gateway/whoami\").send().await");
    stage.revoke_all();
    // An answer of Appwrite stands for two seconds, so that a storm of 401s costs it one question.
    stage.pass(Duration::from_secs(3));
    let ended = session.get("/gateway/whoami").send().await.err();
    let news = wire(teller, stage);
    teller.note(&ended.as_ref().map(told).unwrap_or_default());
    let expected = Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something);
    teller.check(ended == Some(expected), "the next call ends with the reason");
    teller.check(probes(&news) == 1, "after one question to Appwrite");
    let state = session.state();
    teller.check(state == out(SignedOutReason::SessionEnded), &format!("the state is {}", shown(&state)));
}

async fn sign_out_offline<W: Write>(
    teller: &mut Teller<W>,
    stage: &mut Stage,
    session: &SessionClient,
    password: &str,
) -> Result<(), Error> {
    teller.step("Sign in again, lose the network, sign out", "session.sign_out().await?;");
    session.sign_in_with_email(EMAIL, password).await?;
    stage.news();
    let fault = stage.cut();
    session.sign_out().await?;
    let state = session.state();
    stage.mock.control().wait_for_hits(fault, 1).await;
    wire(teller, stage);
    teller.check(state == out(SignedOutReason::SignedOut), &format!("signed out at once: {}", shown(&state)));
    teller.check(stage.sessions() == 1, "Appwrite does not know yet");
    stage.mend();
    teller.note("the network is back");
    session.resume().await;
    // Appwrite is told in the background.
    session.idle().await;
    wire(teller, stage);
    teller.check(stage.sessions() == 0, "now the session is gone at Appwrite, too");
    session.close().await;
    Ok(())
}

/// Tells what went over the wire since the last time.
fn wire<W: Write>(teller: &mut Teller<W>, stage: &mut Stage) -> Vec<Entry> {
    let news = stage.news();
    for entry in &news {
        teller.wire(&line(entry), &authorized_by(entry));
    }
    if news.is_empty() {
        teller.wire("nothing went over the wire", &[]);
    }
    news
}

/// Whom the gateway takes the app for.
async fn caller(session: &SessionClient) -> Result<String, Error> {
    let answer: serde_json::Value = session.get("/gateway/whoami").send().await?.json()?;
    Ok(answer["userId"].as_str().unwrap_or_default().to_owned())
}

/// The carriers of the app's one call to the gateway, or a word on why there are none.
fn carried_to_gateway(news: &[Entry]) -> Vec<&'static str> {
    let calls: Vec<_> = news.iter().filter(|entry| entry.listener == "gateway").collect();
    match calls[..] {
        [call] if call.credential.carriers == 1 => vec![call.credential.carrier],
        _ => Vec::new(),
    }
}

/// How often the app itself asked Appwrite who is signed in.
fn probes(news: &[Entry]) -> usize {
    news.iter().filter(|entry| entry.caller == "client" && entry.path == "/v1/account").count()
}

fn is_verified(state: &SessionState) -> bool {
    matches!(state, SessionState::SignedIn { verified: true, .. })
}

fn out(reason: SignedOutReason) -> SessionState {
    SessionState::SignedOut { reason }
}

fn told(error: &Error) -> String {
    format!("{}: {error}", error.code().as_str())
}

/// A state as the app's developer reads it.
pub(crate) fn shown(state: &SessionState) -> String {
    match state {
        SessionState::SignedIn { verified, .. } => format!("{} (verified: {verified})", state.name()),
        SessionState::SignedOut { reason } => format!("{} ({})", state.name(), reason.as_str()),
        _ => state.name().to_owned(),
    }
}
