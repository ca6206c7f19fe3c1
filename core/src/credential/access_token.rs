//! Access tokens, which stand for the credential at a gateway for a short time: how long one is used, when the next is asked for, and
//! where they are kept. Only in memory; pure, but for the lock around it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::HeaderValue;

use crate::{Secret, clock::Clock, error::Error};

/// A token that lives longer is renewed as if it lived for this long: nobody knows when a token of a day is revoked.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A token that lives for a shorter time is used for this long; a server that does not want it says so. It is also how long a refused
/// token's successor is not given up: whoever refuses one token after the other refuses the next one, too.
const SHORTEST: Duration = Duration::from_secs(5);

/// A longer token is none: servers take no header of its size.
const LONGEST_TOKEN: usize = 16 << 10;

/// How long after a failure the next token is asked for, if the server did not ask for more.
const PAUSE: Duration = Duration::from_secs(1);

/// No server's wish is taken for longer than this: what is asked for later is asked for by somebody who waits for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// A moment by both clocks of the device.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    elapsed: Duration,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { elapsed: clock.elapsed(), wall: clock.now() }
    }
}

/// A token as it was issued.
pub(crate) struct Issued {
    /// The token itself.
    pub(crate) token: Secret,
    /// How long it lives from the moment when it was asked for.
    pub(crate) life: Duration,
}

impl Issued {
    /// The token in a header: `prefix` and the token. `None` if it is no token in the syntax of RFC 6750 §2.1.
    fn header(&self, prefix: &str) -> Option<HeaderValue> {
        // Exposed into the header of a request that was found to be allowed.
        let token = self.token.expose();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(is_token) {
            return None;
        }
        let mut value = HeaderValue::try_from(format!("{prefix}{token}")).ok()?;
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
    /// When it ends by the wall clock, which goes on while the device sleeps and the other clock stands still. Whoever sets the
    /// wall clock can end a token by that, and cannot make it live longer.
    ends_at: Option<SystemTime>,
    /// When the next one is asked for, or is asked for again.
    renewal: Duration,
}

impl AccessToken {
    fn lives(&self, now: Moment) -> bool {
        now.elapsed < self.ends && self.ends_at.is_none_or(|ends| now.wall < ends)
    }
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
/// [`Clock::elapsed`], which nobody can set; only the end of a token is looked for by the wall clock as well.
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
    pub(crate) fn supply(&self, credential: u64, source: usize, now: Moment) -> Supply {
        let mut shelf = self.shelf();
        if shelf.credential != credential {
            return Supply::Nothing;
        }
        let failure = shelf.failures.get(&source).filter(|(until, _)| now.elapsed < *until).cloned();
        match (shelf.tokens.get_mut(&source).filter(|token| token.lives(now)), failure) {
            (Some(token), None) if now.elapsed >= token.renewal => {
                token.renewal = now.elapsed + SHORTEST;
                Supply::Due
            }
            (Some(_), _) => Supply::Token,
            (None, Some((_, error))) => Supply::Failed(error),
            (None, None) => Supply::Nothing,
        }
    }

    /// The token's header and number, if there is one at the time `now`.
    pub(crate) fn header(&self, credential: u64, source: usize, now: Moment) -> Option<(HeaderValue, u64)> {
        let shelf = self.shelf();
        let token = shelf.tokens.get(&source).filter(|token| token.lives(now))?;
        (shelf.credential == credential).then(|| (token.header.clone(), token.number))
    }

    /// Keeps a token that was asked for at the time `begun`, in place of the one before. `false` if it cannot be in a header.
    pub(crate) fn keep(
        &self,
        credential: u64,
        source: usize,
        begun: Moment,
        issued: &Issued,
        prefix: &str,
    ) -> bool {
        let Some(header) = issued.header(prefix) else { return false };
        let life = issued.life.clamp(SHORTEST, LONGEST);
        let mut shelf = self.shelf();
        if shelf.turns_to(credential) {
            shelf.last_number += 1;
            let (number, renewal) = (shelf.last_number, begun.elapsed + life.mul_f32(0.8));
            let (ends, ends_at) = (begun.elapsed + life, begun.wall.checked_add(life));
            shelf.failures.remove(&source);
            shelf.tokens.insert(source, AccessToken { number, header, ends, ends_at, renewal });
        }
        true
    }

    /// Remembers until when no token is asked for, because of `error`: for as long as the server says.
    pub(crate) fn failed(&self, credential: u64, source: usize, now: Moment, error: &Error) {
        let mut shelf = self.shelf();
        if shelf.turns_to(credential) {
            let pause = error.retry_after().unwrap_or(PAUSE).clamp(PAUSE, LONGEST_PAUSE);
            shelf.failures.insert(source, (now.elapsed + pause, error.clone()));
        }
    }

    /// A gateway has refused the token of this number. It is given up, unless another was a moment ago. Whether the call can be sent with
    /// another one.
    pub(crate) fn refused(&self, credential: u64, source: usize, number: u64, now: Moment) -> bool {
        let mut shelf = self.shelf();
        if shelf.credential != credential {
            return false;
        }
        if shelf.tokens.get(&source).is_none_or(|token| token.number != number) {
            return true;
        }
        if shelf.given_up.get(&source).is_some_and(|last| now.elapsed < *last + SHORTEST) {
            return false;
        }
        shelf.given_up.insert(source, now.elapsed);
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

    fn at(seconds: u64) -> Moment {
        let elapsed = Duration::from_secs(seconds);
        Moment { elapsed, wall: SystemTime::UNIX_EPOCH + elapsed }
    }

    fn issued(life: u64) -> Issued {
        Issued { token: Secret::from("canary"), life: Duration::from_secs(life) }
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
            Error::UnexpectedStatus(Box::new(answer.with_retry_after(Duration::from_secs(wait))))
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
    fn a_server_that_asks_for_no_pause_gets_one() {
        let tokens = AccessTokens::default();
        let answer = UnexpectedStatus::new(StatusCode::SERVICE_UNAVAILABLE).with_retry_after(Duration::ZERO);
        tokens.failed(1, GATEWAY, at(0), &Error::UnexpectedStatus(Box::new(answer)));
        assert!(matches!(tokens.supply(1, GATEWAY, at(0)), Supply::Failed(_)));
        assert_eq!(tokens.supply(1, GATEWAY, at(1)), Supply::Nothing);
    }

    #[test]
    fn a_token_ends_by_either_clock_and_no_clock_that_is_set_back_keeps_it() {
        let tokens = keeping(300);
        let asleep = Moment { wall: at(300).wall, ..at(10) };
        assert_eq!(tokens.supply(1, GATEWAY, asleep), Supply::Nothing);
        assert!(tokens.header(1, GATEWAY, asleep).is_none());
        let set_back = Moment { wall: SystemTime::UNIX_EPOCH, ..at(300) };
        assert_eq!(tokens.supply(1, GATEWAY, set_back), Supply::Nothing);
    }

    #[test]
    fn what_is_no_token_is_not_kept() {
        let kept = |text: &str| {
            let token = Issued { token: Secret::from(text), life: Duration::from_secs(300) };
            AccessTokens::default().keep(1, GATEWAY, at(0), &token, "Bearer ")
        };
        assert!(kept("eyJ0.e-_~+/30=") && kept(&"x".repeat(LONGEST_TOKEN)));
        for text in ["", "line\nbreak", "a b", "a,b", "t\u{f6}ken", "\t", &"x".repeat(LONGEST_TOKEN + 1)] {
            assert!(!kept(text), "{text:?}");
        }
    }
}
