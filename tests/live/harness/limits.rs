//! Which routes Appwrite limits, and by what it counts them (contract §3, §6, §13.8, §15.7).

/// A limited route that a promise can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limited {
    SignUp,
    SignInByEmail,
    SignInByToken,
    SignInAnonymously,
    ExtendSession,
    DeleteSession,
    DeleteSessions,
    CreateChallenge,
    CompleteChallenge,
}

/// How many requests of one limited route a promise makes. Where Appwrite counts for each e-mail, or for each user, it is the most
/// that one of them gets.
pub(crate) type Need = (Limited, u32);

/// A limited route, as Appwrite has it.
struct Rule {
    limited: Limited,
    method: &'static str,
    /// Below the endpoint; `*` is any segment.
    path: &'static str,
    /// How many requests an hour it allows.
    most: u32,
    counted_by: &'static str,
}

const RULES: &[Rule] = &[
    rule(Limited::SignUp, "POST", "/account", 10, ADDRESS),
    rule(Limited::SignInByEmail, "POST", "/account/sessions/email", 10, "with this e-mail"),
    rule(Limited::SignInByToken, "POST", "/account/sessions/token", 10, "for this user from this address"),
    rule(Limited::SignInAnonymously, "POST", "/account/sessions/anonymous", 50, ADDRESS),
    rule(Limited::ExtendSession, "PATCH", "/account/sessions/*", 10, ADDRESS),
    rule(Limited::DeleteSession, "DELETE", "/account/sessions/*", 100, ADDRESS),
    rule(Limited::DeleteSessions, "DELETE", "/account/sessions", 100, ADDRESS),
    rule(Limited::CreateChallenge, "POST", "/account/mfa/challenge", 10, USER),
    rule(
        Limited::CompleteChallenge,
        "PUT",
        "/account/mfa/challenge",
        10,
        "for this challenge, or in this project",
    ),
];

const ADDRESS: &str = "from this address";
/// Which of the two is not known beforehand: 1.5 counts the challenges of all users together.
const USER: &str = "for this user, or in this project";

const fn rule(
    limited: Limited,
    method: &'static str,
    path: &'static str,
    most: u32,
    counted_by: &'static str,
) -> Rule {
    Rule { limited, method, path, most, counted_by }
}

impl Limited {
    /// The limited route of a request; `path` is below the endpoint.
    pub(crate) fn of(method: &str, path: &str) -> Option<Self> {
        let same = |rule: &Rule| {
            let (mut wanted, mut given) = (rule.path.split('/'), path.split('/'));
            let alike = wanted.by_ref().zip(given.by_ref()).all(|(want, have)| want == "*" || want == have);
            alike && rule.path.matches('/').count() == path.matches('/').count()
        };
        RULES.iter().find(|rule| rule.method == method && same(rule)).map(|rule| rule.limited)
    }

    /// How many requests an hour a default server allows.
    pub(crate) fn most(self) -> u32 {
        self.rule().most
    }

    /// The method, the path, and by what the limit is counted.
    pub(crate) fn shown(self) -> (String, &'static str) {
        let rule = self.rule();
        (format!("{} {}", rule.method, rule.path), rule.counted_by)
    }

    /// The route under whose name the requests are counted: extending and deleting a session are counted together.
    pub(crate) fn counter(self) -> Self {
        if self == Self::ExtendSession { Self::DeleteSession } else { self }
    }

    /// Whether requests of different promises are counted together. Every promise has e-mails and users of its own.
    pub(crate) fn is_shared(self) -> bool {
        !matches!(self, Self::SignInByEmail | Self::SignInByToken)
    }

    fn rule(self) -> &'static Rule {
        RULES.iter().find(|rule| rule.limited == self).unwrap_or(&RULES[0])
    }
}
