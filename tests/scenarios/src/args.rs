//! The command line.

/// How to call the conductor.
pub(crate) const USAGE: &str = "\
usage: scenarios [--agent COMMAND] [--world agent] [--only NAME]

  --agent COMMAND   what starts the agent of a language, in the quoting of a shell; that of Rust if nothing is said
  --world agent     there is no mock Appwrite: the agent holds the world itself
  --only NAME       play the scenario of that name only";

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Args {
    /// The agent's program and its arguments.
    pub(crate) agent: Vec<String>,
    /// Whether the agent holds the world itself.
    pub(crate) world_of_agent: bool,
    /// The one scenario to be played.
    pub(crate) only: Option<String>,
}

impl Args {
    /// Reads the command line.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut agent, mut world_of_agent, mut only) = (None, false, None);
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--agent" => agent = shlex::split(&value).filter(|words| !words.is_empty()),
                "--world" if value == "agent" => world_of_agent = true,
                "--only" => only = Some(value),
                _ => return Err(format!("{word} {value} is unknown")),
            }
        }
        let agent = agent.map_or_else(agent_of_rust, Ok)?;
        Ok(Self { agent, world_of_agent, only })
    }
}

/// The agent that was built together with this program.
fn agent_of_rust() -> Result<Vec<String>, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let agent = own.with_file_name(format!("scenario-agent{}", std::env::consts::EXE_SUFFIX));
    Ok(vec![agent.to_string_lossy().into_owned()])
}
