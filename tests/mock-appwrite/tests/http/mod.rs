//! A client for the tests of the mock: one request on a connection, and what came back.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "a test says what it expects by unwrapping it, and does not need all of this"
)]

use mock_appwrite::{MockAppwrite, Profile};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// The body as JSON, or null for what is none.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The status and the type of the error, or `""` for an answer that is none.
    pub(crate) fn outcome(&self) -> (u16, &str) {
        (self.status, self.body["type"].as_str().unwrap_or_default())
    }

    /// A member of the body that is a text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("{name} in {self:?}")).to_owned()
    }

    /// The first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The session's credential, as the fallback header gives it.
    pub(crate) fn credential(&self) -> String {
        let fallback: Value = serde_json::from_str(self.header("x-fallback-cookies").unwrap()).unwrap();
        fallback["a_session_demo"].as_str().unwrap().to_owned()
    }
}

/// A request on its way.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    mock: &'a MockAppwrite,
    method: &'a str,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

/// A request below `/v1`, or one of the controls.
pub(crate) fn call<'a>(mock: &'a MockAppwrite, method: &'a str, path: &str) -> Call<'a> {
    let path = if path.starts_with("/_mock") { path.to_owned() } else { format!("/v1{path}") };
    let headers = vec![("X-Appwrite-Project".to_owned(), mock.project().to_owned())];
    Call { mock, method, path, headers, body: None }
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the credential of a session.
    pub(crate) fn session(self, credential: &str) -> Self {
        self.header("X-Appwrite-Session", credential)
    }

    pub(crate) fn jwt(self, jwt: &str) -> Self {
        self.header("X-Appwrite-JWT", jwt)
    }

    /// With the project's API key.
    pub(crate) fn key(self) -> Self {
        let key = self.mock.api_key().to_owned();
        self.header("X-Appwrite-Key", &key)
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Sends it and waits for the answer.
    pub(crate) async fn send(&self) -> Answer {
        let host = self.mock.url().replace("http://", "");
        let body = self.body.as_ref().map(ToString::to_string).unwrap_or_default();
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "{} {} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.method,
            self.path,
            body.len(),
        );
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head[9..12].parse().unwrap(),
            head: head.to_owned(),
            body: serde_json::from_str(body).unwrap_or_default(),
            text: body.to_owned(),
        }
    }
}

/// A mock of the newest profile, in the middle of the windows of its limits.
pub(crate) async fn newest() -> MockAppwrite {
    const HOUR: i64 = 3_600_000;
    let mock = MockAppwrite::start(Profile::V2_7).await.unwrap();
    let now = mock.control().now();
    mock.control().set_clock(now - now % HOUR + HOUR / 2 + 30_000);
    mock
}

/// A user and the credential of a session.
pub(crate) fn signed_in(mock: &MockAppwrite, email: &str) -> (String, String) {
    let user = mock.control().user(email, "correct horse");
    let credential = mock.control().create_session(&user).unwrap().credential;
    (user, credential)
}
