//! Bodies that a server has packed with gzip (RFC 1952).
//!
//! Inflating by `miniz_oxide`, and this file around it, make a library 17,000 bytes larger (x86_64, `opt-level = "z"`, fat LTO,
//! stripped); `flate2` and reqwest's feature `gzip` would have been more than 50,000.

use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use crate::host::{Cause, Chunks, TransportError};

/// How many bytes are inflated at once; a small body can be packed from a huge one, and its reader stops at a limit.
const PIECE: usize = 16 << 10;

/// What gzip begins with: its mark, and the method to deflate.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// A longer head of gzip (it can name a file) is refused.
const LONGEST_HEAD: usize = 4 << 10;

/// What `packed` gives, unpacked.
pub(crate) struct Gunzip<C> {
    packed: C,
    /// What was read and not yet inflated.
    read: BytesMut,
    ended: bool,
    part: Part,
    inflater: Box<InflateState>,
    length: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Head,
    Data,
    Tail,
    Done,
}

/// What a step came to.
enum Step {
    Inflated(Bytes),
    NeedsMore,
    GoesOn,
}

impl<C: Chunks> Gunzip<C> {
    pub(crate) fn new(packed: C) -> Self {
        let inflater = InflateState::new_boxed(DataFormat::Raw);
        Self { packed, read: BytesMut::new(), ended: false, part: Part::Head, inflater, length: 0 }
    }

    fn step(&mut self) -> Result<Step, TransportError> {
        let malformed = TransportError::new(Cause::Protocol, true);
        match self.part {
            Part::Head => match head_length(&self.read).map_err(|()| malformed)? {
                Some(length) => {
                    self.read.advance(length);
                    self.part = Part::Data;
                    Ok(Step::GoesOn)
                }
                None if self.read.len() > LONGEST_HEAD => Err(malformed),
                None => Ok(Step::NeedsMore),
            },
            Part::Data => {
                let mut piece = vec![0; PIECE];
                let result = inflate(&mut self.inflater, &self.read, &mut piece, MZFlush::None);
                self.read.advance(result.bytes_consumed);
                match result.status {
                    Ok(MZStatus::StreamEnd) => self.part = Part::Tail,
                    Ok(_) | Err(MZError::Buf) => {}
                    Err(_) => return Err(malformed),
                }
                piece.truncate(result.bytes_written);
                self.length = self.length.wrapping_add(result.bytes_written as u32);
                Ok(match (piece.is_empty(), self.part) {
                    (false, _) => Step::Inflated(piece.into()),
                    (true, Part::Tail) => Step::GoesOn,
                    (true, _) => Step::NeedsMore,
                })
            }
            // A checksum and the length. TCP and TLS have checksums of their own; the length shows that nothing is missing.
            Part::Tail => match self.read.first_chunk::<8>() {
                None => Ok(Step::NeedsMore),
                Some([_, _, _, _, length @ ..]) if u32::from_le_bytes(*length) != self.length => {
                    Err(malformed)
                }
                Some(_) if self.read.len() > 8 => Err(malformed),
                Some(_) => {
                    self.read.clear();
                    self.part = Part::Done;
                    Ok(Step::NeedsMore)
                }
            },
            Part::Done if self.read.is_empty() => Ok(Step::NeedsMore),
            Part::Done => Err(malformed),
        }
    }
}

impl<C: Chunks> Chunks for Gunzip<C> {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            match self.step() {
                Err(error) => return Poll::Ready(Some(Err(error))),
                Ok(Step::Inflated(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Ok(Step::GoesOn) => continue,
                Ok(Step::NeedsMore) => {}
            }
            if self.ended {
                // The answer to a HEAD has no body at all.
                let whole = self.part == Part::Done || (self.part == Part::Head && self.read.is_empty());
                let cut = TransportError::new(Cause::Reset, true);
                return Poll::Ready((!whole).then_some(Err(cut)));
            }
            match ready!(self.packed.poll_chunk(context)) {
                Some(Ok(chunk)) => self.read.extend_from_slice(&chunk),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => self.ended = true,
            }
        }
    }
}

/// How long the head at the beginning of `read` is, if all of it is there.
fn head_length(read: &[u8]) -> Result<Option<usize>, ()> {
    if !read.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic) {
        return Err(());
    }
    let Some([_, _, _, flags, ..]) = read.first_chunk::<10>() else { return Ok(None) };
    // The upper flags are reserved.
    if flags & 0xe0 != 0 {
        return Err(());
    }
    let mut at = 10;
    if flags & 4 != 0 {
        let Some(length) = read.get(at..).and_then(<[u8]>::first_chunk::<2>) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes(*length));
    }
    // A file's name and a comment, each with a zero at its end.
    for flag in [8, 16] {
        if flags & flag != 0 {
            let Some(end) = read.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
                return Ok(None);
            };
            at += end + 1;
        }
    }
    at += if flags & 2 != 0 { 2 } else { 0 };
    Ok((read.len() >= at).then_some(at))
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, task::Waker};

    use miniz_oxide::deflate::compress_to_vec;

    use super::*;

    struct Listed(VecDeque<Bytes>);

    impl Chunks for Listed {
        fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
            Poll::Ready(self.0.pop_front().map(Ok))
        }
    }

    fn packed(plain: &[u8], flags: u8, more: &[u8]) -> Vec<u8> {
        let mut packed = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
        packed.extend_from_slice(more);
        packed.extend(compress_to_vec(plain, 6));
        packed.extend([0; 4]);
        packed.extend(u32::try_from(plain.len()).expect("short").to_le_bytes());
        packed
    }

    fn unpacked(packed: &[u8], piece: usize) -> Result<Vec<u8>, Cause> {
        let chunks = packed.chunks(piece).map(Bytes::copy_from_slice).collect();
        let mut gunzip = Gunzip::new(Listed(chunks));
        let mut plain = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match gunzip.poll_chunk(&mut context) {
                Poll::Ready(None) => return Ok(plain),
                Poll::Ready(Some(Ok(chunk))) => plain.extend_from_slice(&chunk),
                Poll::Ready(Some(Err(error))) => return Err(error.cause()),
                Poll::Pending => panic!("a list is never pending"),
            }
        }
    }

    #[test]
    fn what_was_packed_comes_back_in_any_pieces() {
        let plain: Vec<u8> = (0..100_000_u32).map(|index| (index.wrapping_mul(index) % 251) as u8).collect();
        for plain in [&plain[..], b"one", b""] {
            for piece in [1, 7, 1 << 20] {
                assert_eq!(unpacked(&packed(plain, 0, &[]), piece).as_deref(), Ok(plain), "{piece}");
            }
        }
        let named = packed(b"one", 4 | 8 | 16 | 2, b"\x02\x00xxname\0comment\0hc");
        assert_eq!(unpacked(&named, 1).as_deref(), Ok(&b"one"[..]));
    }

    #[test]
    fn what_is_cut_off_or_malformed_is_an_error() {
        let whole = packed(b"one two three", 0, &[]);
        for length in 1..whole.len() {
            assert_eq!(unpacked(&whole[..length], 5), Err(Cause::Reset), "{length}");
        }
        assert_eq!(unpacked(b"{\"not\":\"packed\"}", 5), Err(Cause::Protocol));
        assert_eq!(unpacked(b"ok", 5), Err(Cause::Protocol), "too short for a head, and no beginning of one");
        let mut wrong = whole.clone();
        *wrong.last_mut().expect("bytes") = 1;
        assert_eq!(unpacked(&wrong, 5), Err(Cause::Protocol));
        assert_eq!(unpacked(&[&whole[..], b"x"].concat(), 5), Err(Cause::Protocol));
        assert_eq!(unpacked(b"", 5), Ok(Vec::new()), "the answer to a HEAD");
    }
}
