//! Streams by their names, files and progress.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use appwrite_session_core::{Events, GatewayStream, Multipart, Result, SessionClient, Transfer};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, Notify};

use crate::device::Folder;

/// The streams that are open.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<String, Arc<Open>>>);

struct Open {
    stream: AsyncMutex<Option<Stream>>,
    ended: Notify,
}

/// What is read one by one.
pub(crate) enum Stream {
    Chunks(Box<GatewayStream>),
    Events(Box<Events>),
}

impl Streams {
    pub(crate) fn keep(&self, name: &str, stream: Stream) {
        let open = Open { stream: AsyncMutex::new(Some(stream)), ended: Notify::new() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::new(open));
    }

    pub(crate) async fn next(&self, name: &str) -> Result<Option<Value>> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let Some(open) = open else { return Ok(Some(end())) };
        let mut place = open.stream.lock().await;
        let Some(stream) = place.as_mut() else { return Ok(Some(end())) };
        tokio::select! {
            next = stream.next() => Ok(Some(next?)),
            () = open.ended.notified() => {
                place.take();
                Ok(Some(end()))
            }
        }
    }

    pub(crate) fn end(&self, name: &str) -> Option<Value> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name)?;
        open.ended.notify_one();
        Some(Value::Null)
    }
}

impl Stream {
    async fn next(&mut self) -> Result<Value> {
        Ok(match self {
            Self::Chunks(stream) => match stream.next().await {
                Some(chunk) => json!({ "text": String::from_utf8_lossy(&chunk?) }),
                None => end(),
            },
            Self::Events(events) => match events.next().await {
                Some(event) => {
                    let event = event?;
                    json!({ "kind": event.kind, "id": event.id, "data": event.data })
                }
                None => end(),
            },
        })
    }
}

fn end() -> Value {
    json!({ "end": true })
}

pub(crate) async fn open(client: &SessionClient, target: &str) -> Result<(Stream, u16)> {
    let stream = client.get(target).stream().await?;
    let status = stream.status().as_u16();
    Ok((Stream::Chunks(Box::new(stream)), status))
}

pub(crate) async fn events(client: &SessionClient, target: &str) -> Result<Stream> {
    client.get(target).events().await.map(|events| Stream::Events(Box::new(events)))
}

pub(crate) async fn download(client: &SessionClient, folder: &Folder, command: &Value) -> Result<Value> {
    let text = |name: &str| command[name].as_str().unwrap_or_default();
    let (path, progress) = (folder.at(text("name")), Progress::default());
    let mut request = client.get(text("target")).on_progress(progress.observer());
    if let Some(limit) = command["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()) {
        request = request.response_limit(limit);
    }
    let answer = request.download_to(&path).await?;
    let file = std::fs::read(&path).ok().map(|bytes| {
        let sum: u64 = bytes.iter().copied().map(u64::from).sum();
        json!({ "length": bytes.len(), "sum": sum })
    });
    let down = progress.last().map(|last| json!({ "down": last }));
    Ok(json!({ "status": answer.status().as_u16(), "progress": down, "file": file }))
}

/// The form of a command.
pub(crate) fn form(folder: &Folder, fields: &[Value]) -> Multipart {
    fields.iter().fold(Multipart::new(), |form, field| {
        let name = field["name"].as_str().unwrap_or_default();
        let Some(file) = field["file"].as_str() else {
            return form.text(name, field["text"].as_str().unwrap_or_default());
        };
        let upload = folder.upload(&json!({ "name": file, "type": field["type"] }));
        form.file(
            name,
            match field["fileName"].as_str() {
                Some(name) => upload.name(name),
                None => upload,
            },
        )
    })
}

/// The last news of one direction.
#[derive(Default)]
pub(crate) struct Progress(Arc<Mutex<Option<Transfer>>>);

impl Progress {
    pub(crate) fn observer(&self) -> impl Fn(Transfer) + Send + Sync + 'static {
        let last = self.0.clone();
        move |transfer| *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(transfer)
    }

    pub(crate) fn last(&self) -> Option<Value> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|last| json!({ "bytes": last.bytes, "total": last.total }))
    }
}
