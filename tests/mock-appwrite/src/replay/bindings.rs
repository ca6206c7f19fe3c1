//! What the replay learned: for each value of the recording the value that the live server gave in its place.

use super::credential::{BLOB_START, Credential, JWT_START, content, decode, encode, foreign, of_content};
use super::transcript::{Request, Response, percent_decode};
use serde_json::Value;
use std::collections::HashMap;

/// Recorded values and their live counterparts.
#[derive(Clone, Debug, Default)]
pub(super) struct Bindings {
    words: HashMap<String, String>,
    quoted: HashMap<String, String>,
    blobs: Vec<(String, String)>,
    jwts: Vec<(String, String)>,
}

impl Bindings {
    /// Binds a recorded value to a live one; what kind of value it is shows in its form.
    pub(super) fn bind(&mut self, recorded: &str, live: &str) {
        if recorded.is_empty() || recorded == live && !recorded.starts_with(BLOB_START) {
            return;
        }
        let pair = (unpadded(recorded), unpadded(live));
        if recorded.starts_with(BLOB_START) {
            if let (Some(from), Some(to)) = (decode(recorded), decode(live)) {
                self.words.insert(from.secret, to.secret);
            }
            push_new(&mut self.blobs, pair);
        } else if recorded.starts_with(JWT_START) {
            push_new(&mut self.jwts, (recorded.to_owned(), live.to_owned()));
        } else if recorded.len() >= 16 && recorded.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.words.insert(recorded.to_owned(), live.to_owned());
        } else {
            self.quoted.insert(recorded.to_owned(), live.to_owned());
        }
    }

    /// Binds a short code again, because its live counterpart changes with time.
    pub(super) fn rebind(&mut self, recorded: &str, live: &str) {
        self.quoted.insert(recorded.to_owned(), live.to_owned());
    }

    /// The live counterpart of a whole recorded value.
    pub(super) fn live<'a>(&'a self, recorded: &'a str) -> &'a str {
        self.words.get(recorded).or_else(|| self.quoted.get(recorded)).map_or(recorded, String::as_str)
    }

    /// The live counterpart of a recorded value, if one was bound.
    pub(super) fn bound(&self, recorded: &str) -> Option<&str> {
        self.words.get(recorded).or_else(|| self.quoted.get(recorded)).map(String::as_str)
    }

    /// The live credential for a recorded one: its user and its secret each mapped.
    pub(super) fn live_credential(&self, recorded: &Credential) -> Credential {
        let user = self.live(&recorded.user).to_owned();
        Credential { user, secret: self.live(&recorded.secret).to_owned() }
    }

    /// Rewrites every known value in a text, however it is embedded or mangled.
    pub(super) fn rewrite(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            if rest.starts_with(BLOB_START) {
                let (taken, live) = self.blob(rest);
                out.push_str(&live);
                rest = rest.get(taken..).unwrap_or_default();
            } else if let Some(length) = foreign(rest) {
                let (found, tail) = rest.split_at(length);
                out.push_str(&self.foreign(found).unwrap_or_else(|| found.to_owned()));
                rest = tail;
            } else if rest.starts_with(JWT_START) {
                let length = rest.bytes().take_while(|byte| is_jwt(*byte)).count();
                let (token, tail) = rest.split_at(length);
                out.push_str(&mangled(&self.jwts, token));
                rest = tail;
            } else if word > 0 {
                let (found, tail) = rest.split_at(word);
                out.push_str(self.words.get(found).map_or(found, String::as_str));
                rest = tail;
            } else {
                let escape = first == '%' && rest.get(1..3).is_some_and(is_hex);
                let length = if escape { 3 } else { first.len_utf8() };
                let (taken, tail) = rest.split_at(length);
                out.push_str(taken);
                rest = tail;
            }
        }
        out
    }

    /// A credential in other words, with its user and its secret each mapped.
    fn foreign(&self, found: &str) -> Option<String> {
        let (json, recorded) = (content(found)?, decode(found)?);
        let live = self.live_credential(&recorded);
        Some(of_content(&json.replace(&recorded.user, &live.user).replace(&recorded.secret, &live.secret)))
    }

    fn blob(&self, rest: &str) -> (usize, String) {
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let found = rest.get(..length).unwrap_or_default();
        let live = mangled(&self.blobs, found);
        if live != found {
            return (length, live);
        }
        let unknown = decode(found).map(|credential| self.live_credential(&credential));
        (length, unknown.map_or_else(|| found.to_owned(), |credential| encode(&credential)))
    }

    /// Rewrites a request: path, headers and body.
    pub(super) fn rewrite_request(&self, request: &Request) -> Request {
        let headers =
            request.headers.iter().map(|(name, value)| (name.clone(), self.rewrite(value))).collect();
        let body = request.body.as_ref().map(|body| self.rewrite_values(&self.rewrite(body)));
        Request { method: request.method.clone(), path: self.rewrite(&request.path), headers, body }
    }

    /// Short values, such as one-time codes, are rewritten only where they are a whole JSON or form value.
    fn rewrite_values(&self, body: &str) -> String {
        let mut out = body.to_owned();
        for (recorded, live) in &self.quoted {
            out = out.replace(&format!("\"{recorded}\""), &format!("\"{live}\""));
            out = out.replace(&format!("={recorded}&"), &format!("={live}&"));
            if out.ends_with(&format!("={recorded}")) {
                out.truncate(out.len() - recorded.len());
                out.push_str(live);
            }
        }
        out
    }

    /// Learns from an exchange: what the recorded response holds against what the live one holds.
    pub(super) fn learn(&mut self, recorded: &Response, live: &Response) {
        for name in ["set-cookie", "x-fallback-cookies", "location"] {
            let pick = |response: &Response| -> Vec<String> {
                super::transcript::all(&response.headers, name).map(percent_decode).collect()
            };
            for (from, to) in pick(recorded).iter().zip(pick(live).iter()) {
                self.learn_text(from, to);
            }
        }
        if let (Some(from), Some(to)) = (recorded.json(), live.json()) {
            self.learn_json("", &from, &to);
        }
    }

    fn learn_text(&mut self, recorded: &str, live: &str) {
        let (from, to) = (tokens(recorded), tokens(live));
        if from.len() != to.len() {
            return;
        }
        for (recorded, live) in from.iter().zip(to.iter()) {
            if is_token(recorded) && is_token(live) {
                self.bind(recorded, live);
            }
        }
    }

    fn learn_json(&mut self, key: &str, recorded: &Value, live: &Value) {
        match (recorded, live) {
            (Value::Object(from), Value::Object(to)) => {
                for (key, value) in from {
                    if let Some(live) = to.get(key) {
                        self.learn_json(key, value, live);
                    }
                }
            }
            (Value::Array(from), Value::Array(to)) if from.len() == to.len() => {
                for (value, live) in from.iter().zip(to) {
                    self.learn_json(key, value, live);
                }
            }
            (Value::String(from), Value::String(to)) if is_issued(key, from) && !to.is_empty() => {
                self.bind(from, to);
            }
            _ => {}
        }
    }
}

/// Values that the server makes up: ids, secrets, tokens.
fn is_issued(key: &str, value: &str) -> bool {
    key == "$id"
        || key.ends_with("Id")
        || matches!(key, "secret" | "jwt" | "recoveryCodes")
        || is_token(value)
}

fn is_token(text: &str) -> bool {
    text.starts_with(BLOB_START)
        || text.starts_with(JWT_START)
        || text.len() >= 20 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn tokens(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_ascii() && is_jwt(u8::try_from(c).unwrap_or_default()))).collect()
}

fn is_jwt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn unpadded(text: &str) -> String {
    text.bytes().take_while(u8::is_ascii_alphanumeric).map(char::from).collect()
}

fn push_new(list: &mut Vec<(String, String)>, pair: (String, String)) {
    if !list.contains(&pair) {
        list.push(pair);
    }
}

/// Finds the known value that `found` is a form of (cut short, lengthened, with another end) and mangles its
/// live counterpart in the same way.
fn mangled(known: &[(String, String)], found: &str) -> String {
    let shared = |recorded: &str| recorded.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    let Some((recorded, live)) = known.iter().rev().max_by_key(|(recorded, _)| shared(recorded)) else {
        return found.to_owned();
    };
    let common = shared(recorded);
    // Two values of one user share their beginning, so at least three quarters must agree.
    if common * 4 < recorded.len() * 3 {
        return found.to_owned();
    }
    let kept = live.len().saturating_sub(recorded.len() - common);
    format!("{}{}", live.get(..kept).unwrap_or(live), found.get(common..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(user: &str, digit: char) -> String {
        encode(&Credential { user: user.into(), secret: std::iter::repeat_n(digit, 64).collect() })
    }

    fn sample() -> (Bindings, String, String) {
        let (recorded, live) = (blob("user-alice", 'a'), blob("user-alice", 'b'));
        let mut bindings = Bindings::default();
        bindings.bind(&format!("{recorded}="), &format!("{live}="));
        (bindings, recorded, live)
    }

    #[test]
    fn credentials_are_found_in_every_dress() {
        let (bindings, recorded, live) = sample();
        let cut = recorded.len() - 4;
        for shape in ["{}", "{}=", "{}%3D", "{}%253D", "a_session_demo=\"{}\"; x=1", "{\"a\":\"{}=\"}", "{} "]
        {
            let text = shape.replace("{}", &recorded);
            assert_eq!(bindings.rewrite(&text), shape.replace("{}", &live), "{shape}");
        }
        assert_eq!(bindings.rewrite(&recorded[..cut]), live[..cut]);
        assert_eq!(bindings.rewrite(&format!("{recorded}xx")), format!("{live}xx"));
    }

    #[test]
    fn a_credential_in_other_words_is_found_and_keeps_them() {
        let (bindings, recorded, live) = sample();
        let secret = |blob: &str| decode(blob).map(|credential| credential.secret).unwrap_or_default();
        let text = |blob: &str| {
            of_content(&format!("{{ \"secret\": \"{}\", \"id\": \"user-alice\" }}", secret(blob)))
        };
        assert_eq!(bindings.rewrite(&format!("a={}; b", text(&recorded))), format!("a={}; b", text(&live)));
    }

    #[test]
    fn a_stale_credential_keeps_its_secret_and_follows_its_user() {
        let (mut bindings, _, _) = sample();
        bindings.bind("6b046d48b2559e47fb53", "0123456789abcdef0123");
        let stale = Credential { user: "6b046d48b2559e47fb53".into(), secret: "0000".into() };
        let live = decode(&bindings.rewrite(&encode(&stale)));
        let expected = Credential { user: "0123456789abcdef0123".into(), secret: "0000".into() };
        assert_eq!(live, Some(expected));
    }

    #[test]
    fn a_jwt_with_another_signature_keeps_it() {
        let mut bindings = Bindings::default();
        bindings.bind("eyJ0eXAiOiJKV1QifQ.AAAA.ssssssss", "eyJ0eXAiOiJKV1QifQ.BBBB.tttttttt");
        assert_eq!(bindings.rewrite("eyJ0eXAiOiJKV1QifQ.AAAA.sssssabc"), "eyJ0eXAiOiJKV1QifQ.BBBB.tttttabc");
    }

    #[test]
    fn ids_are_found_in_paths_and_encoded_queries_and_codes_only_as_whole_values() {
        let mut bindings = Bindings::default();
        bindings.bind("6b046d48b2559e47fb53", "0123456789abcdef0123");
        bindings.bind("825029", "111111");
        let request = Request {
            method: "POST".into(),
            path: "/v1/users/6b046d48b2559e47fb53?x=%226b046d48b2559e47fb53%22".into(),
            headers: Vec::new(),
            body: Some("{\"secret\":\"825029\",\"name\":\"n825029\"}".into()),
        };
        let live = bindings.rewrite_request(&request);
        assert_eq!(live.path, "/v1/users/0123456789abcdef0123?x=%220123456789abcdef0123%22");
        assert_eq!(live.body.as_deref(), Some("{\"secret\":\"111111\",\"name\":\"n825029\"}"));
    }

    #[test]
    fn bodies_teach_ids_and_secrets() {
        let mut bindings = Bindings::default();
        let response = |body: &str| Response { status: 201, headers: Vec::new(), body: body.into() };
        bindings.learn(
            &response("{\"userId\":\"aa\",\"name\":\"x\",\"secret\":\"ce384b\",\"l\":[{\"$id\":\"b\"}]}"),
            &response("{\"userId\":\"cc\",\"name\":\"y\",\"secret\":\"123456\",\"l\":[{\"$id\":\"d\"}]}"),
        );
        assert_eq!((bindings.live("aa"), bindings.live("ce384b"), bindings.live("b")), ("cc", "123456", "d"));
        assert_eq!(bindings.bound("x"), None);
    }
}
