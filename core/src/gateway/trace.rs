//! W3C Trace Context: the header `traceparent`.

use http::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace of one call.
#[derive(Clone, Copy)]
pub(super) struct Trace(u128);

impl Trace {
    pub(super) fn new() -> Self {
        // An id of zeros is not valid.
        Self(fastrand::u128(1..))
    }

    /// Marks a request as a span of this trace, unless the app has said whose it is.
    pub(super) fn mark(self, headers: &mut HeaderMap) {
        let span = fastrand::u64(1..);
        if let Ok(value) = HeaderValue::try_from(format!("00-{:032x}-{span:016x}-01", self.0)) {
            headers.entry(TRACEPARENT).or_insert(value);
        }
    }
}
