//! Gateways that answer too much: heads, headers and bodies have limits, and so has this process's memory.

use std::{
    env,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use appwrite_session_core::{Cause, ErrorCode, Retries, SessionClient, store::MemoryStore};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{PASSWORD, Profile, World, on, run, sign_in};

const CHILD: &str = "APPWRITE_SESSION_FLOODED";
const DECLARED: u64 = 2 << 30;

/// A server that answers each connection once with what `answer` writes. Its origin, and how many requests it had.
pub(crate) async fn serve<F: Future<Output = ()> + Send>(
    answer: impl Fn(TcpStream) -> F + Copy + Send + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = counted.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                counted.fetch_add(1, Ordering::SeqCst);
                answer(stream).await;
            });
        }
    });
    (origin, requests)
}

#[test]
fn an_answer_that_is_not_http_is_the_gateways_fault_and_asked_for_once() {
    on(Profile::V1_9, async |world: &World| {
        let nonsense = async |mut stream: TcpStream| {
            stream.write_all(b"NONSENSE\r\n\r\n").await.unwrap();
        };
        let many = async |mut stream: TcpStream| {
            let headers: String = (0..150).map(|index| format!("X-{index}: x\r\n")).collect();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{headers}\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
        };
        for (origin, requests) in [serve(nonsense).await, serve(many).await] {
            let client = world.bare().gateway(origin.as_str()).retries(Retries::default()).build().unwrap();
            sign_in(&client, &world.server.person()).await;
            let error = client.get("/orders").send().await.unwrap_err();
            assert_eq!((error.code(), error.cause()), (ErrorCode::InvalidResponse, Some(Cause::Protocol)));
            assert!(!error.is_retryable() && error.may_have_arrived());
            assert_eq!(requests.load(Ordering::SeqCst), 1);
        }
    });
}

/// `length` equal bytes, packed with gzip, as an answer.
async fn packed(mut stream: TcpStream, length: usize) {
    let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    body.extend(miniz_oxide::deflate::compress_to_vec(&vec![b'x'; length], 6));
    body.extend([0; 4]);
    body.extend(u32::try_from(length).unwrap().to_le_bytes());
    // The connection is closed afterwards, which the next request must know.
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n";
    let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
}

#[test]
fn a_packed_answer_is_unpacked_and_its_limit_is_that_of_what_comes_out() {
    on(Profile::V1_9, async |world: &World| {
        let (short, _) = serve(|stream| packed(stream, 1000)).await;
        let (bomb, _) = serve(|stream| packed(stream, 10_000_000)).await;
        let client = world.bare().gateway(short.as_str()).gateway(bomb.as_str()).build().unwrap();
        sign_in(&client, &world.server.person()).await;
        let answer = client.get("/orders").send().await.unwrap();
        assert_eq!(answer.bytes().as_ref(), [b'x'; 1000]);
        assert!(!answer.headers().contains_key("content-encoding"));
        let raw = client.get("/orders").header("Accept-Encoding", "gzip").send().await.unwrap();
        assert!(raw.headers().contains_key("content-encoding"), "an app that asks itself unpacks itself");
        let error = client.get(&format!("{bomb}/orders")).response_limit(100_000).send().await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ResponseTooLarge);
    });
}

/// Two gigabytes, declared as such or in chunks without end.
async fn flood(mut stream: TcpStream, declared: bool, sent: &AtomicU64) {
    let head =
        if declared { format!("Content-Length: {DECLARED}") } else { "Transfer-Encoding: chunked".into() };
    let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
    let mut piece = vec![b'x'; 1 << 16];
    if !declared {
        piece.splice(..0, *b"10000\r\n");
        piece.extend_from_slice(b"\r\n");
    }
    let mut going = stream.write_all(head.as_bytes()).await;
    while going.is_ok() && sent.load(Ordering::Relaxed) < DECLARED {
        going = stream.write_all(&piece).await;
        sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
    }
}

/// The child's memory is what counts: this process holds the servers, and starts itself again.
#[test]
#[cfg(target_os = "linux")]
fn memory_stays_small_while_a_gateway_sends_two_gigabytes() {
    if let Some(told) = env::var_os(CHILD) {
        let told = told.into_string().unwrap();
        let told: Vec<&str> = told.split(' ').collect();
        return run(be_flooded(&told));
    }
    on(Profile::V1_9, async |world: &World| {
        static SENT: AtomicU64 = AtomicU64::new(0);
        let (declared, _) = serve(|stream| flood(stream, true, &SENT)).await;
        let (endless, requests) = serve(|stream| flood(stream, false, &SENT)).await;
        let person = world.server.person();
        let told = [&world.server.endpoint(), &world.server.project(), &person.email, &declared, &endless];
        let told = told.map(String::as_str).join(" ");
        let child = tokio::task::spawn_blocking(move || {
            Command::new(env::current_exe().unwrap())
                .args([
                    "--exact",
                    "limits::memory_stays_small_while_a_gateway_sends_two_gigabytes",
                    "--nocapture",
                ])
                .env(CHILD, told)
                .output()
                .unwrap()
        });
        let output = child.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(requests.load(Ordering::SeqCst) >= 2, "the flood was met");
    });
}

#[cfg(target_os = "linux")]
async fn be_flooded(told: &[&str]) {
    let [endpoint, project, email, declared, endless] = told[..] else { panic!("{told:?}") };
    let client = SessionClient::builder(endpoint, project)
        .gateway(declared)
        .gateway(endless)
        .store(MemoryStore::new())
        .build()
        .unwrap();
    client.sign_in_with_email(email, PASSWORD).await.unwrap();
    for url in [declared, endless, endless] {
        let error = client.get(&format!("{url}/flood")).send().await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ResponseTooLarge, "{url}");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    eprintln!("peak of the resident memory: {peak} kB");
    assert!(peak < 64 << 10, "{peak} kB");
}
