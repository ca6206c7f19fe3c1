//! Webhooks: signed deliveries of events to URLs that a test gives (contract §14.22, §14.23).

use std::{io, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc::UnboundedReceiver,
};

use crate::{events::Event, php, shared::Shared};

/// A webhook of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it delivers to, as it was registered.
    pub url: String,
    /// The key that its deliveries are signed with.
    pub key: String,
    /// The names of the events that it is for.
    pub events: Vec<String>,
    /// Whether it delivers. Ten failures in a row switch it off.
    pub enabled: bool,
    /// How many deliveries in a row have failed.
    pub attempts: u32,
}

/// One delivery that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The webhook's id.
    pub webhook: String,
    /// The names of the event.
    pub events: Vec<String>,
    /// What the receiver answered; `None` if it gave no answer.
    pub status: Option<u16>,
}

/// After so many failures in a row a webhook is switched off.
const MOST_FAILURES: u32 = 10;
/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Delivers events one after the other, each once: a delivery that fails is not repeated.
pub(crate) async fn work(shared: Arc<Shared>, mut events: UnboundedReceiver<Arc<Event>>) {
    while let Some(event) = events.recv().await {
        let (webhooks, project, version) = {
            let world = shared.world();
            (world.webhooks.clone(), world.project.id.clone(), world.profile.traits().version)
        };
        let wants =
            |hook: &&Webhook| hook.enabled && hook.events.iter().any(|name| event.names.contains(name));
        for hook in webhooks.iter().filter(wants) {
            let request = request(hook, &event, &project, version);
            let status = match request {
                Some((address, bytes)) => tokio::time::timeout(PATIENCE, post(&address, &bytes)).await,
                None => Ok(Err(io::ErrorKind::InvalidInput.into())),
            };
            let status = status.ok().and_then(Result::ok);
            note(&shared, &hook.id, &event, status);
        }
    }
}

fn note(shared: &Shared, id: &str, event: &Event, status: Option<u16>) {
    let mut world = shared.world();
    if let Some(hook) = world.webhooks.iter_mut().find(|hook| hook.id == id) {
        match status {
            Some(status) if status < 400 => hook.attempts = 0,
            _ => {
                hook.attempts += 1;
                hook.enabled &= hook.attempts < MOST_FAILURES;
            }
        }
    }
    let delivery = Delivery { webhook: id.to_owned(), events: event.names.clone(), status };
    world.deliveries.push(delivery);
    drop(world);
    shared.ring();
}

/// The address of a webhook's receiver, and the request to it, header for header as the real server sends it.
fn request(hook: &Webhook, event: &Event, project: &str, version: &str) -> Option<(String, Vec<u8>)> {
    let rest = hook.url.strip_prefix("http://")?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let body = php::ascii_json(&event.payload);
    let mut headers = vec![
        ("Host", host.to_owned()),
        ("User-Agent", format!("Appwrite-Server v{version}. Please report abuse at security@example.com")),
        ("Accept", "*/*".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("Content-Length", body.len().to_string()),
        ("X-Appwrite-Webhook-Id", hook.id.clone()),
        ("X-Appwrite-Webhook-Events", event.names.join(",")),
        ("X-Appwrite-Webhook-Name", hook.name.clone()),
    ];
    headers.extend(event.actor.clone().map(|actor| ("X-Appwrite-Webhook-User-Id", actor)));
    headers.push(("X-Appwrite-Webhook-Project-Id", project.to_owned()));
    headers.push(("X-Appwrite-Webhook-Signature", signature(&hook.url, &body, &hook.key)));
    let mut text = format!("POST {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    Some((address, format!("{text}\r\n{body}").into_bytes()))
}

/// The signature of a delivery: over the URL, percent-decoded, and the body.
pub fn signature(url: &str, body: &str, key: &str) -> String {
    let url: Vec<u8> = percent_encoding::percent_decode_str(url).collect();
    // HMAC takes keys of every length.
    let digest = Hmac::<Sha1>::new_from_slice(key.as_bytes()).map(|mut mac| {
        mac.update(&url);
        mac.update(body.as_bytes());
        mac.finalize().into_bytes().to_vec()
    });
    BASE64_STANDARD.encode(digest.unwrap_or_default())
}

async fn post(address: &str, request: &[u8]) -> io::Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    while !answer.windows(2).any(|pair| pair == b"\r\n") {
        let mut chunk = [0; 1024];
        match stream.read(&mut chunk).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => answer.extend_from_slice(&chunk[..count]),
        }
    }
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).and_then(|status| status.get(..3)?.parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
