//! What the servers saw, and the rule that every test ends with: the credential went where it should, and nowhere else.

/// Which server a request reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    Appwrite,
    Gateway,
    Foreign,
}

/// One request as a server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) listener: Listener,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Sent by the gateway, to validate, and not by the client.
    pub(crate) by_gateway: bool,
    /// What was answered, if anything.
    pub(crate) status: Option<u16>,
}

impl Seen {
    /// The one value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| &**value);
        let first = values.next();
        assert_eq!(values.next(), None, "{name} came twice");
        first
    }

    /// The headers that carry a credential.
    pub(crate) fn carriers(&self) -> Vec<&str> {
        let carries = |(name, value): &&(String, String)| match name.as_str() {
            "x-fallback-cookies" | "x-appwrite-session" | "x-appwrite-jwt" => true,
            "cookie" => value.to_ascii_lowercase().contains("a_session_"),
            _ => false,
        };
        self.headers.iter().filter(carries).map(|(name, _)| name.as_str()).collect()
    }

    /// The credential that it carries, if any, as the blob that all carriers wrap.
    pub(crate) fn blob(&self) -> Option<String> {
        let value = self.header(self.carriers().first()?)?;
        let start = value.find("eyJ")?;
        let blob = value[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c));
        Some(blob.collect())
    }

    fn is_login(&self) -> bool {
        // An ID token that comes with a credential is linked to its account (contract §2x.2.1).
        let links = self.path == "/v1/account/sessions/id-token";
        let creates = self.path == "/v1/account" || self.path.starts_with("/v1/account/sessions") && !links;
        self.listener == Listener::Appwrite && !self.by_gateway && self.method == "POST" && creates
    }

    fn text(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!(
            "{} {}?{}\n{headers}\n{}",
            self.method,
            self.path,
            self.query,
            String::from_utf8_lossy(&self.body)
        )
    }
}

/// The client's own requests of that kind.
pub(crate) fn of_client<'a>(journal: &'a [Seen], method: &str, path: &str) -> Vec<&'a Seen> {
    journal.iter().filter(|seen| !seen.by_gateway && seen.method == method && seen.path == path).collect()
}

/// No foreign server and no login call ever got a credential, and nobody got two carriers at once.
pub(crate) fn assert_credential_stayed_home(journal: &[Seen]) {
    let blobs: Vec<String> = journal.iter().filter_map(Seen::blob).collect();
    for seen in journal {
        let carriers = seen.carriers();
        let what = format!("{} {} at {:?}", seen.method, seen.path, seen.listener);
        if seen.listener == Listener::Foreign {
            let text = seen.text();
            assert!(carriers.is_empty(), "{what} carried {carriers:?}");
            assert!(!blobs.iter().any(|blob| text.contains(blob)), "{what} held a credential");
        }
        assert!(!seen.is_login() || carriers.is_empty(), "{what}, a login, carried {carriers:?}");
        assert!(carriers.len() <= 1, "{what} carried {carriers:?}");
    }
}

mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    const BLOB: &str = "eyJpZCI6ImFkYSIsInNlY3JldCI6IjAwIn0=";

    fn seen(listener: Listener, method: &str, path: &str, headers: &[(&str, &str)]) -> Seen {
        Seen {
            listener,
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Vec::new(),
            by_gateway: false,
            status: Some(200),
        }
    }

    fn complains(journal: &[Seen]) -> bool {
        catch_unwind(AssertUnwindSafe(|| assert_credential_stayed_home(journal))).is_err()
    }

    #[test]
    fn the_rule_lets_pass_what_is_right() {
        let cookie = format!("a_session_demo={BLOB}; lb=x");
        assert!(!complains(&[
            seen(Listener::Appwrite, "POST", "/v1/account/sessions/email", &[("x-appwrite-project", "demo")]),
            seen(Listener::Appwrite, "GET", "/v1/account", &[("x-appwrite-session", BLOB)]),
            seen(Listener::Gateway, "POST", "/v1/account", &[("cookie", &cookie)]),
            seen(Listener::Foreign, "GET", "/", &[("cookie", "lb=x")]),
        ]));
    }

    #[test]
    fn the_rule_sees_a_credential_at_a_foreign_server() {
        let cookie = format!("lb=x; A_Session_demo={BLOB}");
        let fallback = format!(r#"{{"a_session_demo":"{BLOB}"}}"#);
        for (name, value) in
            [("cookie", &*cookie), ("x-fallback-cookies", &*fallback), ("x-appwrite-session", BLOB)]
        {
            assert!(complains(&[seen(Listener::Foreign, "GET", "/", &[(name, value)])]), "{name}");
        }
        let known = seen(Listener::Appwrite, "GET", "/v1/account", &[("x-appwrite-session", BLOB)]);
        let mut smuggled = seen(Listener::Foreign, "GET", "/", &[]);
        smuggled.query = format!("token={BLOB}");
        assert!(complains(&[known, smuggled]));
    }

    #[test]
    fn the_rule_sees_a_credential_on_a_login() {
        for path in ["/v1/account", "/v1/account/sessions/email", "/v1/account/sessions/token"] {
            let login = seen(Listener::Appwrite, "POST", path, &[("x-appwrite-session", BLOB)]);
            assert!(complains(&[login]), "{path}");
        }
    }

    #[test]
    fn the_rule_sees_two_carriers_at_once() {
        let cookie = format!("a_session_demo={BLOB}");
        let headers = [("cookie", cookie.as_str()), ("x-appwrite-session", BLOB)];
        assert!(complains(&[seen(Listener::Gateway, "GET", "/", &headers)]));
    }
}
