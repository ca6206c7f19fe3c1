//! How much may happen in one run of the exploration.

/// How much of each kind may happen in one run. Each budget looks closely at one thing, so that the search gets deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) sign_ins: u8,
    pub(super) sign_outs: u8,
    pub(super) everywheres: u8,
    pub(super) store_faults: u8,
    pub(super) lost_answers: u8,
    pub(super) kills: u8,
    pub(super) refreshes: u8,
    pub(super) probes: u8,
    pub(super) ends: u8,
    /// Whether somebody is signed in when it begins.
    pub(super) signed_in: bool,
}

impl Budget {
    pub(super) const NONE: Self = Self {
        sign_ins: 0,
        sign_outs: 0,
        everywheres: 0,
        store_faults: 0,
        lost_answers: 0,
        kills: 0,
        refreshes: 0,
        probes: 0,
        ends: 0,
        signed_in: false,
    };

    pub(super) const EVERYTHING: &'static str = "a little of everything";

    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("two sign-ins and a sign-out", Self { sign_ins: 2, sign_outs: 1, refreshes: 1, ..Self::NONE }),
        (
            "a store that fails",
            Self { sign_ins: 2, sign_outs: 1, store_faults: 2, signed_in: true, ..Self::NONE },
        ),
        ("killed processes", Self { sign_ins: 1, sign_outs: 1, kills: 2, signed_in: true, ..Self::NONE }),
        ("lost answers", Self { sign_ins: 2, sign_outs: 1, lost_answers: 2, ..Self::NONE }),
        (
            "signing out everywhere",
            Self { sign_ins: 2, everywheres: 1, refreshes: 1, signed_in: true, ..Self::NONE },
        ),
        (
            "sessions that end, and late probes",
            Self {
                sign_ins: 1,
                probes: 2,
                ends: 1,
                lost_answers: 1,
                refreshes: 2,
                signed_in: true,
                ..Self::NONE
            },
        ),
        (
            Self::EVERYTHING,
            Self {
                sign_ins: 2,
                sign_outs: 1,
                everywheres: 0,
                store_faults: 1,
                lost_answers: 1,
                kills: 1,
                refreshes: 1,
                probes: 1,
                ends: 1,
                signed_in: true,
            },
        ),
    ];
}
