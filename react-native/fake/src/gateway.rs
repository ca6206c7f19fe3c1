//! Calls of gateways: `NativeRequest` of the specification, and what is sent of it.

use std::{io, sync::Arc, time::Duration};

use appwrite_session_core::{
    ConfigError, Direction, Error, GatewayRequest, Multipart, SessionClient, Transfer, UploadFile,
};
use appwrite_session_world::json;
use http::{Method, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    failure::Failure,
    models::{self, bytes, known},
    sites::Line,
    world::FakeWorld,
};

/// What a file has as its content type if nobody says one.
const UNKNOWN_TYPE: &str = "application/octet-stream";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    target: String,
    headers: Vec<Line>,
    body: String,
    body_is_base64: bool,
    file: Option<File>,
    form: Option<Vec<Field>>,
    timeout_ms: Option<u64>,
    idempotent: bool,
    response_limit: Option<u64>,
    observed: bool,
}

/// A file of the fake's device, which is JavaScript's.
#[derive(Deserialize)]
struct File {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Its bytes in base64, if there is such a file.
    bytes: Option<String>,
}

/// A field of a form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    body: String,
    body_is_base64: bool,
    file_name: Option<String>,
    content_type: Option<String>,
    file: Option<File>,
}

/// Sends a call, and gives its answer as `NativeResponse`. JavaScript is told how far the body of an observed call has come.
pub(crate) async fn send(
    world: &Arc<FakeWorld>,
    number: u32,
    session: &SessionClient,
    request: &Value,
) -> Result<Value, Failure> {
    let request = Request::deserialize(request).map_err(|_| Error::Internal)?;
    let method =
        Method::from_bytes(request.method.as_bytes()).map_err(|_| Error::from(ConfigError::Method))?;
    let mut call = session.request(method, &request.target);
    for Line { name, value } in &request.headers {
        call = call.append_header(name, value);
    }
    // After the headers: a file's content type is the app's if it has set one.
    call = if let Some(fields) = request.form {
        call.multipart(fields.into_iter().fold(Multipart::new(), with))
    } else if let Some(file) = request.file {
        let is_typed =
            request.headers.iter().any(|line| line.name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
        with_file(call, file, is_typed)
    } else {
        call.body(bytes(&request.body, request.body_is_base64))
    };
    if let Some(millis) = request.timeout_ms {
        call = call.timeout(Duration::from_millis(millis));
    }
    if request.idempotent {
        call = call.idempotent();
    }
    if let Some(limit) = request.response_limit {
        call = call.response_limit(usize::try_from(limit.max(1)).unwrap_or(usize::MAX));
    }
    if request.observed {
        let world = world.clone();
        call = call.on_progress(move |transfer| world.tell(told(number, transfer)));
    }
    Ok(models::response(call.send().await?))
}

fn with_file(call: GatewayRequest, file: File, is_typed: bool) -> GatewayRequest {
    let Some(content) = &file.bytes else { return call.file(missing()) };
    let call = call.body(bytes(content, true));
    if is_typed { call } else { call.append_header(CONTENT_TYPE.as_str(), file.kind()) }
}

fn with(form: Multipart, field: Field) -> Multipart {
    let name = &field.name;
    if let Some(file) = field.file {
        return match &file.bytes {
            Some(content) => form.bytes(name, &file.name, file.kind(), bytes(content, true)),
            None => form.file(name, missing()),
        };
    }
    let content = bytes(&field.body, field.body_is_base64);
    match field.file_name {
        Some(file) => form.bytes(name, &file, field.content_type.as_deref().unwrap_or(UNKNOWN_TYPE), content),
        None => form.text(name, &String::from_utf8_lossy(&content)),
    }
}

impl File {
    fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or(UNKNOWN_TYPE)
    }
}

/// A file that is not there.
fn missing() -> UploadFile {
    UploadFile::opened_by("", || Err(io::ErrorKind::NotFound.into()))
}

/// A `NativeTransfer` of the call with that number, which JavaScript knows the caller of.
fn told(number: u32, transfer: Transfer) -> Value {
    let direction = match transfer.direction {
        Direction::Up => "up",
        _ => "down",
    };
    let transfer = known(json!({
        "call": number, "direction": direction, "bytes": transfer.bytes, "total": transfer.total,
    }));
    json!({ "is": "transfer", "transfer": transfer })
}
