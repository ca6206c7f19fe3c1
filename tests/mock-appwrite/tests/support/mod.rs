//! A plain HTTP client for tests: header lines as given, one connection for each request.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping it")]

use mock_appwrite::{MockAppwrite, Profile};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The status and the error's type.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["type"].as_str().unwrap_or_default().to_owned())
    }

    pub fn is_page(&self) -> bool {
        self.text.starts_with("<!DOCTYPE")
    }
}

/// Sends these bytes and reads until the server closes.
pub async fn raw(mock: &MockAppwrite, request: &str) -> Answer {
    let host = mock.url().replace("http://", "");
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    Answer { status, headers, text: text.to_owned() }
}

/// Sends a request with these headers, and with none that are not given but `Host` and the length of the body.
pub async fn send(
    mock: &MockAppwrite,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    raw(mock, &format!("{text}Content-Length: {}\r\n\r\n{body}", body.len())).await
}

/// A request of the project with JSON.
pub async fn call(
    mock: &MockAppwrite,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let mut all = vec![("X-Appwrite-Project", "demo"), ("Content-Type", "application/json")];
    all.extend(headers);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(mock, method, path, &all, &body).await
}

/// A mock with a user who is signed in: the user's id and the credential.
pub async fn signed_in(profile: Profile) -> (MockAppwrite, String, String) {
    let mock = MockAppwrite::start(profile).await.unwrap();
    let user = mock.control().user("ada@example.com", "correct horse");
    let credential = mock.control().create_session(&user).unwrap().credential;
    (mock, user, credential)
}

pub const BOTH: [Profile; 2] = [Profile::V1_5, Profile::V1_9];
