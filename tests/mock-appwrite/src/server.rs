//! The listeners: reads requests off sockets, and writes the answers.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
};

use crate::{
    exchange::{Outgoing, Rendered, arrived},
    feed::Feeding,
    gateway_socket,
    http1::{self, Reader},
    realtime,
    request::Request,
    shared::Shared,
};

/// Accepts connections until the task is aborted.
pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener, name: &'static str) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(shared.clone(), stream, name));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection. Its end, for whatever reason, is the client's business.
async fn connection(shared: Arc<Shared>, stream: TcpStream, name: &'static str) {
    let _ = stream.set_nodelay(true);
    let (read, mut write) = stream.into_split();
    let mut reader = Reader::new(read);
    while let Ok(Some(raw)) = reader.next().await {
        let connection = raw.header("connection").unwrap_or_default();
        let close = connection.eq_ignore_ascii_case("close")
            || raw.old && !connection.eq_ignore_ascii_case("keep-alive");
        if !http1::is_method(&raw.method) {
            // The server's HTTP parser refuses what it does not know, before anything else sees it (contract §14.21).
            let _ = write
                .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
            return;
        }
        let head_only = raw.method == "HEAD";
        let request = Request::parse(raw);
        let arrived = arrived(&shared, &request, name);
        if realtime::is_meant(&request) && !arrived.is_disturbed() {
            arrived.answered(101);
            let (read, buffered) = reader.into_parts();
            if let Ok(stream) = read.reunite(write) {
                realtime::serve(shared, request, stream, buffered).await;
            }
            return;
        }
        let outgoing = tokio::select! {
            outgoing = arrived.answer(&request) => outgoing,
            // A client that goes away gets no answer.
            () = reader.closed() => return,
        };
        let written = match outgoing {
            Outgoing::Whole(answer) if answer.status == 101 => {
                let (read, buffered) = reader.into_parts();
                if let Ok(stream) = read.reunite(write) {
                    gateway_socket::serve(shared, request, answer.body, stream, buffered).await;
                }
                return;
            }
            Outgoing::Whole(answer) => send(&mut write, &answer, head_only, answer.body.len()).await,
            Outgoing::Fed(answer, feeding) => {
                tokio::select! {
                    _ = feed(&mut write, &answer, feeding, head_only) => {}
                    () = reader.closed() => {}
                }
                return;
            }
            Outgoing::Stalled(answer, _rest) => {
                let _ = send(&mut write, &answer, head_only, answer.body.len() / 2).await;
                return reader.closed().await;
            }
            Outgoing::Truncated(answer) => {
                let _ = send(&mut write, &answer, head_only, answer.body.len() / 2).await;
                return;
            }
            Outgoing::Reset => {
                let _ = socket2::SockRef::from(write.as_ref()).set_linger(Some(Duration::ZERO));
                // Dropped, it would end the stream in good order.
                write.forget();
                return;
            }
        };
        if written.is_err() || close {
            return;
        }
    }
}

/// Writes a body piece by piece, in chunks of the transfer coding of that name. One that broke off has no end.
async fn feed(
    write: &mut OwnedWriteHalf,
    answer: &Rendered,
    mut feeding: Feeding,
    head_only: bool,
) -> io::Result<()> {
    let mut headers = answer.headers.clone();
    let mut line = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    line("Transfer-Encoding", "chunked");
    line("Connection", "close");
    // Written as that of an answer to HEAD, because that has no length.
    write.write_all(&http1::answer(answer.status, &headers, &[], true)).await?;
    if head_only {
        return Ok(());
    }
    while let Ok(piece) = feeding.next().await {
        let Some(piece) = piece else {
            return write.write_all(b"0\r\n\r\n").await;
        };
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend(piece);
        chunk.extend(b"\r\n");
        write.write_all(&chunk).await?;
    }
    Ok(())
}

async fn send(write: &mut OwnedWriteHalf, answer: &Rendered, head_only: bool, body: usize) -> io::Result<()> {
    let bytes = http1::answer(answer.status, &answer.headers, &answer.body, head_only);
    let held_back = if head_only { 0 } else { answer.body.len() - body };
    write.write_all(&bytes[..bytes.len() - held_back]).await?;
    write.flush().await
}
