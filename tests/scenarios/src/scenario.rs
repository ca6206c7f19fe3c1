//! The scenarios as data: what `list/*.json` can say.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

/// One scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    /// What holds when it passes, in a sentence.
    #[serde(rename = "title")]
    _title: String,
    /// The profiles of Appwrite that it is played on; all of them, if it does not say.
    profiles: Option<Vec<String>>,
    /// The steps.
    pub(crate) steps: Vec<Step>,
}

impl Scenario {
    /// Whether it is played on the profile of that name.
    pub(crate) fn is_for(&self, profile: &str) -> bool {
        self.profiles.as_ref().is_none_or(|profiles| profiles.iter().any(|name| name == profile))
    }
}

/// One step. Texts may hold `$name` and `$name.part`, which stand for what was saved under that name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    /// Makes a user with an e-mail and a password: `$ada.id`, `$ada.email`, `$ada.password`.
    Person(Person),
    /// Drives the mock through its controls.
    Mock(MockStep),
    /// Compares what went over the wire since the last such step.
    Wire(Wire),
    /// Waits for a command that was begun.
    Finish(Finish),
    /// Tells the agent to do something.
    Do(Box<Do>),
}

/// A user to be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    /// The name, which is also that of the variables.
    pub(crate) person: String,
    /// Whether a second factor is asked for.
    #[serde(default)]
    pub(crate) mfa: bool,
}

/// A request to the mock's controls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MockStep {
    /// Method and path below `/_mock`, such as `DELETE /users/$ada.id/sessions`.
    pub(crate) mock: String,
    /// The JSON to send.
    #[serde(default)]
    pub(crate) body: Value,
    /// The name under which the answer is saved.
    pub(crate) save: Option<String>,
}

/// What went over the wire.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    /// One line for each request, in order: see `wire.rs`.
    pub(crate) wire: Option<Vec<String>>,
    /// Or how many of each line there are, in any order; lines that are not named are not compared.
    pub(crate) wire_count: Option<BTreeMap<String, usize>>,
}

/// The end of a command that was begun.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finish {
    /// The name under which it was begun.
    pub(crate) finish: String,
    /// What it comes to.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// A command of the agent.
#[derive(Debug, Deserialize)]
pub(crate) struct Do {
    /// Which one; see the README.
    #[serde(rename = "do")]
    pub(crate) command: String,
    /// Begins it under this name, and goes on without waiting.
    pub(crate) begin: Option<String>,
    /// How often it is done at the same time.
    pub(crate) times: Option<usize>,
    /// The name under which the result is saved.
    pub(crate) save: Option<String>,
    /// What it comes to.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    /// Its arguments.
    #[serde(flatten)]
    pub(crate) arguments: Map<String, Value>,
}

/// What a command comes to. Success with any result, if nothing is said.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Outcome {
    /// A part of the result.
    pub(crate) expect: Option<Value>,
    /// A code, or a part of the error.
    pub(crate) error: Option<Value>,
    /// Cancelled.
    pub(crate) cancelled: Option<bool>,
}

impl Scenario {
    /// Reads the list, or the one scenario of it that is called `only`.
    pub(crate) fn read_all(only: Option<&str>) -> Result<Vec<Self>, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("list");
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut scenarios = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if only.is_none_or(|only| only == name) {
                scenarios.push(
                    Self::read(&path, name).map_err(|problem| format!("{}: {problem}", path.display()))?,
                );
            }
        }
        scenarios.sort_by(|a, b| a.name.cmp(&b.name));
        if scenarios.is_empty() { Err("there is no such scenario".to_owned()) } else { Ok(scenarios) }
    }

    fn read(path: &Path, name: String) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let scenario: Self = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Self { name, ..scenario })
    }
}
