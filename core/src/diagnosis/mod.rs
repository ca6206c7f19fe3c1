//! Finds out what is wrong with a client, and says what to do about it.
//!
//! `device` looks at what is known here, `appwrite` and `gateways` judge what was answered, and `run` asks. Nothing here holds a secret:
//! findings are made of closed words, origins, the configuration, and Appwrite's own error types and versions, which are checked for their form.

mod appwrite;
mod device;
mod gateways;
mod run;
mod words;

use std::fmt;

pub(crate) use device::Setup;
pub(crate) use run::diagnose;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$own:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$own])* $variant,)+ }

        impl $name {
            /// Everything there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

names! {
    /// What a finding is about.
    Area {
        /// How the client was built.
        Configuration = "configuration",
        /// The secure store.
        Storage = "storage",
        /// The state of the session.
        Session = "session",
        /// The way to Appwrite, and whether Appwrite is what answers.
        Appwrite = "appwrite",
        /// Whether Appwrite knows the project.
        Project = "project",
        /// The clock of this device, compared with Appwrite's.
        Clock = "clock",
        /// Whether Appwrite accepts the credential.
        Credential = "credential",
        /// The way to a gateway, and whether it accepts the credential as it is carried.
        Gateway = "gateway",
        /// What has failed before.
        Failures = "failures",
    }
}

names! {
    /// How bad a finding is.
    Level {
        /// As it should be.
        Ok = "ok",
        /// It can be meant so, or pass by itself.
        Warning = "warning",
        /// It does not work.
        Problem = "problem",
        /// It could not be found out.
        Unknown = "unknown",
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub area: Area,
    /// How bad it is.
    pub level: Level,
    /// The stable name of what was found, within the area: for example `dns` or `carrier_refused`.
    pub code: &'static str,
    /// What was found, in a sentence for developers.
    pub text: String,
    /// What to do about it, if anything.
    pub advice: Option<&'static str>,
}

impl Finding {
    fn new(area: Area, level: Level, code: &'static str, text: impl Into<String>) -> Self {
        Self { area, level, code, text: text.into(), advice: None }
    }

    fn ok(area: Area, code: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, Level::Ok, code, text)
    }

    fn warning(area: Area, code: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, Level::Warning, code, text)
    }

    fn problem(area: Area, code: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, Level::Problem, code, text)
    }

    fn unknown(area: Area, code: &'static str, text: impl Into<String>) -> Self {
        Self::new(area, Level::Unknown, code, text)
    }

    fn advise(self, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..self }
    }
}

/// What [`SessionClient::diagnose`](crate::SessionClient::diagnose) found. Shown as text it can be pasted into a bug report: it holds the
/// addresses and the project of the configuration, and no secret and no id of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Everything that was looked at, by area.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// What does not work.
    pub fn problems(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.level == Level::Problem)
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, concat!("appwrite-session ", env!("CARGO_PKG_VERSION")))?;
        for Finding { area, level, code, text, advice } in &self.findings {
            writeln!(f, "[{}] {}/{code}: {text}", level.as_str(), area.as_str())?;
            if let Some(advice) = advice {
                writeln!(f, "    {advice}")?;
            }
        }
        Ok(())
    }
}
