//! Files that are sent and received, which are never held in memory.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use appwrite_session_core::{
    Direction, ErrorCode, Multipart, Retries, Transfer, UploadFile,
    bytes::Bytes,
    host::{Body, Chunks},
};

use crate::{
    by_hand::ByHand,
    journal::Seen,
    server::Profile,
    support::{World, on, polled, sign_in},
};

/// A body that is no multiple of anything, of letters, because the journal keeps text.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| b'a' + (index % 23) as u8).collect()
}

/// What `/gateway/bytes/…` answers.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

/// A folder of one test.
struct TestFolder(PathBuf);

impl TestFolder {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn folder() -> TestFolder {
    let path = std::env::temp_dir().join(format!("appwrite-session-files-{:016x}", fastrand::u64(..)));
    fs::create_dir(&path).unwrap();
    TestFolder(path)
}

/// The last request that the gateway got.
fn sent(world: &World) -> Seen {
    let journal = world.server.journal();
    journal.into_iter().rfind(|seen| !seen.by_gateway).unwrap()
}

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

type Told = Arc<Mutex<Vec<Transfer>>>;

fn observer() -> (Told, impl Fn(Transfer) + Send + Sync + 'static) {
    let told = Told::default();
    let own = told.clone();
    (told, move |transfer| own.lock().unwrap().push(transfer))
}

fn assert_ends_whole(told: &Told, direction: Direction, total: u64) {
    let told = told.lock().unwrap();
    assert!(told.iter().all(|transfer| transfer.direction == direction && transfer.total == Some(total)));
    assert!(told.is_sorted_by_key(|transfer| transfer.bytes), "{told:?}");
    assert_eq!(told.last().map(|transfer| transfer.bytes), Some(total));
}

#[test]
fn a_file_is_sent_as_it_is_with_its_length_and_progress() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let (folder, body) = (folder(), content(700_001));
        let path = folder.path().join("photo.jpg");
        fs::write(&path, &body).unwrap();
        let (told, observer) = observer();
        let file = UploadFile::at(&path).content_type("image/jpeg");
        let answer = client.put("/gateway/echo").file(file).on_progress(observer).send().await.unwrap();
        assert!(answer.is_success());
        let seen = sent(world);
        assert!(seen.body == body);
        assert_eq!(seen.header("content-type"), Some("image/jpeg"));
        assert_eq!(seen.header("content-length"), Some("700001"));
        assert_eq!(seen.header("transfer-encoding"), None);
        assert_ends_whole(&told, Direction::Up, 700_001);
        assert!(told.lock().unwrap().len() > 2, "it is told of on the way");
    });
}

#[test]
fn a_form_with_files_is_what_a_browser_would_send() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let (folder, body) = (folder(), content(300_000));
        let path = folder.path().join("a.bin");
        fs::write(&path, &body).unwrap();
        let form = Multipart::new()
            .text("title", "Ada\u{2019}s photo")
            .bytes("note\"\r\nX: y", "n\".txt", "text/plain\r\nX: y", "short")
            .file("photo", path.as_path());
        let (told, observer) = observer();
        client.post("/gateway/echo").multipart(form).on_progress(observer).send().await.unwrap();
        let seen = sent(world);
        let kind = seen.header("content-type").unwrap().to_owned();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert!(boundary.len() <= 70);
        let head = |text: &str| format!("--{boundary}\r\nContent-Disposition: form-data; {text}\r\n\r\n");
        let mut expected = Vec::new();
        expected.extend(head("name=\"title\"").into_bytes());
        expected.extend("Ada\u{2019}s photo\r\n".as_bytes());
        expected.extend(
            head("name=\"note%22%0D%0AX: y\"; filename=\"n%22.txt\"\r\nContent-Type: text/plainX: y")
                .into_bytes(),
        );
        expected.extend(b"short\r\n");
        expected.extend(
            head("name=\"photo\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream").into_bytes(),
        );
        expected.extend(&body);
        expected.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
        assert!(seen.body == expected, "{}", String::from_utf8_lossy(&seen.body[..1000]));
        assert_ends_whole(&told, Direction::Up, expected.len() as u64);
    });
}

#[test]
fn a_file_is_read_again_where_the_call_is_sent_again() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let (folder, body) = (folder(), content(100_000));
        let path = folder.path().join("a.bin");
        fs::write(&path, &body).unwrap();
        let (answer, ()) = tokio::join!(client.put("/photo").file(path.as_path()).send(), async {
            for status in [503, 307] {
                let talk = gateway.request().await;
                assert!(talk.body == body);
                talk.answer(status, "Location: /other\r\n", "").await;
            }
            let talk = gateway.request().await;
            assert!(talk.head.starts_with("PUT /other "));
            assert!(talk.body == body);
            talk.answer(200, "", "").await;
        });
        assert!(answer.unwrap().is_success());
    });
}

#[test]
fn a_file_that_cannot_be_sent_is_told_and_nothing_leaves() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let folder = folder();
        let before = world.server.journal().len();
        for (path, fault) in
            [(folder.path().join("none"), "not_found"), (folder.path().to_owned(), "not_a_file")]
        {
            let error = client.put("/gateway/echo").file(path.as_path()).send().await.unwrap_err();
            assert_eq!((error.code(), error.detail()), (ErrorCode::FileFailed, Some(fault)));
            assert!(!error.may_have_arrived() && !error.is_retryable());
        }
        assert_eq!(world.server.journal().len(), before);
    });
}

#[test]
fn a_file_that_became_shorter_never_looks_whole() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let folder = folder();
        let (long, short) = (folder.path().join("long"), folder.path().join("short"));
        fs::write(&long, content(400_000)).unwrap();
        fs::write(&short, content(300_000)).unwrap();
        let opened = AtomicUsize::new(0);
        let file = UploadFile::opened_by("photo", move || {
            File::open(if opened.fetch_add(1, Ordering::SeqCst) == 0 { &long } else { &short })
        });
        let before = world.server.journal().len();
        let error = client.put("/gateway/echo").file(file).send().await.unwrap_err();
        assert_eq!((error.code(), error.detail()), (ErrorCode::FileFailed, Some("changed")));
        assert_eq!(world.server.journal().len(), before, "the gateway saw a request");
    });
}

#[test]
fn a_stream_is_sent_with_and_without_a_length() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        for length in [Some(6), None] {
            let make = || Body::new(Parts(vec!["two", "one"]), None);
            let answer = client.put("/gateway/echo").body_stream(length, make).send().await.unwrap();
            assert_eq!(answer.text(), "onetwo");
        }
        let make = || Body::new(Parts(vec!["one"]), None);
        let error = client.put("/gateway/echo").body_stream(Some(6), make).send().await.unwrap_err();
        assert_eq!(error.detail(), Some("changed"));
    });
}

struct Parts(Vec<&'static str>);

impl Chunks for Parts {
    fn poll_chunk(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, appwrite_session_core::TransportError>>> {
        std::task::Poll::Ready(self.0.pop().map(|part| Ok(Bytes::from_static(part.as_bytes()))))
    }
}

#[test]
fn a_download_appears_when_it_is_whole() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let folder = folder();
        let path = folder.path().join("export.bin");
        fs::write(&path, "the old one").unwrap();
        let (told, observer) = observer();
        let call = client.get("/gateway/bytes/700001").on_progress(observer);
        let answer = call.download_to(&path).await.unwrap();
        assert!(answer.is_success() && answer.bytes().is_empty());
        assert!(fs::read(&path).unwrap() == bytes(700_001));
        assert_eq!(names(folder.path()), ["export.bin"]);
        assert_ends_whole(&told, Direction::Down, 700_001);
    });
}

#[test]
fn a_download_that_fails_leaves_what_was_there() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let folder = folder();
        let path = folder.path().join("export.bin");
        fs::write(&path, "the old one").unwrap();
        let answer = client.get("/gateway/status/404").download_to(&path).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.bytes().is_empty()), (404, false));
        let call = client.get("/gateway/bytes/1000").response_limit(999);
        assert_eq!(call.download_to(&path).await.unwrap_err().code(), ErrorCode::ResponseTooLarge);
        let nowhere = folder.path().join("none/export.bin");
        let error = client.get("/gateway/bytes/10").download_to(nowhere).await.unwrap_err();
        assert_eq!((error.code(), error.detail()), (ErrorCode::FileFailed, Some("not_found")));
        assert!(!error.may_have_arrived());
        let error = client.get("/gateway/bytes/10").download_to(folder.path()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::FileFailed);
        assert_eq!(fs::read_to_string(&path).unwrap(), "the old one");
        assert_eq!(names(folder.path()), ["export.bin"]);
    });
}

#[test]
fn a_download_goes_on_where_it_broke_off() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let folder = folder();
        let path = folder.path().join("export.txt");
        let (answer, ()) = tokio::join!(client.get("/export").download_to(&path), async {
            let mut talk = gateway.request().await;
            assert_eq!((talk.header("range"), talk.header("accept-encoding")), (None, Some("identity")));
            talk.begin(200, "Content-Length: 10\r\nETag: \"v1\"\r\n").await;
            talk.say("0123").await;
            drop(talk);
            let mut talk = gateway.request().await;
            assert_eq!((talk.header("range"), talk.header("if-range")), (Some("bytes=4-"), Some("\"v1\"")));
            assert!(talk.header("cookie").is_some());
            talk.begin(206, "Content-Length: 6\r\nContent-Range: bytes 4-9/10\r\nETag: \"v1\"\r\n").await;
            talk.say("45").await;
            drop(talk);
            let talk = gateway.request().await;
            assert_eq!(talk.header("range"), Some("bytes=6-"));
            talk.answer(206, "Content-Range: bytes 6-9/10\r\nETag: \"v1\"\r\n", "6789").await;
        });
        assert!(answer.unwrap().is_success());
        assert_eq!(fs::read_to_string(&path).unwrap(), "0123456789");
        assert_eq!(names(folder.path()), ["export.txt"]);
    });
}

#[test]
fn two_versions_are_never_mixed() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let folder = folder();
        let path = folder.path().join("export.txt");
        // What comes after the break: another version from its start, or a rest that nobody asked for.
        for (validator, again) in [("ETag: \"v1\"\r\n", true), ("ETag: W/\"v1\"\r\n", false), ("", false)] {
            let (answer, ()) = tokio::join!(client.get("/export").download_to(&path), async {
                let mut talk = gateway.request().await;
                talk.begin(200, &format!("Content-Length: 10\r\n{validator}")).await;
                talk.say("0123").await;
                drop(talk);
                let talk = gateway.request().await;
                assert_eq!(talk.header("range").is_some(), again, "{validator}");
                talk.answer(200, "ETag: \"v2\"\r\n", "abcdef").await;
            });
            answer.unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "abcdef");
        }
    });
}

#[test]
fn a_dropped_download_leaves_nothing() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let folder = folder();
        let path = folder.path().join("export.txt");
        let (told, observer) = observer();
        {
            let download = client.get("/export").on_progress(observer).download_to(&path);
            let mut download = std::pin::pin!(download);
            let serve = async {
                let mut talk = gateway.request().await;
                talk.begin(200, "Content-Length: 1000000\r\n").await;
                talk.say(&"x".repeat(300_000)).await;
                talk
            };
            let talk = tokio::select! {
                _ = &mut download => panic!("it is not whole"),
                talk = serve => talk,
            };
            while told.lock().unwrap().is_empty() {
                tokio::select! {
                    _ = &mut download => panic!("it is not whole"),
                    () = tokio::task::yield_now() => {}
                }
            }
            assert_eq!(names(folder.path()).len(), 1, "a hidden draft");
            assert!(!path.exists());
            drop(talk);
        }
        assert!(names(folder.path()).is_empty());
    });
}

#[test]
fn a_sign_out_ends_a_download_for_good() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let folder = folder();
        let path = folder.path().join("export.txt");
        let (answer, ()) = tokio::join!(client.get("/export").download_to(&path), async {
            let mut talk = gateway.request().await;
            talk.begin(200, "Content-Length: 10\r\nETag: \"v1\"\r\n").await;
            talk.say("0123").await;
            client.sign_out().await.unwrap();
            talk.closed().await;
        });
        assert_eq!(answer.unwrap_err().code(), ErrorCode::SignedOut);
        assert!(names(folder.path()).is_empty());
    });
}

#[test]
fn a_file_that_cannot_be_opened_again_is_told() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let (folder, opened) = (folder(), AtomicUsize::new(0));
        let path = folder.path().join("a");
        fs::write(&path, "abc").unwrap();
        let file = UploadFile::opened_by("a", move || {
            if opened.fetch_add(1, Ordering::SeqCst) == 0 {
                File::open(&path)
            } else {
                Err(io::ErrorKind::PermissionDenied.into())
            }
        });
        let error = client.put("/gateway/echo").file(file).send().await.unwrap_err();
        assert_eq!((error.code(), error.detail()), (ErrorCode::FileFailed, Some("not_permitted")));
    });
}

#[test]
fn a_download_of_one_user_never_goes_on_as_another() {
    on(Profile::V1_9, async |world: &World| {
        let hour = Duration::from_secs(3600);
        let waits = Retries { attempts: 3, base: hour, longest: hour };
        let (gateway, client) = ByHand::start_with(world, waits).await;
        let folder = folder();
        let path = folder.path().join("export.txt");
        let (told, observer) = observer();
        let broken = async {
            let mut talk = gateway.request().await;
            talk.begin(200, "Content-Length: 10\r\nETag: \"v1\"\r\n").await;
            talk.say("0123").await;
            drop(talk);
            // The break was seen: what came before it was written.
            while told.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            sign_in(&client, &world.server.person()).await;
            client.network_changed();
            let talk = gateway.request().await;
            panic!("asked for as another: {}", talk.head);
        };
        let answer = tokio::select! {
            answer = client.get("/export").on_progress(observer).download_to(&path) => answer,
            () = broken => unreachable!(),
        };
        assert_eq!(answer.unwrap_err().code(), ErrorCode::Superseded);
        assert!(names(folder.path()).is_empty());
    });
}

/// Downloads what `answers` say: the head and the body of each, and whether it is asked for a range that begins at a byte.
async fn downloaded(world: &World, answers: &[(Option<u64>, u16, &str, &str)]) -> Result<String, ErrorCode> {
    let (gateway, client) = ByHand::start(world).await;
    let folder = folder();
    let path = folder.path().join("export.txt");
    let (answer, ()) = tokio::join!(client.get("/export").download_to(&path), async {
        for (from, status, headers, body) in answers {
            let mut talk = gateway.request().await;
            let range = from.map(|from| format!("bytes={from}-"));
            assert_eq!(talk.header("range"), range.as_deref());
            talk.begin(*status, headers).await;
            talk.say(body).await;
        }
    });
    answer.map(|_| fs::read_to_string(&path).unwrap()).map_err(|error| error.code())
}

#[test]
fn a_part_of_another_version_is_not_taken_for_the_rest() {
    on(Profile::V1_9, async |world: &World| {
        let rest = "Content-Length: 6\r\nContent-Range: bytes 4-9/10\r\nETag: \"v2\"\r\n";
        let answers = [
            (None, 200, "Content-Length: 10\r\nETag: \"v1\"\r\n", "0123"),
            (Some(4), 206, rest, "efghij"),
            (None, 200, "Content-Length: 10\r\nETag: \"v2\"\r\n", "abcdefghij"),
        ];
        assert_eq!(downloaded(world, &answers).await, Ok("abcdefghij".to_owned()));
    });
}

#[test]
fn a_rest_that_is_not_all_of_it_is_not_taken_for_the_whole() {
    on(Profile::V1_9, async |world: &World| {
        let tag = "ETag: \"v1\"\r\n";
        let answers = [
            (None, 200, &*format!("Content-Length: 10\r\n{tag}"), "0123"),
            (Some(4), 206, &*format!("Content-Length: 2\r\nContent-Range: bytes 4-5/10\r\n{tag}"), "45"),
            // Whose body ends with the connection, and too early.
            (Some(6), 206, &*format!("Content-Range: bytes 6-9/10\r\n{tag}"), "67"),
            (Some(8), 206, &*format!("Content-Length: 2\r\nContent-Range: bytes 8-9/10\r\n{tag}"), "89"),
        ];
        assert_eq!(downloaded(world, &answers).await, Ok("0123456789".to_owned()));
    });
}

#[test]
fn a_rest_need_not_repeat_the_date_of_the_last_change() {
    on(Profile::V1_9, async |world: &World| {
        let date = "Last-Modified: Tue, 01 Dec 2020 00:00:00 GMT\r\n";
        let answers = [
            (None, 200, &*format!("Content-Length: 10\r\n{date}"), "0123"),
            (Some(4), 206, "Content-Length: 6\r\nContent-Range: bytes 4-9/10\r\n", "45"),
            (Some(6), 206, "Content-Length: 4\r\nContent-Range: bytes 6-9/10\r\n", "6789"),
        ];
        assert_eq!(downloaded(world, &answers).await, Ok("0123456789".to_owned()));
    });
}

#[test]
fn a_download_that_always_breaks_is_given_up() {
    on(Profile::V1_9, async |world: &World| {
        let answers = [(None, 200, "Content-Length: 10\r\n", "0123"); 4];
        assert_eq!(downloaded(world, &answers).await, Err(ErrorCode::Network));
    });
}

#[test]
fn a_part_that_nobody_asked_for_is_no_file() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let folder = folder();
        let path = folder.path().join("export.txt");
        let (answer, ()) = tokio::join!(client.post("/export").download_to(&path), async {
            gateway.request().await.answer(206, "Content-Range: bytes 0-3/10\r\n", "0123").await;
        });
        assert_eq!(answer.unwrap_err().code(), ErrorCode::InvalidResponse);
        assert!(names(folder.path()).is_empty());
    });
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_file_and_nobody_waits_for_its_writer() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let folder = folder();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let call = tokio::time::timeout(
            Duration::from_secs(5),
            client.put("/gateway/echo").file(path.as_path()).send(),
        );
        let answer = call.await;
        if answer.is_err() {
            // Whoever waits for a writer gets one, so that the test can end.
            drop(fs::OpenOptions::new().write(true).open(&path));
        }
        let error = answer.expect("an answer in time").unwrap_err();
        assert_eq!((error.code(), error.detail()), (ErrorCode::FileFailed, Some("not_a_file")));
    });
}

#[test]
fn a_file_can_have_the_longest_name_that_there_is() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let folder = folder();
        let path = folder.path().join("n".repeat(255));
        client.get("/gateway/bytes/10").download_to(&path).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes(10));
    });
}

#[test]
fn a_download_that_is_dropped_while_its_file_is_made_leaves_nothing() {
    on(Profile::V1_9, async |world: &World| {
        let (client, _) = world.signed_in().await;
        let folder = folder();
        for _ in 0..50 {
            let download = client.get("/gateway/bytes/10").download_to(folder.path().join("export.bin"));
            assert!(polled(download, 1).await.is_none());
        }
        client.get("/gateway/bytes/10").download_to(folder.path().join("export.bin")).await.unwrap();
        while names(folder.path()) != ["export.bin"] {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn an_upload_that_is_refused_half_way_is_not_told_to_be_whole() {
    on(Profile::V1_9, async |world: &World| {
        let (gateway, client) = ByHand::start(world).await;
        let folder = folder();
        let path = folder.path().join("film");
        let length = 64 << 20;
        File::create(&path).unwrap().set_len(length).unwrap();
        let (told, observer) = observer();
        let call = client.put("/film").file(path.as_path()).on_progress(observer).send();
        let (answer, _talk) = tokio::join!(call, async {
            let mut talk = gateway.request_head().await;
            talk.begin(413, "Content-Length: 0\r\n").await;
            talk
        });
        if let Ok(answer) = answer {
            assert_eq!(answer.status(), 413);
        }
        assert!(
            told.lock().unwrap().iter().all(|transfer| transfer.bytes < length),
            "most of it was never sent"
        );
    });
}
