//! Texts as PHP writes and reads them: JSON, queries and URLs, which end up in `Location` lines (contract §13.17, §14.13).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What PHP's `urlencode` leaves as it is.
const URLENCODE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// `json_encode`: slashes are escaped, letters are not.
pub(crate) fn json(value: &Value) -> String {
    value.to_string().replace('/', "\\/")
}

/// `json_encode` as it is counted: letters beyond ASCII are escaped, too.
pub(crate) fn ascii_json(value: &Value) -> String {
    let mut out = String::new();
    for letter in json(value).chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// A value after `json_decode` into arrays and `json_encode`: an object that is empty, or whose keys count from 0, is a list, and
/// what no 64-bit integer holds is a floating-point number.
pub(crate) fn reread(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let counts = entries.keys().enumerate().all(|(index, key)| *key == index.to_string());
            if counts {
                return entries.values().map(reread).collect();
            }
            entries.iter().map(|(key, value)| (key.clone(), reread(value))).collect()
        }
        Value::Array(list) => list.iter().map(reread).collect(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (None, Some(float)) if float.fract() == 0.0 && float.abs() < 1e15 => Value::from(float as i64),
            (None, Some(float)) => Value::from(float),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

fn urlencode(text: &str) -> String {
    utf8_percent_encode(text, URLENCODE).to_string().replace("%20", "+")
}

/// `http_build_query`.
pub(crate) fn query<K: AsRef<str>, V: AsRef<str>>(pairs: &[(K, V)]) -> String {
    let pair = |(key, value): &(K, V)| format!("{}={}", urlencode(key.as_ref()), urlencode(value.as_ref()));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// A URL in the parts that Appwrite takes it apart into.
pub(crate) struct Url {
    scheme: String,
    host: String,
    port: String,
    pub(crate) path: String,
    query: Vec<(String, String)>,
}

impl Url {
    pub(crate) fn parse(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let rest = rest.split('#').next().unwrap_or_default();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
        Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port: port.to_owned(),
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }

    /// Adds to the query, or replaces what is there.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        match self.query.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value.to_owned(),
            None => self.query.push((key.to_owned(), value.to_owned())),
        }
    }

    /// Puts it together again: the fragment's sign stays even if there is none, and the older server also writes an empty user.
    pub(crate) fn text(&self, older: bool) -> String {
        let user = if older { ":@" } else { "" };
        let port = if self.port.is_empty() { String::new() } else { format!(":{}", self.port) };
        let path = if self.path.is_empty() && !older { "/" } else { &self.path };
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", query(&self.query)) };
        format!("{}://{user}{}{port}{path}{query}#", self.scheme, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_back_as_the_servers_write_them() {
        let mut url = Url::parse("http://localhost:/console/ok?a=1");
        assert_eq!(url.text(false), "http://localhost/console/ok?a=1#");
        assert_eq!(url.text(true), "http://:@localhost/console/ok?a=1#");
        url.set("b", "x y");
        assert_eq!(url.text(false), "http://localhost/console/ok?a=1&b=x+y#");
        assert_eq!(Url::parse("app://auth").text(false), "app://auth/#");
    }

    #[test]
    fn values_are_reread_as_php_does() {
        let read = |value| reread(&value);
        assert_eq!(
            read(serde_json::json!({"a": {}, "b": {"0": 1, "1": 2}})),
            serde_json::json!({"a": [], "b": [1, 2]})
        );
        assert_eq!(read(serde_json::json!({"n": 18_446_744_073_709_551_615_u64}))["n"].as_u64(), None);
        assert_eq!(read(serde_json::json!([1.0, 1.5])), serde_json::json!([1, 1.5]));
        assert_eq!(ascii_json(&serde_json::json!("é/😀")), r#""\u00e9\/\ud83d\ude00""#);
    }

    #[test]
    fn queries_and_json_are_escaped_as_php_does() {
        assert_eq!(query(&[("error", "a:b/c~ é")]), "error=a%3Ab%2Fc%7E+%C3%A9");
        assert_eq!(json(&serde_json::json!({"u": "http://é"})), r#"{"u":"http:\/\/é"}"#);
    }
}
