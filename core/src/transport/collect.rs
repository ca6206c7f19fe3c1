//! Reads a whole body, up to a limit.

use bytes::{Bytes, BytesMut};

use super::Watch;
use crate::host::{Body, Cause, TransportError};

/// Reads the whole body, which may have `limit` bytes. A body that is `declared` longer is not read at all.
///
/// Whoever answers has the request: nothing that fails here is as if it had not arrived, whatever the host says.
pub(super) async fn collect(
    mut body: Body,
    declared: Option<u64>,
    limit: usize,
    watch: &mut Watch<'_>,
) -> Result<Bytes, TransportError> {
    let too_large = TransportError::new(Cause::TooLarge, true);
    if declared.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(too_large);
    }
    let broken_off = TransportError::new(Cause::Reset, true);
    let Some(first) = next(&mut body, watch).await? else {
        return if declared.unwrap_or_default() > 0 { Err(broken_off) } else { Ok(Bytes::new()) };
    };
    if first.len() > limit {
        return Err(too_large);
    }
    if declared == u64::try_from(first.len()).ok() {
        // The usual short answer: one chunk, that is not copied. The end is read so that the connection can be reused.
        return match next(&mut body, watch).await? {
            None => Ok(first),
            Some(_) => Err(TransportError::new(Cause::Protocol, true)),
        };
    }
    let mut whole = BytesMut::from(first.as_ref());
    while let Some(chunk) = next(&mut body, watch).await? {
        if chunk.len() > limit - whole.len() {
            return Err(too_large);
        }
        whole.extend_from_slice(&chunk);
    }
    let length = u64::try_from(whole.len()).ok();
    match declared {
        // An end that a host takes for one, as hyper does where HTTP/2 breaks a stream off without an error.
        Some(_) if declared > length => Err(broken_off),
        Some(_) if declared < length => Err(TransportError::new(Cause::Protocol, true)),
        _ => Ok(whole.freeze()),
    }
}

pub(super) async fn next(body: &mut Body, watch: &mut Watch<'_>) -> Result<Option<Bytes>, TransportError> {
    match watch.limit(body.next()).await {
        Ok(chunk) => chunk.transpose().map_err(|error| TransportError::new(error.cause(), true)),
        Err(phase) => Err(TransportError::new(Cause::TimedOut(phase), true)),
    }
}

/// The text of a JSON body: without the byte order mark that some servers begin with.
pub(crate) fn without_mark(body: &Bytes) -> Bytes {
    if body.starts_with(b"\xef\xbb\xbf") { body.slice(3..) } else { body.clone() }
}
