//! A gateway whose answers a test writes byte by byte.

use std::time::Duration;

use appwrite_session_core::{Retries, SessionClient, SystemClock};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::World;

const QUICK: Retries =
    Retries { attempts: 3, base: Duration::from_millis(1), longest: Duration::from_millis(10) };

/// The gateway.
pub(crate) struct ByHand(TcpListener);

impl ByHand {
    /// A gateway, and a client of it who is signed in, whose waits pass by themselves.
    pub(crate) async fn start(world: &World) -> (Self, SessionClient) {
        Self::start_with(world, QUICK).await
    }

    /// The same with other waits.
    pub(crate) async fn start_with(world: &World, retries: Retries) -> (Self, SessionClient) {
        world.signed_in().await.0.close().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = format!("http://{}", listener.local_addr().unwrap());
        let client = world.bare().gateway(gateway).clock(SystemClock).retries(retries).build().unwrap();
        client.restored().await;
        (Self(listener), client)
    }

    /// The next request on a new connection, head and body.
    pub(crate) async fn request(&self) -> Talk {
        let mut talk = self.request_head().await;
        talk.read_body().await;
        talk
    }

    /// The head of the next request on a new connection. Nobody reads its body.
    pub(crate) async fn request_head(&self) -> Talk {
        let (stream, _) = self.0.accept().await.unwrap();
        let mut talk = Talk { stream, head: String::new(), body: Vec::new() };
        talk.read_head().await;
        talk
    }
}

/// One connection, and the last request on it.
pub(crate) struct Talk {
    stream: TcpStream,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Talk {
    async fn read_head(&mut self) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.unwrap());
        }
        self.head = String::from_utf8(head).unwrap();
    }

    async fn read_body(&mut self) {
        let length = self.header("content-length").map_or(0, |length| length.parse().unwrap());
        self.body = vec![0; length];
        self.stream.read_exact(&mut self.body).await.unwrap();
    }

    /// A header of the request.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Writes a part of the answer as it is.
    pub(crate) async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Writes the head of an answer whose body ends with the connection.
    pub(crate) async fn begin(&mut self, status: u16, headers: &str) {
        self.say(&format!("HTTP/1.1 {status} Fine\r\nConnection: close\r\n{headers}\r\n")).await;
    }

    /// The whole answer.
    pub(crate) async fn answer(mut self, status: u16, headers: &str, body: &str) {
        self.begin(status, &format!("Content-Length: {}\r\n{headers}", body.len())).await;
        self.say(body).await;
    }

    /// Waits until the client has closed the connection.
    pub(crate) async fn closed(mut self) {
        let mut rest = Vec::new();
        // A reset is an end, too.
        drop(self.stream.read_to_end(&mut rest).await);
        assert!(rest.is_empty());
    }

    /// Writes for as long as the client takes it, and says how many bytes it took.
    pub(crate) async fn pour(mut self, limit: usize) -> usize {
        let mut poured = 0;
        let chunk = [b'x'; 64 << 10];
        while poured < limit {
            let patience = Duration::from_millis(500);
            match tokio::time::timeout(patience, self.stream.write(&chunk)).await {
                Ok(count) => poured += count.unwrap(),
                Err(_) => break,
            }
        }
        poured
    }
}
