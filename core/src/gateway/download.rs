//! An answer that is written to a file: whole or not at all, and resumed where the connection broke.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, RANGE},
};

use super::{GatewayResponse, GatewayStream, Gateways, request::Parts, transfer::Direction};
use crate::{
    error::{Error, FileFault, Result, Sent},
    host::{Cause, TransportError},
    random,
    session::{Held, Tasks},
};

/// So many bytes are gathered before they are written.
const PIECE: usize = 256 << 10;

/// How often in a row a download goes on without having got a byte further.
const MOST_STUCK: u32 = 3;

/// Downloads to `path`. An answer that is no success is returned whole, and nothing is written.
pub(super) async fn download(
    gateways: &Gateways,
    mut parts: Parts,
    path: PathBuf,
    limit: Option<u64>,
) -> Result<GatewayResponse> {
    // Whoever asks for a part gets that; it is not resumed.
    let wants_part = parts.headers.contains_key(RANGE);
    let resumes = parts.is_idempotent() && !wants_part;
    // A part of the packed bytes could not be unpacked.
    parts.headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
    let mut draft = Draft::create(gateways.tasks(), &path).await?;
    let mut validator: Option<HeaderValue> = None;
    // Whose file it is, once some of it came.
    let mut began: Option<Held> = None;
    let (mut furthest, mut stuck) = (0, 0);
    loop {
        let before = draft.length;
        let mut attempt = parts.clone();
        if before > 0
            && let Some(validator) = &validator
        {
            attempt.headers.insert(RANGE, range_from(before));
            attempt.headers.insert(IF_RANGE, validator.clone());
        }
        let outcome = match gateways.open(attempt, began.as_ref()).await {
            Ok(stream) if stream.is_success() => {
                began = Some(stream.began.clone());
                let part = Part::of(&stream);
                let fits = before > 0 && part.as_ref().is_some_and(|part| part.begins == before);
                let found = validator_of(stream.headers());
                // Not every server heeds `If-Range`. A part need not say of which version it is (RFC 9110 §15.3.7).
                let goes_on = fits && (found.is_none() || found == validator);
                if before > 0 && !goes_on {
                    draft.start_over().await?;
                }
                if stream.status() == StatusCode::PARTIAL_CONTENT && !wants_part && !goes_on {
                    if !fits {
                        // A part that nobody asked for.
                        return Err(Error::InvalidResponse(None));
                    }
                    validator = None;
                    Err(broken(resumes))
                } else {
                    validator = if goes_on { found.or(validator) } else { found };
                    let whole = part.filter(|_| goes_on).and_then(|part| part.whole);
                    receive(&mut draft, stream, &parts, limit, whole).await
                }
            }
            Ok(stream) if before > 0 && stream.status() == StatusCode::RANGE_NOT_SATISFIABLE => {
                draft.start_over().await?;
                Err(broken(resumes))
            }
            Ok(stream) => return Ok(stream.answer),
            Err(error) => Err(error),
        };
        let error = match outcome {
            Ok(answer) => {
                draft.keep(&path).await?;
                return Ok(answer);
            }
            Err(error) => error,
        };
        // What begins again and breaks off where it did before has not come further.
        stuck = if draft.length > furthest { 0 } else { stuck + 1 };
        furthest = furthest.max(draft.length);
        let Some(began) = began.as_ref().filter(|_| resumes && furthest > 0) else { return Err(error) };
        if stuck >= MOST_STUCK || !error.is_retryable() {
            return Err(error);
        }
        if validator.is_none() {
            draft.start_over().await?;
        }
        tracing::debug!(from = draft.length, "resuming a download");
        gateways.pause(began, gateways.backoff(stuck + 1)).await;
    }
}

/// What ended before it was whole.
fn broken(resumes: bool) -> Error {
    Error::Network(TransportError::new(Cause::Reset, true).of_call(true, resumes))
}

/// Writes what comes, to its end. `whole` is how long the file is, if it is known otherwise than by the length of what comes.
async fn receive(
    draft: &mut Draft,
    mut stream: GatewayStream,
    parts: &Parts,
    limit: Option<u64>,
    whole: Option<u64>,
) -> Result<GatewayResponse> {
    let total = whole.or(stream.length().map(|length| draft.length.saturating_add(length)));
    let too_large = || Error::ResponseTooLarge(TransportError::new(Cause::TooLarge, true));
    if limit.is_some_and(|limit| total > Some(limit)) {
        return Err(too_large());
    }
    let mut gathered = BytesMut::new();
    loop {
        let chunk = stream.next().await;
        if let Some(Ok(chunk)) = &chunk {
            gathered.extend_from_slice(chunk);
            if limit.is_some_and(|limit| draft.length + gathered.len() as u64 > limit) {
                return Err(too_large());
            }
        }
        let ends = !matches!(chunk, Some(Ok(_)));
        if !gathered.is_empty() && (ends || gathered.len() >= PIECE) {
            draft.write(gathered.split().freeze()).await?;
            if let Some(observer) = &parts.observer {
                observer.tell(Direction::Down, draft.length, total);
            }
        }
        match chunk {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error),
            None => {
                return match whole {
                    // A server may send less than what it is asked for.
                    Some(whole) if draft.length < whole => Err(broken(true)),
                    Some(whole) if draft.length > whole => Err(Error::InvalidResponse(None)),
                    _ => Ok(stream.answer),
                };
            }
        }
    }
}

fn range_from(offset: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes={offset}-")).unwrap_or(HeaderValue::from_static("bytes=0-"))
}

/// Which part of a body an answer brings (RFC 9110 §14.4).
struct Part {
    begins: u64,
    /// How long the whole is, if the server knows.
    whole: Option<u64>,
}

impl Part {
    fn of(stream: &GatewayStream) -> Option<Self> {
        let range = stream.headers().get(CONTENT_RANGE)?.to_str().ok()?;
        let (range, whole) = range.trim().strip_prefix("bytes ")?.split_once('/')?;
        let begins = range.split_once('-')?.0.trim().parse().ok()?;
        let part = Self { begins, whole: whole.trim().parse().ok() };
        (stream.status() == StatusCode::PARTIAL_CONTENT).then_some(part)
    }
}

/// What tells one version of a body from another (RFC 9110 §13.1.5): a strong entity tag, or else the date of the last change.
fn validator_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let tag = headers.get(ETAG).filter(|tag| tag.as_bytes().starts_with(b"\""));
    tag.or_else(|| headers.get(LAST_MODIFIED)).cloned()
}

/// The file while it is not whole, beside the one that it becomes. Removed when it is dropped.
struct Draft {
    file: Option<File>,
    place: Place,
    length: u64,
    tasks: Tasks,
}

/// Where a draft is.
struct Place(PathBuf);

impl Draft {
    async fn create(tasks: &Tasks, target: &Path) -> Result<Self> {
        if target.file_name().is_none() {
            return Err(Error::FileFailed(FileFault::NotAFile, Sent::Nothing));
        }
        // Not after the target: its name can be as long as names can be.
        let path = target.with_file_name(format!(".{}.part", random::name()));
        let target = target.to_owned();
        let made = in_place(tasks, Sent::Nothing, move || {
            if target.is_dir() {
                return Err(std::io::ErrorKind::IsADirectory.into());
            }
            // If nobody waits for it any more, its place is dropped with it.
            File::create_new(&path).map(|file| (file, Place(path)))
        });
        let (file, place) = made.await?;
        Ok(Self { file: Some(file), place, length: 0, tasks: tasks.clone() })
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let length = bytes.len() as u64;
        self.change(move |file| file.write_all(&bytes)).await?;
        self.length += length;
        Ok(())
    }

    async fn start_over(&mut self) -> Result<()> {
        use std::io::Seek as _;
        self.change(|file| file.set_len(0).and_then(|()| file.rewind())).await?;
        self.length = 0;
        Ok(())
    }

    /// The file is whole, and takes its place.
    async fn keep(mut self, target: &Path) -> Result<()> {
        self.change(|file| file.sync_all()).await?;
        let (from, to) = (self.place.0.clone(), target.to_owned());
        self.file = None;
        in_place(&self.tasks, Sent::Something, move || fs::rename(from, to)).await
    }

    async fn change(
        &mut self,
        work: impl FnOnce(&mut File) -> std::io::Result<()> + Send + 'static,
    ) -> Result<()> {
        // A file that was given to work that did not come back is lost, and so is the download.
        let mut file = self.file.take().ok_or(Error::FileFailed(FileFault::Other, Sent::Something))?;
        self.file =
            Some(in_place(&self.tasks, Sent::Something, move || work(&mut file).map(|()| file)).await?);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // There is none any more once it has taken its place. Removing a file takes no time worth a thread.
        let _ = fs::remove_file(&self.0);
    }
}

async fn in_place<T: Send + 'static>(
    tasks: &Tasks,
    sent: Sent,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tasks.blocking(work).await;
    let done = done.ok_or(FileFault::Other).and_then(|done| done.map_err(|error| FileFault::of(&error)));
    done.map_err(|fault| Error::FileFailed(fault, sent))
}
