//! A request as the API sees it: path, query, headers and parameters.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::host::Site;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct RawRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// HTTP/1.0, which a proxy such as nginx speaks by default.
    pub old: bool,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RawRequest {
    /// The first header of that name, without case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A parsed request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) query_text: String,
    pub(crate) headers: Vec<(String, String)>,
    /// The body's parameters, or the query's for GET and the like.
    pub(crate) params: Map<String, Value>,
    pub(crate) body: Vec<u8>,
    /// It came by HTTP/1.0.
    pub(crate) old: bool,
    /// Who answers it, if not the mock.
    pub(crate) site: Option<Arc<dyn Site>>,
}

impl Request {
    pub(crate) fn parse(raw: RawRequest) -> Self {
        let (path, query_text) = raw.target.split_once('?').unwrap_or((&raw.target, ""));
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(query_text.as_bytes()).into_owned().collect();
        let mut request = Self {
            method: raw.method.clone(),
            path: path.to_owned(),
            query_text: query_text.to_owned(),
            query,
            headers: raw.headers.clone(),
            params: Map::new(),
            body: raw.body.clone(),
            old: raw.old,
            site: None,
        };
        request.params = if matches!(raw.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            nested(&request.query)
        } else {
            request.body_params()
        };
        request
    }

    /// The last header of that name, without case: of two, the server's parser keeps the later one (contract §14.21).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .rev()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether it wants to become a WebSocket.
    pub(crate) fn is_upgrade(&self) -> bool {
        let upgrade = self.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
        self.method == "GET" && upgrade
    }

    /// A header that is there and not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.header(name).filter(|value| !value.is_empty())
    }

    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether parameters come from the query.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// The host without its port, as the client wrote it.
    pub(crate) fn host(&self) -> String {
        let host = self.filled("x-forwarded-host").or_else(|| self.header("host")).unwrap_or_default();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) && !name.is_empty() => {
                name.to_owned()
            }
            _ => host.to_owned(),
        }
    }

    /// Whether the client reached the server over TLS, as the proxy in front says. What the server does not know is https to it,
    /// HTTP/1.0 included (contract §14.21).
    pub(crate) fn is_https(&self) -> bool {
        match self.header("x-forwarded-proto") {
            Some(scheme) => !matches!(scheme, "http" | "HTTP/1.1" | "ws" | "wss"),
            None => self.old,
        }
    }

    /// The client's address, as the proxy in front says; without one everybody is local. What is no address is none.
    pub(crate) fn ip(&self) -> String {
        let first = self.filled("x-forwarded-for").and_then(|list| list.split(',').next()).map(str::trim);
        let address = first.filter(|ip| ip.parse::<std::net::IpAddr>().is_ok());
        address.unwrap_or("127.0.0.1").to_owned()
    }

    /// Whether the body is a single JSON value that is not empty to PHP, which breaks the server where it wants a list.
    pub(crate) fn is_unreadable(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        if self.is_read() || kind.split(';').next() != Some("application/json") {
            return false;
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Bool(value)) => value,
            Ok(Value::Number(number)) => number.as_f64() != Some(0.0),
            Ok(Value::String(text)) => !text.is_empty() && text != "0",
            _ => false,
        }
    }

    /// JSON needs its content type to be read; what is no object reads as empty (contract §13.23).
    fn body_params(&self) -> Map<String, Value> {
        let kind = self.header("content-type").unwrap_or_default();
        // The type of JSON has to be spelled exactly so; the forms are read by the server's HTTP parser, in any case.
        if kind.split(';').next() == Some("application/json") {
            return match serde_json::from_slice(&self.body) {
                Ok(Value::Object(params)) => params,
                _ => Map::new(),
            };
        }
        let lower = kind.to_ascii_lowercase();
        if lower.starts_with("application/x-www-form-urlencoded") {
            nested(&url::form_urlencoded::parse(&self.body).into_owned().collect::<Vec<_>>())
        } else if lower.starts_with("multipart/form-data") {
            nested(&multipart(kind, &self.body))
        } else {
            Map::new()
        }
    }
}

/// The fields of a form in parts; files are no parameters.
fn multipart(kind: &str, body: &[u8]) -> Vec<(String, String)> {
    let Some((_, boundary)) = kind.split_once("boundary=") else { return Vec::new() };
    let boundary = boundary.split(';').next().unwrap_or_default().trim().trim_matches('"');
    let text = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    let parts = text.split(&delimiter).filter_map(|part| part.split_once("\r\n\r\n"));
    parts
        .filter(|(head, _)| !head.contains("filename="))
        .filter_map(|(head, value)| {
            let name = head.split("name=\"").nth(1)?.split('"').next()?;
            Some((name.to_owned(), value.strip_suffix("\r\n").unwrap_or(value).to_owned()))
        })
        .collect()
}

/// `scopes[]=a&scopes[]=b` becomes a list, the rest text.
fn nested(pairs: &[(String, String)]) -> Map<String, Value> {
    let mut params = Map::new();
    for (key, value) in pairs {
        match key.split_once('[') {
            Some((name, _)) => {
                let entry = params.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = entry {
                    list.push(Value::from(value.as_str()));
                }
            }
            None => {
                params.insert(key.clone(), Value::from(value.as_str()));
            }
        }
    }
    params
}
