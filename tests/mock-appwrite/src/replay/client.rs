//! A raw HTTP/1.1 client: sends header lines exactly as given and keeps those it reads exactly as they came.

use super::transcript::{Headers, Request, Response, header};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(20);

/// Sends one request on a connection of its own and reads the whole response.
pub(super) async fn send(address: SocketAddr, request: &Request) -> io::Result<Response> {
    match tokio::time::timeout(PATIENCE, exchange(address, request)).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no complete response in time")),
    }
}

async fn exchange(address: SocketAddr, request: &Request) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&encode(request)).await?;
    let mut raw = Vec::new();
    let mut chunk = vec![0_u8; 16 * 1024];
    loop {
        if let Some(response) = decode(&raw, request.method == "HEAD", false) {
            return Ok(response);
        }
        match stream.read(&mut chunk).await? {
            0 => break,
            count => raw.extend(chunk.iter().take(count)),
        }
    }
    let closed = decode(&raw, request.method == "HEAD", true);
    closed.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the response was cut off"))
}

fn encode(request: &Request) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let writes = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    let length = request.body.as_ref().map(String::len).or(writes.then_some(0));
    if let Some(length) = length.filter(|_| header(&request.headers, "content-length").is_none()) {
        text.push_str(&format!("Content-Length: {length}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(request.body.as_deref().unwrap_or_default());
    text.into_bytes()
}

/// Reads a response out of `raw`; `None` while it is incomplete.
fn decode(raw: &[u8], head: bool, closed: bool) -> Option<Response> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(raw.get(..end)?).into_owned();
    let mut lines = text.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let body = raw.get(end + 4..)?;
    let body = if head || status == 204 || status == 304 || status < 200 {
        Vec::new()
    } else if header(&headers, "transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        unchunk(body)?
    } else if let Some(length) = header(&headers, "content-length") {
        body.get(..length.parse().ok()?)?.to_vec()
    } else if closed {
        body.to_vec()
    } else {
        return None;
    };
    let body = crate::compress::decode(header(&headers, "content-encoding"), body);
    Some(Response { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = String::from_utf8_lossy(rest.get(..end)?).into_owned();
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let data = rest.get(end + 2..end + 2 + size)?;
        if size == 0 {
            return Some(out);
        }
        out.extend(data);
        rest = rest.get(end + 2 + size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_duplicates_survive() {
        let raw = b"HTTP/1.1 201 Created\r\nX-Ratelimit-Limit: 10\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nhi";
        let response = decode(raw, false, false);
        let names: Vec<&str> =
            response.iter().flat_map(|r| r.headers.iter().map(|(name, _)| name.as_str())).collect();
        assert_eq!(names, ["X-Ratelimit-Limit", "Set-Cookie", "Set-Cookie", "Content-Length"]);
        assert_eq!(response.map(|r| r.body).as_deref(), Some("hi"));
    }

    #[test]
    fn an_incomplete_body_is_waited_for() {
        assert!(decode(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", false, false).is_none());
        assert!(decode(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, false).is_some());
    }

    #[test]
    fn chunks_are_joined() {
        assert_eq!(unchunk(b"2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n").as_deref(), Some(b"hi!".as_slice()));
    }

    #[test]
    fn header_lines_go_out_as_given() {
        let request = Request {
            method: "POST".into(),
            path: "/x".into(),
            headers: vec![
                ("hOsT".into(), "h".into()),
                ("Cookie".into(), "a".into()),
                ("Cookie".into(), "b".into()),
            ],
            body: None,
        };
        let sent = String::from_utf8(encode(&request)).unwrap_or_default();
        assert_eq!(
            sent,
            "POST /x HTTP/1.1\r\nhOsT: h\r\nCookie: a\r\nCookie: b\r\nContent-Length: 0\r\n\r\n"
        );
    }
}
