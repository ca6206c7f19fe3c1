//! Access tokens, which stand for the credential at a gateway for a short time: how long one is used, when the next is asked for, and
//! where they are kept. Only in memory; pure, but for the lock around it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::HeaderValue;

use crate::{Secret, error::Error};

/// A token that lives longer is renewed as if it lived for this long: nobody knows when a token of a day is revoked.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A token that lives for a shorter time is used for this long; a server that does not want it says so. It is also how long a refused
/// token's successor is not given up: whoever refuses one token after the other refuses the next one, too.
const SHORTEST: Duration = Duration::from_secs(5);

/// How long after a failure the next token is asked for, if the server did not say.
const PAUSE: Duration = Duration::from_secs(1);

/// No server's wish is taken for longer than this: what is asked for later is asked for by somebody who waits for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// A token as it was issued.
pub(crate) struct Issued {
    /// The token itself.
    pub(crate) token: Secret,
    /// How long it lives from the moment when it was asked for.
    pub(crate) life: Duration,
}

impl Issued {
    /// The token in a header: `prefix` and the token. `None` if it cannot be in one.
    fn header(&self, prefix: &str) -> Option<HeaderValue> {
        // Exposed into the header of a request that was found to be allowed.
        let mut value = HeaderValue::try_from(format!("{prefix}{}", self.token.expose())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// A token in use.
#[derive(Clone)]
struct AccessToken {
    number: u64,
    header: HeaderValue,
    ends: Duration,
    /// When the next one is asked for, or is asked for again.
    renewal: Duration,
}

/// What there is for a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Supply {
    /// A token.
    Token,
    /// A token, and it is time to ask for the next one. This is said to one caller.
    Due,
    /// None.
    Nothing,
    /// None, because it could not be had a moment ago.
    Failed(Error),
}

/// The access tokens of the credential that is held, one for each source. Clones are handles of the same. Times are
/// [`Clock::elapsed`](crate::Clock::elapsed), which nobody can set.
#[derive(Clone, Default)]
pub(crate) struct AccessTokens(Arc<Mutex<Shelf>>);

#[derive(Default)]
struct Shelf {
    credential: u64,
    last_number: u64,
    tokens: HashMap<usize, AccessToken>,
    failures: HashMap<usize, (Duration, Error)>,
    /// When a token was given up because it was refused.
    given_up: HashMap<usize, Duration>,
}

impl Shelf {
    /// Whether what is told of `credential` is still of use; forgets what is of an earlier one.
    fn turns_to(&mut self, credential: u64) -> bool {
        if credential > self.credential {
            *self = Self { credential, last_number: self.last_number, ..Self::default() };
        }
        credential == self.credential
    }
}

impl AccessTokens {
    /// What there is at the time `now` for a call that carries a token of `source`, which stands for `credential`.
    pub(crate) fn supply(&self, credential: u64, source: usize, now: Duration) -> Supply {
        let mut shelf = self.shelf();
        if shelf.credential != credential {
            return Supply::Nothing;
        }
        let failure = shelf.failures.get(&source).filter(|(until, _)| now < *until).cloned();
        match (shelf.tokens.get_mut(&source).filter(|token| now < token.ends), failure) {
            (Some(token), None) if now >= token.renewal => {
                token.renewal = now + SHORTEST;
                Supply::Due
            }
            (Some(_), _) => Supply::Token,
            (None, Some((_, error))) => Supply::Failed(error),
            (None, None) => Supply::Nothing,
        }
    }

    /// The token's header and number, if there is one at the time `now`.
    pub(crate) fn header(&self, credential: u64, source: usize, now: Duration) -> Option<(HeaderValue, u64)> {
        let shelf = self.shelf();
        let token = shelf.tokens.get(&source).filter(|token| now < token.ends)?;
        (shelf.credential == credential).then(|| (token.header.clone(), token.number))
    }

    /// Keeps a token that was asked for at the time `begun`, in place of the one before. `false` if it cannot be in a header.
    pub(crate) fn keep(
        &self,
        credential: u64,
        source: usize,
        begun: Duration,
        issued: &Issued,
        prefix: &str,
    ) -> bool {
        let Some(header) = issued.header(prefix) else { return false };
        let life = issued.life.clamp(SHORTEST, LONGEST);
        let mut shelf = self.shelf();
        if shelf.turns_to(credential) {
            shelf.last_number += 1;
            let (number, renewal) = (shelf.last_number, begun + life.mul_f32(0.8));
            shelf.failures.remove(&source);
            shelf.tokens.insert(source, AccessToken { number, header, ends: begun + life, renewal });
        }
        true
    }

    /// Remembers until when no token is asked for, because of `error`: for as long as the server says.
    pub(crate) fn failed(&self, credential: u64, source: usize, now: Duration, error: &Error) {
        let mut shelf = self.shelf();
        if shelf.turns_to(credential) {
            let pause = error.retry_after().unwrap_or(PAUSE).min(LONGEST_PAUSE);
            shelf.failures.insert(source, (now + pause, error.clone()));
        }
    }

    /// A gateway has refused the token of this number. It is given up, unless another was a moment ago. Whether the call can be sent with
    /// another one.
    pub(crate) fn refused(&self, credential: u64, source: usize, number: u64, now: Duration) -> bool {
        let mut shelf = self.shelf();
        if shelf.credential != credential {
            return false;
        }
        if shelf.tokens.get(&source).is_none_or(|token| token.number != number) {
            return true;
        }
        if shelf.given_up.get(&source).is_some_and(|last| now < *last + SHORTEST) {
            return false;
        }
        shelf.given_up.insert(source, now);
        shelf.tokens.remove(&source);
        true
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        let mut shelf = self.shelf();
        shelf.tokens.clear();
        shelf.failures.clear();
        shelf.given_up.clear();
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Each change is one step: whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::UnexpectedStatus;

    const GATEWAY: usize = 0;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn issued(life: u64) -> Issued {
        Issued { token: Secret::from("canary"), life: at(life) }
    }

    fn keeping(life: u64) -> AccessTokens {
        let tokens = AccessTokens::default();
        assert!(tokens.keep(1, GATEWAY, at(0), &issued(life), "Bearer "));
        tokens
    }

    #[test]
    fn a_token_is_used_while_it_lives_and_renewed_ahead_by_one_caller() {
        let tokens = keeping(300);
        assert_eq!(tokens.supply(1, GATEWAY, at(239)), Supply::Token);
        assert_eq!(tokens.supply(1, GATEWAY, at(240)), Supply::Due);
        assert_eq!(tokens.supply(1, GATEWAY, at(240)), Supply::Token, "one renewal at a time");
        assert_eq!(tokens.supply(1, GATEWAY, at(246)), Supply::Due, "and again, if that came to nothing");
        let (header, _) = tokens.header(1, GATEWAY, at(299)).expect("a header");
        assert_eq!(header, "Bearer canary");
        assert!(header.is_sensitive());
        assert_eq!(tokens.supply(1, GATEWAY, at(300)), Supply::Nothing);
        assert!(tokens.header(1, GATEWAY, at(300)).is_none());
    }

    #[test]
    fn no_life_is_too_short_or_too_long() {
        assert_eq!(keeping(0).supply(1, GATEWAY, at(3)), Supply::Token);
        assert_eq!(keeping(0).supply(1, GATEWAY, at(5)), Supply::Nothing);
        assert_eq!(keeping(u64::MAX).supply(1, GATEWAY, at(60 * 60)), Supply::Nothing);
    }

    #[test]
    fn a_token_is_of_one_credential_and_one_source() {
        let tokens = keeping(300);
        assert_eq!(tokens.supply(2, GATEWAY, at(1)), Supply::Nothing);
        assert_eq!(tokens.supply(1, GATEWAY + 1, at(1)), Supply::Nothing);
        assert!(tokens.header(2, GATEWAY, at(1)).is_none());
        assert!(tokens.keep(2, GATEWAY, at(1), &issued(300), ""));
        tokens.keep(1, GATEWAY, at(2), &issued(300), "late ");
        assert_eq!(
            tokens.header(2, GATEWAY, at(3)).expect("a header").0,
            "canary",
            "a late token is dropped"
        );
        tokens.clear();
        assert_eq!(tokens.supply(2, GATEWAY, at(3)), Supply::Nothing);
    }

    #[test]
    fn a_refused_token_is_given_up_and_its_successor_is_not_at_once() {
        let tokens = keeping(300);
        let (_, number) = tokens.header(1, GATEWAY, at(10)).expect("a header");
        assert!(tokens.refused(1, GATEWAY, number, at(10)), "however new it is");
        assert_eq!(tokens.supply(1, GATEWAY, at(10)), Supply::Nothing);
        tokens.keep(1, GATEWAY, at(10), &issued(300), "");
        assert!(tokens.refused(1, GATEWAY, number, at(11)), "another is there already");
        assert_eq!(tokens.supply(1, GATEWAY, at(11)), Supply::Token, "and stays");
        let (_, number) = tokens.header(1, GATEWAY, at(11)).expect("a header");
        assert!(!tokens.refused(1, GATEWAY, number, at(14)), "the next would be refused as well");
        assert!(tokens.refused(1, GATEWAY, number, at(15)));
        assert!(!tokens.refused(2, GATEWAY, number, at(100)));
    }

    #[test]
    fn after_a_failure_the_server_is_left_alone_for_a_while() {
        let tokens = AccessTokens::default();
        let error = |wait: u64| {
            let answer = UnexpectedStatus::new(StatusCode::SERVICE_UNAVAILABLE);
            Error::UnexpectedStatus(Box::new(answer.with_retry_after(at(wait))))
        };
        tokens.failed(1, GATEWAY, at(0), &error(30));
        assert_eq!(tokens.supply(1, GATEWAY, at(29)), Supply::Failed(error(30)));
        assert_eq!(tokens.supply(1, GATEWAY, at(30)), Supply::Nothing);
        tokens.failed(1, GATEWAY, at(30), &Error::InvalidResponse(None));
        assert_eq!(tokens.supply(1, GATEWAY, at(31)), Supply::Nothing);
        tokens.failed(1, GATEWAY, at(31), &error(30 * 24 * 3600));
        assert_eq!(tokens.supply(1, GATEWAY, at(31 + 300)), Supply::Nothing);
        tokens.keep(1, GATEWAY, at(400), &issued(300), "");
        tokens.failed(1, GATEWAY, at(640), &error(30));
        assert_eq!(tokens.supply(1, GATEWAY, at(669)), Supply::Token, "what is there is used up first");
        assert_eq!(tokens.supply(1, GATEWAY, at(670)), Supply::Due);
    }

    #[test]
    fn what_cannot_be_in_a_header_is_not_kept() {
        let token = Issued { token: Secret::from("line\nbreak"), life: at(300) };
        assert!(!AccessTokens::default().keep(1, GATEWAY, at(0), &token, "Bearer "));
    }
}
