//! A reverse proxy that tampers with Appwrite's answers, as real ones do.

use std::io;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What it does to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tampers {
    TakesCookies,
    TakesFallbackHeader,
    TakesBoth,
    /// Begins every body with a byte order mark.
    AddsMark,
    /// Answers with something that is no JSON.
    GarblesBodies,
    /// Answers this path itself, as Appwrite answers a guest.
    RefusesGuests(&'static str),
    /// Answers `GET /account` itself, from the cache of somebody else.
    AnswersAccountOfAnother,
}

const GUEST: &str =
    r#"{"message":"missing scope","code":401,"type":"general_unauthorized_scope","version":"1"}"#;

const ANOTHER: &str = r#"{"$id":"somebody-else","name":"Somebody Else","email":"else@example.com"}"#;

impl Tampers {
    /// What it answers by itself to a request with that first line.
    fn own_answer(self, first: &str) -> Option<(&'static str, &'static str)> {
        let mut words = first.split(' ');
        match (self, words.next()?, words.next()?) {
            (Self::RefusesGuests(refused), _, path) if path == refused => Some(("401 Unauthorized", GUEST)),
            (Self::AnswersAccountOfAnother, "GET", "/v1/account") => Some(("200 OK", ANOTHER)),
            _ => None,
        }
    }
}

pub(crate) struct Proxy {
    port: u16,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of the server whose endpoint is `http://HOST:PORT/v1`.
    pub(crate) async fn start(endpoint: &str, how: Tampers) -> Self {
        let server = endpoint.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { pass(client, &server, how).await });
            }
        });
        Self { port, task }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes one exchange; then the connection is closed.
async fn pass(mut client: TcpStream, server: &str, how: Tampers) -> io::Result<()> {
    let (mut head, body) = read_message(&mut client).await?;
    if let Some((status, body)) = how.own_answer(&head[0]) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        client.write_all(format!("{head}{body}").as_bytes()).await?;
        return client.shutdown().await;
    }
    if matches!(how, Tampers::AddsMark | Tampers::GarblesBodies) {
        // A packed body cannot be changed from outside.
        head.retain(|line| !line.to_ascii_lowercase().starts_with("accept-encoding:"));
    }
    let mut upstream = TcpStream::connect(server).await?;
    upstream.write_all(&with_connection_close(head)).await?;
    upstream.write_all(&body).await?;
    let (mut head, mut body) = read_message(&mut upstream).await?;
    if matches!(how, Tampers::AddsMark | Tampers::GarblesBodies) && !body.is_empty() {
        if how == Tampers::AddsMark {
            body.splice(..0, *b"\xef\xbb\xbf");
        } else {
            body = b"{\"$id\": <b>oops</b>".to_vec();
        }
        head.retain(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
        head.push(format!("Content-Length: {}", body.len()));
    }
    let kept = head.into_iter().filter(|line| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "set-cookie" => !matches!(how, Tampers::TakesCookies | Tampers::TakesBoth),
            "x-fallback-cookies" => !matches!(how, Tampers::TakesFallbackHeader | Tampers::TakesBoth),
            _ => true,
        }
    });
    client.write_all(&with_connection_close(kept.collect())).await?;
    client.write_all(&body).await?;
    client.shutdown().await
}

fn with_connection_close(mut head: Vec<String>) -> Vec<u8> {
    head.retain(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    head.push("Connection: close".to_owned());
    format!("{}\r\n\r\n", head.join("\r\n")).into_bytes()
}

/// The lines of the head, and the body by its `Content-Length`.
async fn read_message(stream: &mut TcpStream) -> io::Result<(Vec<String>, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head: Vec<String> =
        String::from_utf8_lossy(&head).trim_end().split("\r\n").map(str::to_owned).collect();
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    Ok((head, body))
}
