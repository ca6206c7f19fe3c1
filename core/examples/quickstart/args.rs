//! The command line.

pub(crate) const USAGE: &str = "\
Plays a login to Appwrite from sign-in to sign-out, and shows what goes over the wire.

    cargo run -p appwrite-session-core --example quickstart
        with an Appwrite and a gateway of its own, on loopback

    cargo run -p appwrite-session-core --example quickstart -- \\
        --endpoint https://fra.cloud.appwrite.io/v1 --project my-project \\
        --email ada@example.com --password PASSWORD \\
        --gateway https://api.example.com [--path /orders]
        with a real Appwrite; --path is the gateway call to make, \"/\" if left out

    --help      this text

The user must exist and need no second factor. Nothing is stored; the sessions that it creates are signed out again.
NO_COLOR in the environment switches colours off. Exit status: 0 all as it should be, 1 not, 2 wrong arguments.";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Demo,
    Real(Box<Target>),
}

/// A real Appwrite, a user of it, and a gateway in front of it.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) endpoint: String,
    pub(crate) project: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) gateway: String,
    pub(crate) path: String,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Reads `--name value` and `--name=value`; the error says what is wrong, never what was given as the password.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut target = Target::default();
    let mut any = false;
    while let Some(arg) = args.next() {
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (arg, None),
        };
        let field = match name.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--endpoint" => &mut target.endpoint,
            "--project" => &mut target.project,
            "--email" => &mut target.email,
            "--password" => &mut target.password,
            "--gateway" => &mut target.gateway,
            "--path" => &mut target.path,
            _ if name.starts_with('-') => return Err(format!("there is no option {name}")),
            _ => return Err("there are options only, no plain arguments".to_owned()),
        };
        let value = inline.or_else(|| args.next()).filter(|value| !value.is_empty());
        *field = value.ok_or(format!("{name} needs a value"))?;
        any = true;
    }
    if !any {
        return Ok(Command::Demo);
    }
    let needed = [
        ("--endpoint", &target.endpoint),
        ("--project", &target.project),
        ("--email", &target.email),
        ("--password", &target.password),
        ("--gateway", &target.gateway),
    ];
    if let Some((name, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
        return Err(format!("{name} is missing; a real Appwrite takes all of them"));
    }
    if target.path.is_empty() {
        "/".clone_into(&mut target.path);
    }
    if !target.path.starts_with('/') {
        return Err("--path must begin with /".to_owned());
    }
    Ok(Command::Real(Box::new(target)))
}
