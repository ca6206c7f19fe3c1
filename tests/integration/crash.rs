//! A process that is killed at any point of signing in and out leaves a state that can be restored.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{self, Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use appwrite_session_core::{SessionClient, SessionState, SignedOutReason, store::FileStore};

use crate::support::{ONCE, PASSWORD, Person, Profile, Server, resumed, run_for};

/// Tells this test, when it starts itself again, to be the process that is killed: endpoint, project, e-mail, directory.
const VICTIM: &str = "APPWRITE_SESSION_CRASH_VICTIM";

/// How often the process is killed, for each profile.
const KILLS: usize = 110;

/// What the victim was doing, as it said itself: an attempt before it begins, a deed when the client has reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Ready,
    SigningIn,
    SignedIn,
    SigningOut,
    SignedOut,
}

const MARKS: [(&str, Mark); 5] = [
    ("# ready", Mark::Ready),
    ("# signing in", Mark::SigningIn),
    ("# signed in", Mark::SignedIn),
    ("# signing out", Mark::SigningOut),
    ("# signed out", Mark::SignedOut),
];

fn say(mark: Mark) {
    let text = MARKS.iter().find(|(_, other)| *other == mark).unwrap().0;
    // Straight to the pipe: what a buffer held back would be lost with the process.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{text}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn client(endpoint: &str, project: &str, directory: &Path) -> SessionClient {
    SessionClient::builder(endpoint, project)
        .store(FileStore::open(directory).unwrap())
        .retries(ONCE)
        .build()
        .unwrap()
}

/// Signs in and out for ever.
fn be_killed(told: &str) {
    let [endpoint, project, email, directory] = told.split('\n').collect::<Vec<_>>()[..] else { panic!() };
    run_for(Duration::from_secs(60), async {
        let client = client(endpoint, project, Path::new(directory));
        client.restored().await;
        say(Mark::Ready);
        loop {
            if client.state().name() == "signed_in" {
                say(Mark::SigningOut);
                client.sign_out().await.unwrap();
                say(Mark::SignedOut);
            } else {
                say(Mark::SigningIn);
                client.sign_in_with_email(email, PASSWORD).await.unwrap();
                say(Mark::SignedIn);
            }
        }
    });
}

struct Victim {
    process: Child,
    says: BufReader<ChildStdout>,
}

impl Victim {
    fn start(test: &str, told: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(VICTIM, told)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        Self { process, says }
    }

    fn next_mark(&mut self) -> Option<Mark> {
        let mut line = String::new();
        while self.says.read_line(&mut line).unwrap() > 0 {
            if let Some((_, mark)) = MARKS.iter().find(|(text, _)| *text == line.trim_end()) {
                return Some(*mark);
            }
            line.clear();
        }
        None
    }

    /// Lets it work for some deeds and a moment more, kills it, and gives the last thing that it said.
    fn killed(mut self) -> Mark {
        let mut last = self.next_mark().expect("the victim lives until it is killed");
        assert_eq!(last, Mark::Ready);
        for _ in 0..fastrand::usize(0..6) {
            last = self.next_mark().expect("the victim lives until it is killed");
        }
        // The one wait of real time: the moment of the kill is to be any moment of the victim's work.
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..4000)));
        self.process.kill().unwrap();
        while let Some(mark) = self.next_mark() {
            last = mark;
        }
        self.process.wait().unwrap();
        last
    }
}

/// Restores what a kill left behind, and gives the state, and the sessions that only Appwrite knows of.
async fn restored(
    server: &Server,
    person: &Person,
    directory: &Path,
    before: &str,
    last: Mark,
) -> (&'static str, Vec<String>) {
    let client = client(&server.endpoint(), &server.project(), directory);
    let state = client.restored().await;
    match (last, &state) {
        (Mark::Ready, state) => assert_eq!(state.name(), before, "nothing was done"),
        (Mark::SignedIn, SessionState::SignedIn { .. }) => {}
        (Mark::SignedOut, SessionState::SignedOut { reason: SignedOutReason::NoSession }) => {}
        // Killed on the way: either is right, and nothing else.
        (Mark::SigningIn | Mark::SigningOut, SessionState::SignedIn { .. }) => {}
        (
            Mark::SigningIn | Mark::SigningOut,
            SessionState::SignedOut { reason: SignedOutReason::NoSession },
        ) => {}
        other => panic!("{other:?}"),
    }
    resumed(&client).await;
    let mut unknown = server.sessions(person);
    if state.name() == "signed_in" {
        let own = client.current_session().await.expect("Appwrite accepts what was restored").id;
        unknown.retain(|session| *session != own);
    }
    client.close().await;
    (state.name(), unknown)
}

fn killed_again_and_again(profile: Profile, test: &str) {
    if let Ok(told) = env::var(VICTIM) {
        return be_killed(&told);
    }
    let directory: PathBuf =
        env::temp_dir().join(format!("appwrite-session-crash-{}-{profile:?}", process::id()));
    run_for(Duration::from_secs(300), async {
        let server = Server::start(profile).await;
        let person = server.person();
        let told =
            [&server.endpoint(), &server.project(), &person.email, directory.to_str().unwrap()].join("\n");
        // A session whose answer no longer reached the process is one that only Appwrite knows of: at most one for each kill
        // on the way of a sign-in, counted over all rounds, for the mock may serve a request a little after the kill. Every
        // other session is the restored one, or is revoked by the time that the restored client has caught up.
        let (mut possible, mut orphans) = (0, 0);
        let mut before = "signed_out";
        for round in 0..KILLS {
            let victim = Victim::start(test, &told);
            let last = tokio::task::spawn_blocking(move || victim.killed()).await.unwrap();
            let (state, unknown) = restored(&server, &person, &directory, before, last).await;
            before = state;
            possible += usize::from(last == Mark::SigningIn);
            orphans += unknown.len();
            assert!(orphans <= possible, "round {round}, killed after {last:?}: {unknown:?} is nobody's");
            for session in unknown {
                server.revoke(&person, &session);
            }
        }
        assert!(possible > 0, "some kills were on the way of a sign-in");
        crate::journal::assert_credential_stayed_home(&server.journal());
    });
    let _ = std::fs::remove_dir_all(directory);
}

#[test]
fn a_killed_process_of_1_5_can_be_restored() {
    killed_again_and_again(Profile::V1_5, "crash::a_killed_process_of_1_5_can_be_restored");
}

#[test]
fn a_killed_process_of_1_9_can_be_restored() {
    killed_again_and_again(Profile::V1_9, "crash::a_killed_process_of_1_9_can_be_restored");
}

#[test]
fn a_killed_process_of_2_7_can_be_restored() {
    killed_again_and_again(Profile::V2_7, "crash::a_killed_process_of_2_7_can_be_restored");
}
