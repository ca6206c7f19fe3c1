//! The body of a call: bytes, or pieces that are read when they are sent, as often as the call is sent.

use std::{
    collections::VecDeque,
    fs::File,
    future::Future,
    io::{self, Read as _},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};

use crate::{
    error::{Error, FileFault, Result, Sent},
    host::{Body, Cause, Chunks, Payload, TransportError},
    session::Tasks,
};

/// So much of a file is in memory at once.
const PIECE: usize = 256 << 10;

/// Opens a file. Called once for each time that the file is sent, and once before for its length; may block.
pub(super) type OpenFile = Arc<dyn Fn() -> io::Result<File> + Send + Sync>;

/// Makes a stream. Called once for each time that it is sent.
pub(super) type MakeStream = Arc<dyn Fn() -> Body + Send + Sync>;

/// The body of a call.
#[derive(Clone)]
pub(super) enum Content {
    Whole(Bytes),
    Pieces(Vec<Piece>),
}

/// A part of a body.
#[derive(Clone)]
pub(super) enum Piece {
    Bytes(Bytes),
    /// A file, and its length once that was looked at.
    File(OpenFile, Option<u64>),
    /// A stream, and its length if that is known.
    Stream(MakeStream, Option<u64>),
}

impl Content {
    pub(super) fn is_empty(&self) -> bool {
        self.length() == Some(0)
    }

    /// How many bytes it has, if that is known: of files once they were [measured](Self::measured).
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(bytes.len() as u64),
            Self::Pieces(pieces) => pieces.iter().map(Piece::length).sum(),
        }
    }

    /// The same with the lengths of its files.
    pub(super) async fn measured(self, tasks: &Tasks) -> Result<Self> {
        let Self::Pieces(mut pieces) = self else { return Ok(self) };
        for piece in &mut pieces {
            let Piece::File(open, length) = piece else { continue };
            let open = open.clone();
            let found = tasks.blocking(move || length_of(&open)).await;
            *length = Some(
                found
                    .unwrap_or(Err(FileFault::Other))
                    .map_err(|fault| Error::FileFailed(fault, Sent::Nothing))?,
            );
        }
        Ok(Self::Pieces(pieces))
    }

    /// What one attempt sends. Why a file could not be read is left in `fault`.
    pub(super) fn payload(&self, tasks: &Tasks, fault: &Fault) -> Payload {
        match self {
            Self::Whole(bytes) => Payload::Whole(bytes.clone()),
            Self::Pieces(pieces) => {
                let (pieces, tasks, fault) = (pieces.iter().cloned().collect(), tasks.clone(), fault.clone());
                let reader = Reader { pieces, now: Now::Between, tasks, fault };
                Payload::Stream(Body::new(reader, self.length()))
            }
        }
    }
}

impl Piece {
    fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File(_, length) | Self::Stream(_, length) => *length,
        }
    }
}

fn length_of(open: &OpenFile) -> Result<u64, FileFault> {
    let about = open().and_then(|file| file.metadata()).map_err(|error| FileFault::of(&error))?;
    // What is no file has no length that could be kept.
    if about.is_file() { Ok(about.len()) } else { Err(FileFault::NotAFile) }
}

/// Why a body could not be read, if it could not.
#[derive(Clone, Default)]
pub(super) struct Fault(Arc<Mutex<Option<FileFault>>>);

impl Fault {
    fn set(&self, fault: FileFault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    pub(super) fn get(&self) -> Option<FileFault> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the pieces one after another, and never more than one part of a file ahead.
struct Reader {
    pieces: VecDeque<Piece>,
    now: Now,
    tasks: Tasks,
    fault: Fault,
}

/// A read that is under way: the file, if it is not read by then, and what was read.
type Reading = Pin<Box<dyn Future<Output = Option<io::Result<(File, Bytes)>>> + Send>>;

enum Now {
    Between,
    /// A file of which so many bytes are still to come.
    File(File, u64),
    Reading(Reading, u64),
    /// A stream of which so many bytes are still to come, if that is known.
    Stream(Body, Option<u64>),
    Failed,
}

impl Reader {
    fn fail(&mut self, fault: FileFault) -> Poll<Option<Result<Bytes, TransportError>>> {
        self.fault.set(fault);
        self.now = Now::Failed;
        Poll::Ready(Some(Err(TransportError::new(Cause::Reset, true))))
    }

    fn read(&self, work: impl FnOnce() -> io::Result<(File, Bytes)> + Send + 'static) -> Reading {
        let tasks = self.tasks.clone();
        Box::pin(async move { tasks.blocking(work).await })
    }
}

impl Chunks for Reader {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            match std::mem::replace(&mut self.now, Now::Between) {
                Now::Between => match self.pieces.pop_front() {
                    None => return Poll::Ready(None),
                    Some(Piece::Bytes(bytes)) if bytes.is_empty() => {}
                    Some(Piece::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                    Some(Piece::File(open, length)) => {
                        let left = length.unwrap_or_default();
                        let reading = self.read(move || open().and_then(|file| part_of(file, left)));
                        self.now = Now::Reading(reading, left);
                    }
                    Some(Piece::Stream(make, length)) => self.now = Now::Stream(make(), length),
                },
                Now::File(_, 0) => {}
                Now::File(file, left) => {
                    self.now = Now::Reading(self.read(move || part_of(file, left)), left);
                }
                Now::Reading(mut reading, left) => {
                    let Poll::Ready(read) = reading.as_mut().poll(context) else {
                        self.now = Now::Reading(reading, left);
                        return Poll::Pending;
                    };
                    match read {
                        None => return self.fail(FileFault::Other),
                        Some(Err(error)) => return self.fail(FileFault::of(&error)),
                        Some(Ok((file, part))) => {
                            if part.is_empty() && left > 0 {
                                return self.fail(FileFault::Changed);
                            }
                            self.now = Now::File(file, left - part.len() as u64);
                            if !part.is_empty() {
                                return Poll::Ready(Some(Ok(part)));
                            }
                        }
                    }
                }
                Now::Stream(mut body, left) => {
                    let Poll::Ready(chunk) = body.poll_next(context) else {
                        self.now = Now::Stream(body, left);
                        return Poll::Pending;
                    };
                    let over = |chunk: &Bytes| left.is_some_and(|left| chunk.len() as u64 > left);
                    match chunk {
                        None if left.unwrap_or_default() > 0 => return self.fail(FileFault::Changed),
                        None => {}
                        Some(Err(_)) => return self.fail(FileFault::Other),
                        Some(Ok(chunk)) if over(&chunk) => return self.fail(FileFault::Changed),
                        Some(Ok(chunk)) => {
                            self.now = Now::Stream(body, left.map(|left| left - chunk.len() as u64));
                            return Poll::Ready(Some(Ok(chunk)));
                        }
                    }
                }
                // Whoever asks again is told again: a body that failed must never look complete.
                Now::Failed => {
                    self.now = Now::Failed;
                    return Poll::Ready(Some(Err(TransportError::new(Cause::Reset, true))));
                }
            }
        }
    }
}

/// The next part of a file of which `left` bytes are to be sent.
fn part_of(mut file: File, left: u64) -> io::Result<(File, Bytes)> {
    let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
    let mut part = BytesMut::zeroed(length);
    let mut read = 0;
    while read < length {
        match file.read(&mut part[read..]) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    part.truncate(read);
    Ok((file, part.freeze()))
}
