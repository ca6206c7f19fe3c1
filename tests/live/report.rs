//! Tries every promise, says of each what became of it, and closes with a table.

use std::io::Write;

use crate::{
    harness::{
        http::Http,
        introduction::{Server, introduce},
        leftovers,
        world::{Run, World},
    },
    plan::{self, News, Result},
    promises::Promise,
    settings::Settings,
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// At least one promise was tried, and all that were held.
    Held,
    /// A promise is broken.
    Broken,
    /// No promise could be tried.
    NothingTried,
}

impl Ending {
    /// The status that the process exits with.
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Broken => 1,
            Self::NothingTried => 2,
        }
    }
}

/// Tries `promises` as `settings` say, and tells `out`.
pub(crate) async fn run(settings: &Settings, promises: &[Promise], out: &mut (impl Write + Send)) -> Ending {
    let target = &settings.target;
    let unknown = settings.only.iter().find(|name| !promises.iter().any(|promise| promise.name == **name));
    if let Some(name) = unknown {
        say(out, &format!("APPWRITE_LIVE_ONLY names {name}, and there is no such promise"));
        return Ending::NothingTried;
    }
    let wanted = |promise: &&Promise| {
        settings.only.is_empty() || settings.only.iter().any(|name| name == promise.name)
    };
    let promises: Vec<_> = promises.iter().filter(wanted).copied().collect();
    let run = match begin(settings, out).await {
        Ok(run) => run,
        Err(error) => {
            say(out, &format!("The promises could not be tried on {}: {error}", target.endpoint));
            return Ending::NothingTried;
        }
    };
    let results = plan::play(&run, &promises, settings.patience, &mut |news| {
        say(
            out,
            &match news {
                News::Begins(promise) => format!("{}: {}", promise.name, promise.says),
                News::Ended(result) => format!("    {}", told(result)),
                News::Postponed(lack) => format!("    not now: {lack}"),
                News::UserLeft(user) => format!("    a user was left behind: {user}"),
                News::Waits(wait) => format!("\nwaits {} s for a limit's window to end\n", wait.as_secs()),
            },
        );
    })
    .await;
    conclude(&promises, &results, out)
}

/// Gets to know the server, and says what is to be known.
async fn begin(settings: &Settings, out: &mut (impl Write + Send)) -> std::result::Result<Run, String> {
    let target = settings.target.clone();
    let mut run = Run { http: Http::new(&target.endpoint)?, target, server: Server::default() };
    let world = World::start(&run).await?;
    run.server = introduce(&world).await?;
    let Run { target, server, .. } = &run;
    say(out, &format!("Appwrite {} at {}, project {}", server.version, target.endpoint, target.project));
    match leftovers::find(&world.admin).await {
        Ok(users) if users.is_empty() => {}
        Ok(users) if settings.clean => {
            for user in &users {
                world.admin.delete_user(user).await?;
            }
            say(out, &format!("{} users of earlier runs were removed", users.len()));
        }
        Ok(users) => say(
            out,
            &format!(
                "{} users of earlier runs are there still; APPWRITE_LIVE_CLEAN=1 removes them",
                users.len()
            ),
        ),
        Err(error) => say(out, &format!("whether earlier runs left users behind is not known: {error}")),
    }
    say(out, "");
    Ok(run)
}

fn told(result: &Result) -> String {
    match result {
        Result::Held => "held".to_owned(),
        Result::Broken(seen) => format!("broken: {seen}"),
        Result::NotTestable(why) => format!("not testable there: {why}"),
        Result::LeftOut(lack) => format!("left out: {lack}"),
    }
}

fn conclude(promises: &[Promise], results: &[Result], out: &mut impl Write) -> Ending {
    say(out, "");
    let width = promises.iter().map(|promise| promise.name.len()).max().unwrap_or_default();
    let (mut held, mut broken, mut untestable, mut left_out) = (0u32, 0u32, 0u32, 0u32);
    for (promise, result) in promises.iter().zip(results) {
        let count = match result {
            Result::Held => &mut held,
            Result::Broken(_) => &mut broken,
            Result::NotTestable(_) => &mut untestable,
            Result::LeftOut(_) => &mut left_out,
        };
        *count += 1;
        say(out, &format!("{:width$}  {}", promise.name, told(result)));
    }
    say(
        out,
        &format!("\n{held} held, {broken} broken, {untestable} not testable there, {left_out} left out"),
    );
    match (held, broken) {
        (_, 1..) => Ending::Broken,
        (1.., 0) => Ending::Held,
        (0, 0) => Ending::NothingTried,
    }
}

/// A reader who has gone is no reason to leave users behind.
fn say(out: &mut impl Write, line: &str) {
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
