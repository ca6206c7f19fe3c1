//! What real servers and proxies send: interim answers, answers without a body, odd cookies, bytes beyond ASCII, heads without end.

use std::time::{Duration, Instant};

use appwrite_session_core::{Cause, Error, ErrorCode, Method, Retries, SessionClient, Timeouts};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::{
    limits::serve,
    support::{Profile, SHORT, World, call, on, sign_in},
};

/// A client with somebody signed in, whose gateway is `origin`.
async fn signed_in(world: &World, origin: &str, timeouts: Timeouts) -> SessionClient {
    let client = world.bare().gateway(origin).timeouts(timeouts).build().unwrap();
    sign_in(&client, &world.server.person()).await;
    client
}

async fn write(mut stream: TcpStream, parts: &[&[u8]]) -> TcpStream {
    for part in parts {
        stream.write_all(part).await.unwrap();
    }
    stream
}

#[test]
fn an_interim_answer_is_followed_by_the_real_one() {
    on(Profile::V1_9, async |world: &World| {
        let hints = async |stream: TcpStream| {
            let hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
            drop(write(stream, &[hint, hint, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]).await);
        };
        let (origin, requests) = serve(hints).await;
        let client = signed_in(world, &origin, SHORT).await;
        let answer = client.get("/orders").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.bytes().as_ref()), (200, b"ok".as_slice()));
        assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 1);
    });
}

#[test]
fn a_length_without_a_body_is_not_waited_for_where_there_is_none() {
    on(Profile::V1_9, async |world: &World| {
        let head = async |stream: TcpStream| {
            let mut stream = write(stream, &[b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"]).await;
            let _ = stream.read_u8().await;
        };
        let unchanged = async |stream: TcpStream| {
            let head = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: \"a\"\r\n\r\n";
            let mut stream = write(stream, &[head]).await;
            let _ = stream.read_u8().await;
        };
        let (to_head, to_get) = (serve(head).await.0, serve(unchanged).await.0);
        let builder = world.bare().gateway(to_head.as_str()).gateway(to_get.as_str());
        // Nor is it a body that is too long: whoever asks with HEAD wants to know the length.
        let client = builder.response_limit(999).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        assert_eq!(call(&client, Method::HEAD, &format!("{to_head}/orders")).await, Ok(200));
        let answer = client.get(&format!("{to_get}/orders")).header("If-None-Match", "\"a\"").send().await;
        let answer = answer.unwrap();
        assert_eq!((answer.status().as_u16(), answer.bytes().len()), (304, 0));
    });
}

#[test]
fn an_answer_that_comes_before_the_whole_upload_is_the_answer() {
    on(Profile::V1_9, async |world: &World| {
        let refuses = async |stream: TcpStream| {
            let head = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let mut stream = write(stream, &[head]).await;
            let mut rest = vec![0; 64 << 10];
            while stream.read(&mut rest).await.is_ok_and(|length| length > 0) {}
        };
        let (origin, requests) = serve(refuses).await;
        let client = signed_in(world, &origin, SHORT).await;
        let answer = client.post("/upload").body(vec![b'x'; 8 << 20]).send().await.unwrap();
        assert_eq!(answer.status(), 413);
        assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 1);
    });
}

#[test]
fn header_values_beyond_ascii_pass_in_both_directions() {
    on(Profile::V1_9, async |world: &World| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            write(stream, &[b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 0\r\n\r\n"]).await;
            head
        });
        let client = signed_in(world, &origin, SHORT).await;
        let answer = client.get("/orders").header("X-Name", "Zo\u{eb}").send().await.unwrap();
        assert_eq!(answer.headers()["x-name"].as_bytes(), b"caf\xe9");
        let head = server.await.unwrap();
        let sent = "Zo\u{eb}".as_bytes();
        assert!(head.windows(sent.len()).any(|bytes| bytes == sent), "{}", String::from_utf8_lossy(&head));
    });
}

/// A gateway that answers each request on its connection with these lines of `Set-Cookie`. Each head that it had is sent.
async fn cookies(lines: Vec<Vec<u8>>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (heads, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (heads, lines) = (heads.clone(), lines.clone());
            tokio::spawn(async move {
                loop {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let _ = heads.send(String::from_utf8_lossy(&head).to_ascii_lowercase());
                    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n".to_vec();
                    for line in &lines {
                        answer.extend([b"Set-Cookie: ", line.as_slice(), b"\r\n"].concat());
                    }
                    answer.extend(b"\r\n");
                    stream.write_all(&answer).await.unwrap();
                }
            });
        }
    });
    (origin, seen)
}

#[test]
fn wild_cookies_of_a_gateway_break_nothing() {
    on(Profile::V1_9, async |world: &World| {
        let project = world.server.project();
        let wild: [&[u8]; 9] = [
            b"",
            b"=",
            b"; Path=/",
            b"no-value",
            b"\xff\xfe=1",
            b"a=1; Domain=example.com",
            b"b=1; Expires=never; Max-Age=much; SameSite=odd",
            b"sticky=node-1; Secure; HttpOnly",
            format!("a_session_{project}=stolen; Path=/").leak().as_bytes(),
        ];
        let (origin, mut heads) = cookies(wild.iter().map(|line| line.to_vec()).collect()).await;
        let client = signed_in(world, &origin, SHORT).await;
        for _ in 0..2 {
            assert_eq!(call(&client, Method::GET, "/orders").await, Ok(200));
        }
        let (_, second) = (heads.recv().await.unwrap(), heads.recv().await.unwrap());
        assert!(second.contains("sticky=node-1"), "Secure counts as met on this machine itself: {second}");
        assert!(!second.contains("stolen") && !second.contains("a=1"), "{second}");
        assert_eq!(second.matches("a_session_").count(), 1, "{second}");
    });
}

#[test]
fn cookies_without_end_do_not_make_a_request_grow() {
    on(Profile::V1_9, async |world: &World| {
        // Just below what the head of an answer may have.
        let many = (0..80).map(|index| format!("c{index}={}", "x".repeat(4000)).into_bytes()).collect();
        let (origin, mut heads) = cookies(many).await;
        let client = signed_in(world, &origin, SHORT).await;
        let mut longest = 0;
        for _ in 0..3 {
            assert_eq!(call(&client, Method::GET, "/orders").await, Ok(200));
            longest = longest.max(heads.recv().await.unwrap().len());
        }
        assert!(longest < 16 << 10, "a head of {longest} bytes");
    });
}

#[test]
fn a_head_without_end_is_given_up() {
    on(Profile::V1_9, async |world: &World| {
        let endless = async |mut stream: TcpStream| {
            let mut going = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            let line = [b"X-A: ".as_slice(), &[b'x'; 8000], b"\r\n"].concat();
            while going.is_ok() {
                going = stream.write_all(&line).await;
            }
        };
        let (origin, requests) = serve(endless).await;
        let client = world.bare().gateway(origin.as_str()).retries(Retries::default()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let error = client.get("/orders").send().await.unwrap_err();
        assert_eq!((error.code(), error.cause()), (ErrorCode::InvalidResponse, Some(Cause::Protocol)));
        assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 1, "and not asked for again");
    });
}

#[test]
fn the_body_of_a_redirect_is_not_waited_for() {
    on(Profile::V1_9, async |world: &World| {
        let (target, _) = serve(async |stream: TcpStream| {
            drop(write(stream, &[b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]).await);
        })
        .await;
        let target: &'static str = target.leak();
        let stalls = move |stream: TcpStream| async move {
            let head = format!(
                "HTTP/1.1 303 See Other\r\nLocation: {target}/done\r\nContent-Length: 100\r\n\r\nhalf"
            );
            let mut stream = write(stream, &[head.as_bytes()]).await;
            let _ = stream.read_u8().await;
        };
        let (origin, _) = serve(stalls).await;
        let client = world.bare().gateway(origin.as_str()).gateway(target).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let started = Instant::now();
        assert_eq!(call(&client, Method::POST, "/orders").await, Ok(200));
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    });
}

#[test]
fn json_may_be_packed_in_pieces_and_begin_with_a_byte_order_mark() {
    on(Profile::V1_9, async |world: &World| {
        let packed = async |mut stream: TcpStream| {
            let text = b"\xef\xbb\xbf{\"orders\":[1,2]}";
            let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
            body.extend(miniz_oxide::deflate::compress_to_vec(text, 6));
            body.extend(crc32(text).to_le_bytes());
            body.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
                .await
                .unwrap();
            for byte in body {
                stream.write_all(&[b"1\r\n".as_slice(), &[byte], b"\r\n"].concat()).await.unwrap();
            }
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        };
        let (origin, _) = serve(packed).await;
        let client = signed_in(world, &origin, SHORT).await;
        let answer = client.get("/orders").send().await.unwrap();
        assert_eq!(answer.json::<serde_json::Value>().unwrap()["orders"][1], 2);
    });
}

/// The sum that ends what gzip has packed.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[test]
fn an_answer_that_is_cut_off_while_it_is_unpacked_is_an_error_and_no_short_text() {
    on(Profile::V1_9, async |world: &World| {
        let cut = async |stream: TcpStream| {
            let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
            body.extend(miniz_oxide::deflate::compress_to_vec(&[b'x'; 5000], 6));
            body.truncate(body.len() - 4);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            drop(write(stream, &[head.as_bytes(), &body]).await);
        };
        let (origin, _) = serve(cut).await;
        let client = signed_in(world, &origin, SHORT).await;
        let error: Error = client.get("/orders").send().await.unwrap_err();
        assert!(error.may_have_arrived(), "{error:?}");
        assert_ne!(error.code(), ErrorCode::Internal);
    });
}
