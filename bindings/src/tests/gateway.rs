//! Streams, events, files and their progress across the border.

use std::{
    fs,
    os::fd::IntoRawFd as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use mock_appwrite::{Aim, Control, Fault, MockAppwrite};

use super::{EMAIL, PASSWORD, Records, begun, options, run};
use crate::{
    Carrier, CoreClient, CoreError, CoreProxy, CoreTransfer, FileSource, FormContent, FormField, GatewayBody,
    GatewayCall, GatewayOptions, GatewayRequestOptions, HostFile, HostFileError, PinOptions, SentFile,
    TransferDirection,
};

fn request(method: &str, target: &str) -> GatewayRequestOptions {
    GatewayRequestOptions {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: GatewayBody::Bytes { bytes: Vec::new() },
        timeout_ms: None,
        repeatable: false,
        response_limit: None,
        observed: false,
    }
}

fn get(client: &CoreClient, target: &str) -> GatewayCall {
    client.request(request("GET", target)).unwrap()
}

async fn signed_in(mock: &MockAppwrite, control: &Control, store: &Arc<Records>) -> Arc<CoreClient> {
    control.user(EMAIL, PASSWORD);
    let gateway = GatewayOptions {
        url: mock.gateway(),
        carrier: Carrier::Cookie,
        pins: None,
        headers: vec![crate::Header { name: "X-Own".to_owned(), value: "1".to_owned() }],
        traced: true,
    };
    let options = crate::ClientOptions { gateways: vec![gateway], ..options(mock) };
    let client = Arc::new(CoreClient::new(options, Some(store.clone()), None, None).unwrap());
    client.sign_in_with_email(EMAIL.to_owned(), PASSWORD.to_owned()).await.unwrap();
    client
}

async fn hung_up(control: &Control, count: usize) {
    control.wait_for_journal(|entries| entries.iter().filter(|entry| entry.hung_up).count() == count).await;
}

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("appwrite-session-border-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn at(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file that only the host can open.
struct Descriptors(PathBuf, AtomicUsize);

impl HostFile for Descriptors {
    fn open(&self) -> Result<i32, HostFileError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let file = fs::File::open(&self.0).map_err(|_| HostFileError::NotFound)?;
        Ok(file.into_raw_fd())
    }
}

#[test]
fn an_answer_is_read_as_it_comes_and_closed_while_somebody_waits() {
    run(async |mock, control, store| {
        let client = signed_in(&mock, &control, &store).await;
        let reader = get(&client, "/gateway/feed").open().await.unwrap().unwrap();
        assert_eq!((reader.head().status, reader.length()), (200, None));
        control.say(None, "one");
        assert_eq!(reader.next().await.unwrap().unwrap(), b"one");
        // Who gives up waiting has lost nothing.
        let mut waiting = Box::pin(reader.next());
        begun(waiting.as_mut()).await;
        drop(waiting);
        control.say(None, "two");
        assert_eq!(reader.next().await.unwrap().unwrap(), b"two");
        let mut waiting = Box::pin(reader.next());
        begun(waiting.as_mut()).await;
        reader.close();
        assert_eq!(waiting.await.unwrap(), None);
        hung_up(&control, 1).await;
        let seen = control.journal().into_iter().rfind(|entry| entry.path == "/gateway/feed").unwrap();
        assert!(seen.header("x-own") == Some("1") && seen.header("traceparent").is_some());
        // Nobody waits for this one, and it is closed as well.
        let reader = get(&client, "/gateway/feed").open().await.unwrap().unwrap();
        reader.close();
        hung_up(&control, 2).await;
        assert_eq!(reader.next().await.unwrap(), None);
        // This one is dropped.
        drop(get(&client, "/gateway/feed").open().await.unwrap().unwrap());
        hung_up(&control, 3).await;
        client.shut_down().await;
    });
}

#[test]
fn an_answer_is_closed_right_after_its_reader_gave_up() {
    run(async |mock, control, store| {
        let client = signed_in(&mock, &control, &store).await;
        for count in 1..=20 {
            let reader = get(&client, "/gateway/feed").open().await.unwrap().unwrap();
            let mut waiting = Box::pin(reader.next());
            begun(waiting.as_mut()).await;
            drop(waiting);
            reader.close();
            hung_up(&control, count).await;
        }
        client.shut_down().await;
    });
}

#[test]
fn events_go_on_after_the_connection_broke_and_end_with_the_session() {
    run(async |mock, control, store| {
        let client = signed_in(&mock, &control, &store).await;
        let events = get(&client, "/gateway/events").events().await.unwrap().unwrap();
        control.say(Some("tick"), "one");
        let event = events.next().await.unwrap().unwrap();
        assert_eq!((event.kind.as_str(), event.id.as_str(), event.data.as_str()), ("tick", "1", "one"));
        control.break_feed();
        control.say(None, "two");
        assert_eq!(events.next().await.unwrap().unwrap().data, "two");
        let mut waiting = Box::pin(events.next());
        begun(waiting.as_mut()).await;
        client.sign_out().await.unwrap();
        let CoreError::Failed { code, .. } = waiting.await.err().unwrap();
        assert_eq!(code, "signed_out");
        assert!(events.next().await.unwrap().is_none());
        client.shut_down().await;
    });
}

#[test]
fn files_are_sent_and_received_with_progress_to_the_last_byte() {
    run(async |mock, control, store| {
        let (client, folder) = (signed_in(&mock, &control, &store).await, Folder::new("files"));
        let path = folder.at("photo");
        fs::write(&path, vec![b'a'; 700_001]).unwrap();
        let descriptors = Arc::new(Descriptors(PathBuf::from(&path), AtomicUsize::new(0)));
        let file = SentFile {
            source: FileSource::Host { file: descriptors.clone() },
            name: Some("holiday.jpg".to_owned()),
            content_type: Some("image/jpeg".to_owned()),
        };
        let body = GatewayBody::File { file: file.clone() };
        let call = client.request(GatewayRequestOptions {
            body,
            observed: true,
            ..request("PUT", "/gateway/whoami")
        });
        let call = call.unwrap();
        let progress = async {
            let mut last = None;
            while let Some(transfer) = call.progress().await {
                last = Some(transfer);
            }
            last
        };
        let (reply, last) = tokio::join!(call.send(), progress);
        let text = String::from_utf8(reply.unwrap().unwrap().body).unwrap();
        assert!(text.contains(r#""bodyLength":700001"#), "{text}");
        let whole = |direction| Some(CoreTransfer { direction, bytes: 700_001, total: Some(700_001) });
        assert_eq!(last, whole(TransferDirection::Up));
        assert_eq!(descriptors.1.load(Ordering::Relaxed), 2, "for its length, and to send it");

        let text = FormContent::Text { text: "Grüße".to_owned() };
        let fields = vec![
            FormField { name: "title".to_owned(), content: text },
            FormField { name: "photo".to_owned(), content: FormContent::File { file } },
        ];
        let body = GatewayBody::Form { fields };
        let call =
            client.request(GatewayRequestOptions { body, ..request("POST", "/gateway/form") }).unwrap();
        let reply = String::from_utf8(call.send().await.unwrap().unwrap().body).unwrap();
        assert!(reply.contains(r#""fileName":"holiday.jpg""#) && reply.contains("Grüße"), "{reply}");
        assert_eq!(call.progress().await, None, "nobody observes it");

        let call = client
            .request(GatewayRequestOptions { observed: true, ..request("GET", "/gateway/bytes/700001") });
        let call = call.unwrap();
        let reply = call.download(folder.at("archive")).await.unwrap().unwrap();
        assert_eq!((reply.status, reply.body.len()), (200, 0));
        assert_eq!(call.progress().await, whole(TransferDirection::Down));
        assert_eq!(call.progress().await, None);
        assert_eq!(fs::metadata(folder.at("archive")).unwrap().len(), 700_001);

        let missing =
            FileSource::Host { file: Arc::new(Descriptors(folder.0.join("missing"), AtomicUsize::new(0))) };
        let file = SentFile { source: missing, name: None, content_type: None };
        let body = GatewayBody::File { file };
        let call =
            client.request(GatewayRequestOptions { body, ..request("PUT", "/gateway/whoami") }).unwrap();
        let CoreError::Failed { code, detail, .. } = call.send().await.err().unwrap();
        assert_eq!((code.as_str(), detail.as_deref()), ("file_failed", Some("not_found")));
        client.shut_down().await;
    });
}

#[test]
fn a_download_that_is_cancelled_hangs_up_and_leaves_nothing() {
    run(async |mock, control, store| {
        let (client, folder) = (signed_in(&mock, &control, &store).await, Folder::new("cancelled"));
        let stalled = control.fault(Aim::at("GET", "/gateway/bytes/700001"), 1, Fault::StallBody);
        let call = client
            .request(GatewayRequestOptions { observed: true, ..request("GET", "/gateway/bytes/700001") });
        let call = call.unwrap();
        let downloading = call.download(folder.at("archive"));
        let cancelling = async {
            control.wait_for_hits(stalled, 1).await;
            // Something is in the file.
            assert!(call.progress().await.unwrap().bytes > 0);
            call.cancel();
        };
        let (downloaded, ()) = tokio::join!(downloading, cancelling);
        assert!(downloaded.unwrap().is_none());
        hung_up(&control, 1).await;
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
        client.shut_down().await;
    });
}

#[test]
fn pins_and_a_proxy_reach_the_core() {
    run(async |mock, _, store| {
        let pin = |last: char| format!("sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5{last}=");
        let built =
            |options: crate::ClientOptions| match CoreClient::new(options, Some(store.clone()), None, None) {
                Ok(_) => None,
                Err(CoreError::Failed { text, .. }) => Some(text),
            };
        let pins = PinOptions { pins: vec![pin('E')], until: None };
        let gateway = GatewayOptions {
            url: "https://api.example.com".to_owned(),
            carrier: Carrier::Cookie,
            pins: Some(pins.clone()),
            headers: Vec::new(),
            traced: false,
        };
        let message = built(crate::ClientOptions { gateways: vec![gateway], ..options(&mock) }).unwrap();
        assert!(message.contains("backup"), "{message}");
        let https = || crate::ClientOptions {
            endpoint: "https://appwrite.example.com/v1".to_owned(),
            ..options(&mock)
        };
        assert!(
            built(crate::ClientOptions { endpoint_pins: Some(pins), ..https() }).unwrap().contains("backup")
        );
        let two = PinOptions { pins: vec![pin('E'), pin('I')], until: Some(4_102_444_800_000) };
        assert_eq!(built(crate::ClientOptions { endpoint_pins: Some(two), ..https() }), None);
        let proxy = CoreProxy::at("ftp://proxy.example.com".to_owned())
            .with_credentials("ada".to_owned(), "secret-of-the-proxy".to_owned());
        let message = built(crate::ClientOptions { proxy: Some(proxy), ..https() }).unwrap();
        assert!(message.contains("proxy") && !message.contains("secret-of-the-proxy"), "{message}");
    });
}
