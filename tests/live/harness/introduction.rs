//! What a run learns of a server before it tries anything, by asking: nothing is concluded from the version.

use std::time::Duration;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{outcome::Stop, owner::open_session, world::World};

/// What is known of a server and its project.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    pub(crate) version: String,
    /// For how long a session lives; `None` if that could not be read.
    pub(crate) session_life: Option<Duration>,
    /// The project keeps one session for each user and ends the one before.
    pub(crate) one_session_only: bool,
}

/// Asks for the version, whether the key can do what it is for, and what the project does with sessions. Costs no request of a
/// limit that promises share.
pub(crate) async fn introduce(world: &World) -> Result<Server, String> {
    let version = world.admin.version().await?;
    let server = Server { version, ..Server::default() };
    let tried = look(world, server).await;
    world.clean_up().await;
    tried.map_err(|error| {
        format!("{error} (the API key needs the scopes users.read, users.write and sessions.write)")
    })
}

async fn look(world: &World, mut server: Server) -> Result<Server, String> {
    let person = world.person().await.map_err(|stop| match stop {
        Stop::Broken(text) | Stop::NotTestable(text) => text,
    })?;
    world.admin.create_token(&person.id).await?;
    world.admin.delete_sessions(&person.id).await?;
    world.admin.sessions(&person.id).await?;
    // What is refused from here on is said by the promises that need it.
    let mut session = Value::Null;
    for _ in 0..2 {
        match open_session(&world.admin, &person.id).await {
            Ok((_, opened)) => session = opened,
            Err(_) => return Ok(server),
        }
    }
    server.session_life = life(&session);
    // The session that is one too many goes after the answer (contract §13.3).
    for _ in 0..10 {
        server.one_session_only = world.admin.sessions(&person.id).await?.len() == 1;
        if server.one_session_only {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(server)
}

fn life(session: &Value) -> Option<Duration> {
    let date = |name: &str| OffsetDateTime::parse(session[name].as_str()?, &Rfc3339).ok();
    Duration::try_from(date("expire")? - date("$createdAt")?).ok()
}
