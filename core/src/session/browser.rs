//! The sign-in in the browser that was begun last: what is remembered of it until its callback is opened, also over the end of the
//! process. Pure, but for the lock around it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::attempt::{Attempt, Decision};
use crate::{
    Secret,
    callback::{Answer, Callback},
    error::CallbackFault,
    json,
};

/// The parameter of the callback's query that binds it to one sign-in.
const STATE: &str = "flow";
/// How long a user may take in the browser.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A sign-in in the browser.
#[derive(Clone)]
pub(super) struct Flow {
    /// Comes back in the callback, and nobody else knows it.
    state: Secret,
    callback: Callback,
    begun: SystemTime,
    /// The number that the sign-in took when it was begun.
    decision: Decision,
    /// The whole attempt, if this process has begun it.
    attempt: Option<Attempt>,
}

/// What is known, and how new it is.
#[derive(Default)]
struct Known {
    last: Last,
    /// The ordinal of the newest attempt of this client that has put an end to older ones: another sign-in in the browser, or a sign-out.
    newest: u64,
    /// Whether a sign-out was called since, so that the store must not have it.
    is_hidden: bool,
}

/// What is known of the last sign-in in the browser.
#[derive(Clone, Default)]
enum Last {
    /// The store was not asked yet.
    #[default]
    Unknown,
    None,
    Pending(Flow),
    /// It was completed. The state is kept to tell a URL that is opened again from one that somebody made up.
    Taken(Secret),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum Versioned {
    #[serde(rename = "1")]
    V1(V1),
}

#[derive(Serialize, Deserialize)]
struct V1 {
    state: Zeroizing<String>,
    /// Absent once it was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<V1Pending>,
}

#[derive(Serialize, Deserialize)]
struct V1Pending {
    callback: String,
    /// Seconds since 1970.
    begun: u64,
    decision: u64,
}

impl Flow {
    pub(super) fn new(state: Secret, callback: Callback, begun: SystemTime, attempt: Attempt) -> Self {
        Self { state, callback, begun, decision: attempt.decision, attempt: Some(attempt) }
    }

    /// The callback as it is given to Appwrite, for success and failure alike.
    pub(super) fn bound_callback(&self) -> Secret {
        Secret::new(self.callback.with(STATE, &self.state))
    }

    /// The attempt that this sign-in is. One that an earlier process has begun keeps its number; among the attempts of this client it counts
    /// as `now`, because what this client decided meanwhile has a higher number anyway.
    pub(super) fn attempt(&self, now: Attempt) -> Attempt {
        self.attempt.unwrap_or(Attempt { decision: self.decision, ordinal: now.ordinal, is_earlier: true })
    }

    /// Which attempt of this client it is; zero if an earlier process has begun it.
    fn ordinal(&self) -> u64 {
        self.attempt.map_or(0, |attempt| attempt.ordinal)
    }

    /// Reads a URL as the answer to this sign-in.
    fn answer(&self, url: &str, now: SystemTime) -> Result<Answer, CallbackFault> {
        let answer = self.callback.answer(url)?;
        let state = answer.parameter(STATE).ok_or(CallbackFault::Unexpected)?;
        if !state.matches(&self.state) {
            return Err(CallbackFault::Unexpected);
        }
        // A clock that was set back ends nothing.
        if now.duration_since(self.begun).unwrap_or_default() > LIFETIME {
            return Err(CallbackFault::Expired);
        }
        Ok(answer)
    }
}

/// Remembers the last sign-in in the browser.
#[derive(Default)]
pub(crate) struct Browser(Mutex<Known>);

impl Browser {
    /// A new sign-in was begun, in place of any older one. Whether none that is newer was begun, and no sign-out was called later.
    pub(super) fn begin(&self, flow: Flow) -> bool {
        let mut known = self.known();
        let is_newest = flow.ordinal() > known.newest;
        if is_newest {
            *known = Known { newest: flow.ordinal(), last: Last::Pending(flow), is_hidden: false };
        }
        is_newest
    }

    /// The user signs out: what was begun before is not stored any more. Whether the store may have it.
    ///
    /// In this process the sign-out wins by its number. A device that is signed out keeps no record, so the next process would know no number
    /// to compare with.
    pub(super) fn sign_out(&self, attempt: Attempt) -> bool {
        let mut known = self.known();
        if attempt.ordinal < known.newest {
            return false;
        }
        let may_be_stored = !known.is_hidden && !matches!(known.last, Last::None);
        if matches!(known.last, Last::Unknown) {
            known.last = Last::None;
        }
        known.newest = attempt.ordinal;
        known.is_hidden = true;
        may_be_stored
    }

    /// Nobody waits for a callback any more.
    pub(super) fn forget(&self) {
        self.known().last = Last::None;
    }

    /// Whether the store is to be asked first.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.known().last, Last::Unknown)
    }

    /// What the store has, unless something is known by now.
    pub(super) fn restore(&self, stored: Option<&Secret>) {
        let mut known = self.known();
        if matches!(known.last, Last::Unknown) {
            known.last = stored.and_then(Last::decode).unwrap_or(Last::None);
        }
    }

    /// Takes the sign-in that `url` answers, so that no other call can.
    pub(super) fn take(&self, url: &str, now: SystemTime) -> Result<(Flow, Answer), CallbackFault> {
        let mut known = self.known();
        let flow = match &known.last {
            Last::Pending(flow) => flow.clone(),
            Last::Taken(state) => return Err(fault_after(state, url)),
            Last::None | Last::Unknown => return Err(CallbackFault::Unexpected),
        };
        let answer = flow.answer(url, now);
        if matches!(answer, Ok(_) | Err(CallbackFault::Expired)) {
            known.last = Last::Taken(flow.state.clone());
        }
        Ok((flow, answer?))
    }

    /// Gives a sign-in back that could not be completed because nothing was sent, so that the same URL can be tried again; not if the user
    /// has signed out meanwhile.
    pub(super) fn give_back(&self, flow: Flow) {
        let mut known = self.known();
        let is_last = matches!(&known.last, Last::Taken(state) if state.matches(&flow.state));
        if is_last && !known.is_hidden {
            known.last = Last::Pending(flow);
        }
    }

    /// What the store is to have: nothing, or a text.
    pub(super) fn encode(&self) -> Option<Secret> {
        let known = self.known();
        let (state, pending) = match &known.last {
            Last::Unknown | Last::None => return None,
            _ if known.is_hidden => return None,
            Last::Pending(flow) => (&flow.state, Some(V1Pending::of(flow))),
            Last::Taken(state) => (state, None),
        };
        // The store is one of the places where the state rests.
        let record = V1 { state: Zeroizing::new(state.expose().to_owned()), pending };
        let mut wiped = json::to_wiped(&Versioned::V1(record))?;
        Some(Secret::new(String::from_utf8(std::mem::take(&mut *wiped)).ok()?))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing that is done under the lock can panic half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a URL does not complete the sign-in of `state`, which was completed before.
fn fault_after(state: &Secret, url: &str) -> CallbackFault {
    let again = url::Url::parse(url.trim()).is_ok_and(|url| {
        url.query_pairs().any(|(name, value)| name == STATE && Secret::new(value).matches(state))
    });
    if again { CallbackFault::Replayed } else { CallbackFault::Unexpected }
}

impl V1Pending {
    fn of(flow: &Flow) -> Self {
        let begun = flow.begun.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { callback: flow.callback.as_str().to_owned(), begun, decision: flow.decision.0 }
    }
}

impl Last {
    fn decode(text: &Secret) -> Option<Self> {
        // The text of the store is read here, back into types that hide it.
        let Versioned::V1(record) = serde_json::from_str(text.expose()).ok()?;
        let state = Secret::of_wiped(record.state);
        let Some(pending) = record.pending else { return Some(Self::Taken(state)) };
        Some(Self::Pending(Flow {
            state,
            callback: Callback::parse(&pending.callback).ok()?,
            begun: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(pending.begun))?,
            decision: Decision::of_record(pending.decision),
            attempt: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flow that is on devices. This text never changes.
    const PENDING: &str = include_str!("fixtures/flow-v1-pending.json");
    const TAKEN: &str = include_str!("fixtures/flow-v1-taken.json");

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn attempt(ordinal: u64) -> Attempt {
        Attempt { decision: Decision(1_795_478_400_000_000), ordinal, is_earlier: false }
    }

    fn begun(state: &str) -> Flow {
        begun_as(state, attempt(3))
    }

    fn begun_as(state: &str, attempt: Attempt) -> Flow {
        let callback = Callback::parse("appwrite-callback-demo://oauth2").expect("a callback");
        Flow::new(Secret::from(state), callback, at(1_795_478_400), attempt)
    }

    fn restored(text: &str) -> Browser {
        let browser = Browser::default();
        assert!(browser.is_unknown());
        browser.restore(Some(&Secret::from(text)));
        browser
    }

    const NOW: u64 = 1_795_478_500;

    #[test]
    fn what_is_written_is_the_fixture_and_is_read() {
        let browser = Browser::default();
        assert!(browser.begin(begun("state-of-this-flow")));
        assert_eq!(browser.encode().expect("a text").expose(), PENDING.trim_end());
        let url = "appwrite-callback-demo://oauth2?flow=state-of-this-flow&secret=s&userId=u";
        let (flow, answer) = restored(PENDING).take(url, at(NOW)).expect("an answer");
        assert_eq!(answer.token().expect("a token").1.expose(), "s");
        let now = Attempt { decision: Decision(9_999_999_999_999_999), ordinal: 7, is_earlier: false };
        let expected = Attempt { decision: Decision(1_795_478_400_000_000), ordinal: 7, is_earlier: true };
        assert_eq!(flow.attempt(now), expected);
        browser.take(url, at(NOW)).expect("an answer");
        assert_eq!(browser.encode().expect("a text").expose(), TAKEN.trim_end());
        assert_eq!(restored(TAKEN).take(url, at(NOW)).err(), Some(CallbackFault::Replayed));
        for text in ["", "{}", "null", r#"{"version":"2","state":"s"}"#, "\u{0}"] {
            assert_eq!(restored(text).take(url, at(NOW)).err(), Some(CallbackFault::Unexpected), "{text:?}");
        }
    }

    #[test]
    fn each_fault_is_told_apart_and_uses_nothing_up() {
        let browser = Browser::default();
        let fault = |url: &str, seconds| browser.take(url, at(seconds)).err();
        let right = "appwrite-callback-demo://oauth2/?flow=right&secret=s&userId=u#";
        assert_eq!(fault(right, NOW), Some(CallbackFault::Unexpected), "none was begun");
        assert!(browser.begin(begun("right")));
        for (url, expected) in [
            ("no URL", CallbackFault::Malformed),
            ("https://example.com/?flow=right&secret=s&userId=u", CallbackFault::Foreign),
            ("appwrite-callback-demo://oauth2?secret=s&userId=u", CallbackFault::Unexpected),
            ("appwrite-callback-demo://oauth2?flow=made-up&secret=s&userId=u", CallbackFault::Unexpected),
            (
                "appwrite-callback-demo://oauth2?flow=right&flow=x&secret=s&userId=u",
                CallbackFault::Unexpected,
            ),
        ] {
            assert_eq!(fault(url, NOW), Some(expected), "{url}");
        }
        assert_eq!(fault(right, 0), None, "a clock that was set back ends nothing");
        assert_eq!(fault(right, NOW), Some(CallbackFault::Replayed));

        assert!(browser.begin(begun_as("old", attempt(4))) && browser.begin(begun_as("new", attempt(5))));
        assert_eq!(
            fault("appwrite-callback-demo://oauth2?flow=old&secret=s&userId=u", NOW),
            Some(CallbackFault::Unexpected)
        );
        let late = "appwrite-callback-demo://oauth2?flow=new&secret=s&userId=u";
        assert_eq!(fault(late, 1_795_478_400 + 3601), Some(CallbackFault::Expired));
        assert_eq!(fault(late, NOW), Some(CallbackFault::Replayed), "what has expired stays so");
    }

    #[test]
    fn a_flow_is_given_back_only_if_none_was_begun_meanwhile() {
        let browser = Browser::default();
        let url = "appwrite-callback-demo://oauth2?flow=one&secret=s&userId=u";
        assert!(browser.begin(begun_as("one", attempt(1))));
        let (flow, _) = browser.take(url, at(NOW)).expect("an answer");
        browser.give_back(flow);
        let (flow, _) = browser.take(url, at(NOW)).expect("the same answer again");
        assert!(browser.begin(begun_as("two", attempt(2))));
        browser.give_back(flow);
        assert_eq!(browser.take(url, at(NOW)).err(), Some(CallbackFault::Unexpected));
        browser.forget();
        assert!(browser.encode().is_none());
    }

    #[test]
    fn a_sign_out_ends_what_was_begun_before_it_and_nothing_that_was_begun_after() {
        let url = "appwrite-callback-demo://oauth2?flow=one&secret=s&userId=u";
        let browser = Browser::default();
        assert!(browser.sign_out(attempt(2)), "the store may have one of an earlier process");
        assert!(!browser.sign_out(attempt(3)), "nothing is known to be stored any more");
        assert!(!browser.begin(begun_as("one", attempt(1))), "a sign-out was called later");
        assert!(browser.begin(begun_as("one", attempt(5))));
        assert!(!browser.sign_out(attempt(4)) && browser.encode().is_some(), "it was called before");
        let (flow, _) = browser.take(url, at(NOW)).expect("an answer");
        assert!(browser.sign_out(attempt(6)) && browser.encode().is_none());
        browser.give_back(flow);
        assert_eq!(
            browser.take(url, at(NOW)).err(),
            Some(CallbackFault::Replayed),
            "it cannot be given back"
        );
        assert!(!browser.sign_out(attempt(7)));

        let browser = restored(PENDING);
        assert!(browser.sign_out(attempt(1)) && browser.encode().is_none());
    }
}
