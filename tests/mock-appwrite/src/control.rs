//! The controls: what a test does to the server behind the client's back.

mod sessions;
mod users;

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;
pub use sessions::SessionInfo;
pub use users::NewUser;

use crate::{
    faults::{Aim, Fault},
    journal::Entry,
    json,
    profile::Profile,
    shared::Shared,
    webhooks::{Delivery, Webhook},
    world::{World, hex, unique_id},
};

/// A handle on a running mock. Clones are handles of the same one; the same can be done over HTTP (see the README).
#[derive(Clone)]
pub struct Control(pub(crate) Arc<Shared>);

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

impl Control {
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.0.world());
        self.0.ring();
        result
    }

    /// Back to the beginning: no users, no journal, no faults, the device's time. Keys stay.
    pub fn reset(&self) {
        let profile = self.0.world().profile;
        self.reset_as(profile);
    }

    /// As [`reset`](Self::reset), and a server of that profile from now on.
    pub fn reset_as(&self, profile: Profile) {
        self.change(|world| {
            let keys = (world.project.api_keys.clone(), world.project.dev_keys.clone());
            *world = World { port: world.port, ..World::new(profile) };
            (world.project.api_keys, world.project.dev_keys) = keys;
        });
    }

    /// What would have been sent by e-mail or SMS, the oldest first: `{"kind", "userId", "secret", "url"}`.
    pub fn messages(&self) -> Vec<Value> {
        let json = |each: &crate::world::Message| json!({ "kind": each.kind, "userId": each.user_id, "secret": each.secret, "url": each.url, "link": each.link() });
        self.0.world().messages.iter().map(json).collect()
    }

    /// Makes a webhook for these events, and gives it; `None` if the server would refuse one of their names. A new one is named
    /// `test` and has a key of its own, unless they are given.
    pub fn create_webhook(
        &self,
        url: &str,
        events: &[&str],
        name: Option<&str>,
        key: Option<&str>,
    ) -> Option<Webhook> {
        if events.is_empty() || !events.iter().all(|name| crate::events::is_name(name)) {
            return None;
        }
        self.change(|world| {
            let webhook = Webhook {
                id: unique_id(world.now()),
                name: name.unwrap_or("test").to_owned(),
                url: url.to_owned(),
                key: key.map_or_else(|| hex(64), str::to_owned),
                events: events.iter().map(|name| (*name).to_owned()).collect(),
                enabled: true,
                attempts: 0,
            };
            world.webhooks.push(webhook.clone());
            Some(webhook)
        })
    }

    /// The webhooks as they are now.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.0.world().webhooks.clone()
    }

    /// Switches a webhook on, with no failures, or off.
    pub fn enable_webhook(&self, id: &str, enabled: bool) {
        self.change(|world| {
            if let Some(webhook) = world.webhooks.iter_mut().find(|webhook| webhook.id == id) {
                (webhook.enabled, webhook.attempts) = (enabled, 0);
            }
        });
    }

    /// Deletes a webhook.
    pub fn delete_webhook(&self, id: &str) {
        self.change(|world| world.webhooks.retain(|webhook| webhook.id != id));
    }

    /// What was delivered to webhooks, or could not be, the oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.0.world().deliveries.clone()
    }

    /// Waits until so many deliveries were tried.
    pub async fn wait_for_deliveries(&self, count: usize) {
        self.0.wait_until(|world| world.deliveries.len() >= count).await;
    }

    /// Says something through the gateway's feed: `/gateway/feed` passes `data` on, and `/gateway/events` an event of that kind.
    pub fn say(&self, kind: Option<&str>, data: &str) {
        self.change(|world| world.feed.say(kind.map(str::to_owned), data.to_owned()));
    }

    /// Breaks the feed's answers off that are under way, once they have told everything.
    pub fn break_feed(&self) {
        self.change(|world| world.feed.break_off());
    }

    /// The feed says no more: its answers end, and whoever asks for more events is told so (204).
    pub fn end_feed(&self) {
        self.change(|world| world.feed.end());
    }

    /// The server's time in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.0.world().now()
    }

    /// Moves the server's clock on, to the year 9000 at most.
    pub fn advance_clock(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.change(|world| world.set_now(world.now().saturating_add(millis)));
    }

    /// Sets the server's clock, from which it goes on: from 1970 to the year 9000.
    pub fn set_clock(&self, millis: i64) {
        self.change(|world| world.set_now(millis));
    }

    /// Switches rate limits on or off.
    pub fn rate_limits(&self, on: bool) {
        self.change(|world| world.project.rate_limits = on);
    }

    /// Forgets what the rate limits have counted.
    pub fn clear_rate_limits(&self) {
        self.change(|world| world.limits.clear());
    }

    /// Changes the project as `{"sessionLimit", "sessionDuration", "rateLimits", "invalidateSessions", "userLimit", "disabled",
    /// "providers", "webHosts", "androidApps", "appleApps", "apiKeys", "devKeys", "id"}` says.
    pub fn update_project(&self, change: &Value) {
        self.change(|world| {
            let project = &mut world.project;
            let number =
                |name: &str| change.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
            let flag = |name: &str| change.get(name).and_then(Value::as_bool);
            let list = |name: &str, into: &mut Vec<String>| {
                if let Some(Value::Array(values)) = change.get(name) {
                    *into = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
                }
            };
            project.session_limit = number("sessionLimit").unwrap_or(project.session_limit);
            project.user_limit = number("userLimit").unwrap_or(project.user_limit);
            project.session_duration =
                change.get("sessionDuration").and_then(Value::as_i64).unwrap_or(project.session_duration);
            project.rate_limits = flag("rateLimits").unwrap_or(project.rate_limits);
            project.invalidate_sessions = flag("invalidateSessions").unwrap_or(project.invalidate_sessions);
            list("disabled", &mut project.disabled);
            list("providers", &mut project.providers);
            list("webHosts", &mut project.web_hosts);
            list("androidApps", &mut project.android_apps);
            list("appleApps", &mut project.apple_apps);
            list("apiKeys", &mut project.api_keys);
            list("devKeys", &mut project.dev_keys);
            if let Some(id) = change.get("id").and_then(Value::as_str) {
                id.clone_into(&mut project.id);
            }
        });
    }

    /// Every request since the last clearing.
    pub fn journal(&self) -> Vec<Entry> {
        self.journal_since(0)
    }

    /// Every request after number `seq`.
    pub fn journal_since(&self, seq: u64) -> Vec<Entry> {
        self.0.world().journal.since(seq)
    }

    /// Forgets the requests so far. Their numbers are not used again.
    pub fn clear_journal(&self) {
        self.change(|world| world.journal.clear());
    }

    /// Waits until the journal satisfies `wanted`.
    pub async fn wait_for_journal(&self, wanted: impl Fn(&[Entry]) -> bool) {
        self.0.wait_until(|world| wanted(&world.journal.since(0))).await;
    }

    /// Orders a fault for the next `times` requests that it is aimed at, and gives its id.
    pub fn fault(&self, aim: Aim, times: u32, fault: Fault) -> u64 {
        self.change(|world| world.faults.order(aim, times, fault))
    }

    /// How many requests a fault has struck.
    pub fn hits(&self, fault: u64) -> u32 {
        self.0.world().faults.hits(fault)
    }

    /// Waits until a fault has struck `hits` requests.
    pub async fn wait_for_hits(&self, fault: u64, hits: u32) {
        self.0.wait_until(|world| world.faults.hits(fault) >= hits).await;
    }

    /// Whether a fault holds nothing any more.
    pub fn is_released(&self, fault: u64) -> bool {
        self.0.world().faults.is_released(fault)
    }

    /// Lets go of what a fault holds.
    pub fn release(&self, fault: u64) {
        self.change(|world| world.faults.release(fault));
    }

    /// Forgets all faults, and lets go of what they hold.
    pub fn clear_faults(&self) {
        self.change(|world| world.faults.clear());
    }
}
