//! What a client has done so far, in numbers, and its last failures. Everything is counted where it happens, by the one [`Meter`] of
//! the client.

mod failures;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

pub(crate) use failures::{Failures, PastFailure};
use http::StatusCode;

use crate::host::{Cause, TransportError};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// What a client has done since it was built, in numbers. They hold no id and no secret. Without a store of their own they begin
        /// at zero with each client. Each number is read by itself, so two of them can be a moment apart.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Metrics { $($(#[$doc])* pub $name: u64,)+ }

        impl Metrics {
            /// The names of all numbers, each with its value, in the order of the fields.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$((stringify!($name), self.$name),)+].into_iter()
            }
        }

        /// The counters of one client.
        #[derive(Debug, Default)]
        pub(crate) struct Meter {
            $(pub(crate) $name: Counter,)+
            pub(crate) failures: Failures,
        }

        impl Meter {
            pub(crate) fn read(&self) -> Metrics {
                Metrics { $($name: self.$name.value(),)+ }
            }
        }
    };
}

counters! {
    /// Calls of gateways that the app has made, whatever became of them.
    gateway_calls,
    /// Requests that were handed to the network, to Appwrite and to gateways: every attempt and every hop of a redirect.
    attempts,
    /// Those of the attempts that repeated a request after a failure.
    retries,
    /// Attempts that failed in the network: a name that does not resolve, no connection, a broken one.
    failures_network,
    /// Attempts that a time limit ended.
    failures_timeout,
    /// Attempts whose TLS handshake failed.
    failures_tls,
    /// Attempts that a proxy turned away.
    failures_proxy,
    /// Attempts whose answer was not HTTP or too long.
    failures_response,
    /// Answers with the status 429.
    answers_rate_limited,
    /// Answers with a status from 500.
    answers_unavailable,
    /// How often a 401 of a gateway led to the question whether the session lives. Many calls at once share one question.
    unauthorized,
    /// How often Appwrite was asked whether the credential lives (`GET /account`).
    probes,
    /// Probes that Appwrite answered with the account.
    probes_alive,
    /// Probes that Appwrite answered with the wish for a second factor.
    probes_mfa_required,
    /// Probes by which Appwrite said that it does not know the session.
    probes_ended,
    /// Probes that decided nothing: no answer, an error, a page of somebody in between.
    probes_undecided,
    /// How often the credential that calls carry has changed: another one, the first one, or none any more.
    credential_changes,
    /// New credentials that were taken in: by a sign-in, a link or an import.
    sign_ins,
    /// How often the app has signed out of a session.
    sign_outs,
    /// How often Appwrite has ended the session.
    sessions_ended,
    /// Sessions that ended here and that Appwrite has not been told of yet. It goes up and down.
    revocations_pending,
    /// Sessions that ended here and that Appwrite was told of, or that it did not know any more.
    revocations_told,
    /// Access tokens that were had in place of the credential.
    access_tokens_renewed,
    /// How often the secure store was read.
    store_reads,
    /// How often the secure store has taken a record, or has refused it because another process had written.
    store_writes,
    /// How often the secure store has failed, or has not answered in time.
    store_failures,
}

/// One number that goes up.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts one more.
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets a number that also goes down.
    pub(crate) fn set(&self, value: usize) {
        self.0.store(u64::try_from(value).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Meter {
    /// An attempt is made; every one but the first repeats a request.
    pub(crate) fn attempted(&self, attempt: u32) {
        self.attempts.add();
        if attempt > 1 {
            self.retries.add();
        }
    }

    /// An attempt at `url` got no whole answer.
    pub(crate) fn failed(&self, error: TransportError, url: &url::Url, at: Duration) {
        match error.cause() {
            Cause::Dns | Cause::Refused | Cause::Unreachable | Cause::Reset => self.failures_network.add(),
            Cause::TimedOut(_) => self.failures_timeout.add(),
            Cause::Tls(_) => self.failures_tls.add(),
            Cause::Proxy(_) => self.failures_proxy.add(),
            Cause::Protocol | Cause::TooLarge => self.failures_response.add(),
        }
        self.failures.note(error.cause().as_str(), None, url, at);
    }

    /// An attempt at `url` was answered.
    pub(crate) fn answered(&self, status: StatusCode, url: &url::Url, at: Duration) {
        let code = match status {
            StatusCode::TOO_MANY_REQUESTS => {
                self.answers_rate_limited.add();
                "rate_limited"
            }
            _ if status.is_server_error() => {
                self.answers_unavailable.add();
                "unavailable"
            }
            _ => return,
        };
        self.failures.note(code, Some(status.as_u16()), url, at);
    }
}
