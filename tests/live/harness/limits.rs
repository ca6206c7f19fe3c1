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

/// A limited route, as a default server has it.
struct Rule {
    method: &'static str,
    /// Below the endpoint; `*` is any segment.
    path: &'static str,
    /// How many requests an hour it allows.
    most: u32,
    counted_by: &'static str,
}

const ALL: [Limited; 9] = [
    Limited::SignUp,
    Limited::SignInByEmail,
    Limited::SignInByToken,
    Limited::SignInAnonymously,
    Limited::ExtendSession,
    Limited::DeleteSession,
    Limited::DeleteSessions,
    Limited::CreateChallenge,
    Limited::CompleteChallenge,
];

impl Limited {
    /// The limited route of a request; `path` is below the endpoint.
    pub(crate) fn of(method: &str, path: &str) -> Option<Self> {
        ALL.into_iter().find(|limited| {
            let rule = limited.rule();
            let alike =
                rule.path.split('/').zip(path.split('/')).all(|(want, have)| want == "*" || want == have);
            rule.method == method && alike && rule.path.matches('/').count() == path.matches('/').count()
        })
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

    fn rule(self) -> Rule {
        let address = "from this address";
        // Which of the two is not known beforehand: 1.5 counts the challenges of all users together.
        let (user, challenge) =
            ("for this user, or in this project", "for this challenge, or in this project");
        let (method, path, most, counted_by) = match self {
            Self::SignUp => ("POST", "/account", 10, address),
            Self::SignInByEmail => ("POST", "/account/sessions/email", 10, "with this e-mail"),
            Self::SignInByToken => ("POST", "/account/sessions/token", 10, "for this user from this address"),
            Self::SignInAnonymously => ("POST", "/account/sessions/anonymous", 50, address),
            Self::ExtendSession => ("PATCH", "/account/sessions/*", 10, address),
            Self::DeleteSession => ("DELETE", "/account/sessions/*", 100, address),
            Self::DeleteSessions => ("DELETE", "/account/sessions", 100, address),
            Self::CreateChallenge => ("POST", "/account/mfa/challenge", 10, user),
            Self::CompleteChallenge => ("PUT", "/account/mfa/challenge", 10, challenge),
        };
        Rule { method, path, most, counted_by }
    }
}
