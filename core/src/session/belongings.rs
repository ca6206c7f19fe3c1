//! What belongs to the credential that is held, and is forgotten with it. All of it is in memory only.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;

use crate::{credential::AccessTokens, transport::CookieJars};

/// What gateways gave to whom carried the credential, and what was made of it to carry it. Clones are handles of the same.
#[derive(Clone, Default)]
pub(crate) struct Belongings {
    pub(crate) jars: CookieJars,
    pub(crate) tokens: AccessTokens,
    pub(crate) headers: CarrierHeaders,
}

impl Belongings {
    /// Forgets everything, because the next user's calls must not be known by anything of the last one.
    pub(crate) fn clear(&self) {
        self.jars.clear();
        self.tokens.clear();
        self.headers.clear();
    }
}

/// The headers that carry the credential itself. A credential is known by its number.
#[derive(Clone, Default)]
pub(crate) struct CarrierHeaders(Arc<Mutex<Headers>>);

/// The headers of one credential, by the gateway's place in the list.
#[derive(Default)]
struct Headers {
    credential: u64,
    values: Vec<Option<HeaderValue>>,
}

impl CarrierHeaders {
    /// The header value that carries `credential` to the gateway at `place`: made once, if nobody else looks for one just now.
    pub(crate) fn of(
        &self,
        credential: u64,
        place: usize,
        make: impl FnOnce() -> Option<HeaderValue>,
    ) -> Option<HeaderValue> {
        let Ok(mut headers) = self.0.try_lock() else { return make() };
        if headers.credential != credential {
            *headers = Headers { credential, values: Vec::new() };
        }
        if headers.values.len() <= place {
            headers.values.resize(place + 1, None);
        }
        if headers.values[place].is_none() {
            headers.values[place] = make();
        }
        headers.values[place].clone()
    }

    fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Headers::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_made_once_for_each_credential_and_gateway() {
        let belongings = Belongings::default();
        let header = |credential, place, text| {
            let make = || Some(HeaderValue::from_static(text));
            belongings.headers.of(credential, place, make).expect("a header")
        };
        assert_eq!(header(1, 0, "ada"), "ada");
        assert_eq!(header(1, 0, "again"), "ada");
        assert_eq!(header(1, 1, "elsewhere"), "elsewhere");
        assert_eq!(header(2, 0, "bob"), "bob");
        belongings.clear();
        assert_eq!(header(2, 0, "anew"), "anew");
    }
}
