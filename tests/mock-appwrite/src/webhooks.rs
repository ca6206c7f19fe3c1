//! Webhooks: signed deliveries of events to URLs that a test gives (contract §14.22, §14.23).

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{events::Event, host::Post, php, shared::Shared};

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
pub(crate) async fn work(shared: Weak<Shared>, mut events: UnboundedReceiver<Arc<Event>>) {
    while let Some(event) = events.recv().await {
        let Some(shared) = shared.upgrade() else { return };
        let (webhooks, project, version) = {
            let world = shared.world();
            (world.webhooks.clone(), world.project.id.clone(), world.profile.traits().version)
        };
        let wants =
            |hook: &&Webhook| hook.enabled && hook.events.iter().any(|name| event.names.contains(name));
        for hook in webhooks.iter().filter(wants) {
            let status = tokio::select! {
                status = shared.host.post(post(hook, &event, &project, version)) => status,
                () = shared.host.sleep(PATIENCE) => None,
            };
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

/// A delivery, header for header as the real server sends it.
fn post(hook: &Webhook, event: &Event, project: &str, version: &str) -> Post {
    let rest = hook.url.split_once("://").map_or(hook.url.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
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
    Post { url: hook.url.clone(), headers, body }
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
