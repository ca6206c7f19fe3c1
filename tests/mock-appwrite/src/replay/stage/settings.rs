//! The project as the preconditions set it up: keys, platforms, settings.

use serde_json::Value;

use super::Stage;

impl Stage {
    /// Makes a recorded key valid.
    pub(in crate::replay) fn key(&self, key: &str, development: bool) -> String {
        self.with(|world| {
            let project = &mut world.project;
            let keys = if development { &mut project.dev_keys } else { &mut project.api_keys };
            if !keys.iter().any(|known| known == key) {
                keys.push(key.to_owned());
            }
        });
        key.to_owned()
    }

    /// Whether reads are checked for their origin as well, and by the header `Origin` alone.
    pub(in crate::replay) fn checks_every_origin(&self) -> bool {
        self.with(|world| world.profile.traits().origin_by_scheme)
    }

    /// Registers a platform.
    pub(in crate::replay) fn register_platform(&self, scheme: &str, host: &str) {
        self.with(|world| {
            let project = &mut world.project;
            let list = match scheme {
                "http" | "https" => &mut project.web_hosts,
                "appwrite-android" => &mut project.android_apps,
                "appwrite-ios" | "appwrite-macos" | "appwrite-tvos" | "appwrite-watchos" => {
                    &mut project.apple_apps
                }
                _ => return,
            };
            if !host.is_empty() && !list.iter().any(|known| known == host) {
                list.push(host.to_owned());
            }
        });
    }

    /// Puts back how sessions are limited in a new project.
    pub(in crate::replay) fn usual_settings(&self) {
        self.with(|world| {
            let usual = crate::world::Project::new(world.profile);
            let project = &mut world.project;
            project.session_limit = usual.session_limit;
            project.session_duration = usual.session_duration;
            project.invalidate_sessions = usual.invalidate_sessions;
        });
    }

    /// Applies settings as the preconditions name them.
    pub(in crate::replay) fn configure(&self, settings: &Value) {
        let flag = |name: &str| settings.get(name) == Some(&Value::Bool(true));
        let number = |name: &str| settings.get(name).and_then(Value::as_i64);
        let names = |name: &str| -> Vec<String> {
            let list = settings.get(name).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        self.with(|world| {
            if flag("userLimitReached") && world.users.is_empty() {
                world.add_user(None, None, "");
            }
            let users = world.users.len();
            let project = &mut world.project;
            project.disabled = names("disabledMethods");
            project.disabled.extend(names("disabledServices"));
            if flag("restDisabled") {
                project.disabled.push("rest".to_owned());
            }
            for (name, service) in [("smtpDisabled", "smtp"), ("phoneDisabled", "sms")] {
                if flag(name) {
                    project.disabled.push(service.to_owned());
                }
            }
            project.user_limit = if flag("userLimitReached") { users } else { 0 };
            if let Some(seconds) = number("sessionDuration") {
                project.session_duration = seconds;
            }
            if let Some(limit) = number("maxSessions").and_then(|limit| usize::try_from(limit).ok()) {
                project.session_limit = limit;
            }
            if let Some(invalidate) = settings.get("invalidateSessions").and_then(Value::as_bool) {
                project.invalidate_sessions = invalidate;
            }
            if let Some(provider) = settings.get("provider") {
                let name = provider.get("name").and_then(Value::as_str).unwrap_or_default();
                project.providers.retain(|known| known != name);
                if provider.get("enabled") == Some(&Value::Bool(true)) {
                    project.providers.push(name.to_owned());
                }
            }
        });
    }
}
