//! How a request becomes a WebSocket, and how that ends.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::StreamExt as _;
use sha1::{Digest as _, Sha1};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{CloseFrame, Role},
};

use crate::request::Request;

pub(crate) type Socket = WebSocketStream<TcpStream>;

/// Accepts the request, with these headers beside the usual ones. `None` if the client is gone.
pub(crate) async fn accept(
    request: &Request,
    headers: &str,
    mut stream: TcpStream,
    buffered: Vec<u8>,
) -> Option<Socket> {
    let key = request.header("sec-websocket-key").unwrap_or_default().trim();
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n{headers}\r\n",
        BASE64_STANDARD.encode(digest)
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    Some(WebSocketStream::from_partially_read(stream, buffered, Role::Server, None).await)
}

/// Closes the socket, and waits for the other side's half of it.
pub(crate) async fn end(socket: &mut Socket, code: u16, reason: &str) {
    let _ = socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await;
    while let Some(Ok(_)) = socket.next().await {}
}
