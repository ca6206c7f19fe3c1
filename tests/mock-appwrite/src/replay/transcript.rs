//! Reads transcript files: one recorded exchange of a real server a line, as JSON.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// A header list in wire order, with duplicates.
pub type Headers = Vec<(String, String)>;

/// A recorded or rewritten request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// The header lines in the order in which they are sent.
    pub headers: Headers,
    /// The body, if one was sent.
    pub body: Option<String>,
}

/// A recorded or live response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header lines in wire order, names spelled as on the wire.
    pub headers: Headers,
    /// The body, decompressed.
    pub body: String,
}

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What the recorder called this exchange.
    pub case: String,
    /// What was sent.
    pub request: Request,
    /// What the real server answered.
    pub response: Response,
}

/// Why a transcript could not be read.
#[derive(Debug)]
pub struct TranscriptError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for TranscriptError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for TranscriptError {}

/// Reads a whole transcript; blank lines are skipped.
pub fn parse(text: &str) -> Result<Vec<Exchange>, TranscriptError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| parse_line(line).map_err(|reason| TranscriptError { line: index + 1, reason }))
        .collect()
}

fn parse_line(line: &str) -> Result<Exchange, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let request = value.get("request").ok_or("no request")?;
    let response = value.get("response").ok_or("no response")?;
    let status = response.get("status").and_then(Value::as_u64).ok_or("no response.status")?;
    Ok(Exchange {
        case: text(&value, "case")?,
        request: Request {
            method: text(request, "method")?,
            path: text(request, "path")?,
            headers: headers(request)?,
            body: request.get("body").and_then(Value::as_str).map(str::to_owned),
        },
        response: Response {
            status: u16::try_from(status).map_err(|error| error.to_string())?,
            headers: headers(response)?,
            body: response.get("body").and_then(Value::as_str).unwrap_or_default().to_owned(),
        },
    })
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("no text in {key}"))
}

fn headers(value: &Value) -> Result<Headers, String> {
    let list = value.get("headers").and_then(Value::as_array).ok_or("no header list")?;
    list.iter()
        .map(|pair| match (pair.get(0).and_then(Value::as_str), pair.get(1).and_then(Value::as_str)) {
            (Some(name), Some(value)) => Ok((name.to_owned(), value.to_owned())),
            _ => Err("a header is not a pair of strings".to_owned()),
        })
        .collect()
}

/// The first value of a header, whatever the case of its name.
pub fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    all(headers, name).next()
}

/// Every value of a header, in order, whatever the case of its name.
pub fn all<'a>(headers: &'a Headers, name: &str) -> impl Iterator<Item = &'a str> {
    let wanted = name.to_owned();
    headers
        .iter()
        .filter(move |(name, _)| name.eq_ignore_ascii_case(&wanted))
        .map(|(_, value)| value.as_str())
}

impl Exchange {
    /// The group of the case: its name up to the first dot. Groups share state.
    pub fn group(&self) -> &str {
        self.case.split('.').next().unwrap_or_default()
    }
}

impl Request {
    /// The path without its query.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The segments of the path after `/v1`.
    pub fn segments(&self) -> Vec<&str> {
        self.route().split('/').filter(|part| !part.is_empty()).skip_while(|part| *part == "v1").collect()
    }

    /// A query parameter, percent-decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.path.split_once('?')?.1;
        let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
        Some(percent_decode(found.1))
    }

    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }

    /// A string parameter of a JSON or form body.
    pub fn param(&self, name: &str) -> Option<String> {
        if let Some(json) = self.json() {
            return json.get(name).and_then(Value::as_str).map(str::to_owned);
        }
        let body = self.body.as_deref()?;
        let found = body.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
        Some(percent_decode(found.1))
    }

    /// A header value.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

impl Response {
    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// A string field of a JSON body.
    pub fn field(&self, name: &str) -> Option<String> {
        self.json()?.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// The error type of a JSON error body.
    pub fn error_type(&self) -> Option<String> {
        if self.status < 400 { None } else { self.field("type") }
    }

    /// The `Date` header in milliseconds since the epoch.
    pub fn date(&self) -> Option<i64> {
        let text = header(&self.headers, "date")?.replace("GMT", "+0000");
        let date = OffsetDateTime::parse(&text, &Rfc2822).ok()?;
        Some(date.unix_timestamp() * 1000)
    }

    /// A header that holds a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        header(&self.headers, name)?.trim().parse().ok()
    }
}

/// Percent-decodes a text; `+` stays `+`.
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let digits = text.get(index + 1..index + 3).filter(|_| *byte == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                index += 3;
            }
            None => {
                out.push(*byte);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"case":"login.ok","request":{"method":"POST","path":"/v1/a/b?project=de%6Do","headers":[["Host","h"]],"body":"{\"email\":\"a@b\"}"},"response":{"status":201,"headers":[["Date","Mon, 23 Nov 2026 17:06:23 GMT"],["X-A","1"],["x-a","2"]],"body":"{\"type\":\"t\"}"}}"#;

    #[test]
    fn a_line_is_read_whole() {
        let exchanges = parse(&format!("{LINE}\n\n")).unwrap_or_default();
        assert_eq!(exchanges.len(), 1);
        let first = exchanges.first().cloned();
        assert_eq!(first.as_ref().map(Exchange::group), Some("login"));
        assert_eq!(first.as_ref().and_then(|e| e.request.query("project")), Some("demo".to_owned()));
        assert_eq!(first.as_ref().and_then(|e| e.request.param("email")), Some("a@b".to_owned()));
        assert_eq!(first.as_ref().and_then(|e| e.response.date()), Some(1_795_453_583_000));
        let values: Vec<String> =
            first.iter().flat_map(|e| all(&e.response.headers, "X-A").map(str::to_owned)).collect();
        assert_eq!(values, ["1", "2"]);
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = parse("{}\n").err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("line 1: no request"));
    }
}
