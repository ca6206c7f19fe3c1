//! The gateway's WebSocket: opened by a request that Appwrite accepts, and closed when its session ends.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    pipeline,
    request::Request,
    shared::Shared,
    upgrade::{self, Socket},
    world::World,
};

/// The code by which the project's gateway closes a WebSocket whose session has ended.
const SESSION_ENDED: u16 = 4401;

/// Serves one socket until either side closes it. `first` is its first message; after it, what the client says is said back to it.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    request: Request,
    first: Vec<u8>,
    stream: TcpStream,
    buffered: Vec<u8>,
) {
    let Some(mut socket) = upgrade::accept(&request, "", stream, buffered).await else { return };
    if socket.send(Message::text(String::from_utf8_lossy(&first).into_owned())).await.is_err() {
        return;
    }
    tokio::select! {
        () = echo(&mut socket) => return,
        () = shared.wait_until(|world| !is_alive(world, &request)) => {}
    }
    upgrade::end(&mut socket, SESSION_ENDED, "session_invalid").await;
}

/// Whether Appwrite still knows the session that the socket was opened with. A token that the gateway has issued lives until its own
/// end, which closes no socket here.
fn is_alive(world: &World, request: &Request) -> bool {
    let is_token = request.header("authorization").is_some();
    is_token || matches!(pipeline::realtime_user(world, request, false), Ok(Some(_)))
}

async fn echo(socket: &mut Socket) {
    while let Some(Ok(message)) = socket.next().await {
        let again = match message {
            Message::Text(_) | Message::Binary(_) => socket.send(message).await,
            Message::Close(_) => return,
            _ => continue,
        };
        if again.is_err() {
            return;
        }
    }
}
