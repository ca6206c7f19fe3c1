//! A proxy as companies have it: the app asks it for a connection to a host (`CONNECT`).

use std::{
    io,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What it does when it is asked for a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// It connects to the port that is asked for, on this machine, whatever the host is called.
    Connects,
    /// As before, for this value of `Proxy-Authorization` only.
    Wants(&'static str),
    /// It answers this.
    Answers(&'static str),
}

pub(crate) struct Forward {
    /// Without the scheme.
    pub(crate) address: String,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Forward {
    pub(crate) async fn start(how: How) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let seen = seen.clone();
                // Either end may go first.
                tokio::spawn(async move { pass(client, how, &seen).await });
            }
        });
        Self { address, heads, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked, one head for each connection.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(mut client: TcpStream, how: How, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    seen.lock().unwrap().push(head.clone());
    let authorization = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim())
    });
    match how {
        How::Answers(answer) => client.write_all(answer.as_bytes()).await?,
        How::Wants(wanted) if authorization != Some(wanted) => {
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                          Proxy-Authenticate: Basic realm=\"company\"\r\nContent-Length: 0\r\n\r\n";
            client.write_all(answer.as_bytes()).await?;
        }
        How::Connects | How::Wants(_) => {
            let port = head.split(' ').nth(1).and_then(|target| target.rsplit(':').next()).unwrap();
            let mut upstream = TcpStream::connect(("127.0.0.1", port.parse::<u16>().unwrap())).await?;
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            copy_bidirectional(&mut client, &mut upstream).await?;
            return Ok(());
        }
    }
    client.shutdown().await
}
