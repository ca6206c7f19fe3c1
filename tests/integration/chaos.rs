//! Two processes of one app on a bad network: answers that are lost, cut off or late, at random, while both sign in, call and sign out.
//!
//! Some seconds in the normal run; `CHAOS_SECONDS=60` makes it a proof. The only answer that is never lost whole is that of a sign-in:
//! nobody could know of the session that it created. It is cut off after its head instead.

use std::{
    collections::HashSet,
    env, io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use appwrite_session_core::{Error, SessionClient, SessionState, SystemClock, Timeouts};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::support::{ONCE, PASSWORD, Person, Profile, World, resumed, run_for};

/// Of so many answers, three have a fault.
const OF: u32 = 10;
/// An answer that is late comes so much later, at most.
const LATEST: u64 = 600;

fn duration() -> Duration {
    let seconds = env::var("CHAOS_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(6))
}

/// What becomes of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Passed,
    LostBefore,
    LostAfter,
    Late,
}

fn fate() -> Fate {
    match fastrand::u32(..OF) {
        0 => Fate::LostBefore,
        1 => Fate::LostAfter,
        2 => Fate::Late,
        _ => Fate::Passed,
    }
}

/// Stands before Appwrite, one exchange for each connection.
struct Relay {
    endpoint: String,
    bad: Arc<AtomicBool>,
    faults: Arc<AtomicUsize>,
}

impl Relay {
    async fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v1", listener.local_addr().unwrap());
        let upstream = upstream.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        let (bad, faults) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (is_bad, count) = (bad.clone(), faults.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let fate = if is_bad.load(Ordering::SeqCst) { fate() } else { Fate::Passed };
                count.fetch_add(usize::from(fate != Fate::Passed), Ordering::SeqCst);
                let upstream = upstream.clone();
                tokio::spawn(async move {
                    // A client that hung up is a fault like any other.
                    let _ = exchange(client, &upstream, fate).await;
                });
            }
        });
        Self { endpoint, bad, faults }
    }
}

async fn exchange(mut client: TcpStream, upstream: &str, fate: Fate) -> io::Result<()> {
    let request = read_message(&mut client).await?;
    if fate == Fate::LostBefore {
        return Ok(());
    }
    let is_sign_in = request.starts_with(b"POST /v1/account/sessions");
    let mut server = TcpStream::connect(upstream).await?;
    let end = request.windows(2).position(|two| two == b"\r\n").unwrap_or_default();
    server.write_all(&request[..end]).await?;
    server.write_all(b"\r\nconnection: close").await?;
    server.write_all(&request[end..]).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    match fate {
        Fate::LostAfter if is_sign_in => {
            let head = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
            client.write_all(&answer[..head]).await?;
        }
        Fate::LostAfter => {}
        Fate::Late => {
            sleep(Duration::from_millis(fastrand::u64(..LATEST))).await;
            client.write_all(&answer).await?;
        }
        Fate::Passed | Fate::LostBefore => client.write_all(&answer).await?,
    }
    client.shutdown().await
}

/// Reads one request: its head, and as much body as it says.
async fn read_message(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(head) = message.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if message.len() >= head + 4 + length.unwrap_or(0) {
                return Ok(message);
            }
        }
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        message.extend_from_slice(&buffer[..read]);
    }
}

/// One process of the app.
struct Process {
    name: &'static str,
    client: SessionClient,
    person: Person,
    /// What it carried, and from which request on it must not carry them any more.
    forbidden: Mutex<Vec<(usize, HashSet<String>)>>,
}

impl Process {
    fn carried(&self, world: &World) -> HashSet<String> {
        let journal = world.server.journal();
        let of_this = journal.iter().filter(|seen| seen.header("x-process") == Some(self.name));
        of_this.filter_map(|seen| seen.header("cookie").map(str::to_owned)).collect()
    }

    async fn live(&self, world: &World, until: Instant) {
        while Instant::now() < until {
            // Faster than any user, and slow enough for the revocations: the queue of a client is bounded.
            sleep(Duration::from_millis(fastrand::u64(..60))).await;
            match fastrand::u8(..10) {
                0..=2 => {
                    let outcome = self.client.sign_in_with_email(&self.person.email, PASSWORD).await;
                    assert!(!matches!(outcome, Err(Error::Internal | Error::Closed(_))), "{outcome:?}");
                }
                3 => {
                    let before = self.carried(world);
                    let _ = self.client.sign_out().await;
                    self.forbidden.lock().unwrap().push((world.server.journal().len(), before));
                }
                4 => drop(self.client.account().await),
                5 => drop(self.client.resume().await),
                _ => {
                    let call = self.client.get("/gateway/whoami").header("x-process", self.name);
                    let _ = call.send().await;
                }
            }
        }
    }

    fn assert_silent_after_sign_outs(&self, world: &World) {
        let journal = world.server.journal();
        let forbidden = self.forbidden.lock().unwrap().clone();
        for (from, carried) in &forbidden {
            for seen in journal.iter().skip(*from) {
                let own = seen.header("x-process") == Some(self.name);
                let again = own && seen.header("cookie").is_some_and(|cookie| carried.contains(cookie));
                assert!(!again, "process {} carried after its sign-out what it carried before", self.name);
            }
        }
    }
}

#[test]
fn nothing_is_lost_or_carried_too_long_on_a_bad_network() {
    run_for(Duration::from_secs(120), async {
        let world = World::start(Profile::V1_9).await;
        let relay = Relay::start(&world.server.endpoint()).await;
        let timeouts = Timeouts { total: Duration::from_secs(2), ..Timeouts::default() };
        let process = |name: &'static str, person: Person| {
            let client = SessionClient::builder(&relay.endpoint, &world.server.project())
                .gateway(world.server.gateway())
                .store(world.store.clone())
                .clock(SystemClock)
                .retries(ONCE)
                .timeouts(timeouts)
                .build()
                .unwrap();
            Process { name, client, person, forbidden: Mutex::default() }
        };
        let processes = [process("one", world.server.person()), process("two", world.server.person())];
        let until = Instant::now() + duration();
        tokio::join!(processes[0].live(&world, until), processes[1].live(&world, until));

        relay.bad.store(false, Ordering::SeqCst);
        for process in processes.iter().chain(&processes) {
            resumed(&process.client).await;
            // Appwrite's word on what is held.
            let _ = process.client.account().await;
            resumed(&process.client).await;
        }
        let faults = relay.faults.load(Ordering::SeqCst);
        let sign_outs: usize = processes.iter().map(|process| process.forbidden.lock().unwrap().len()).sum();
        assert!(faults > 5 && sign_outs > 1, "{faults} faults and {sign_outs} sign-outs say little");

        for process in &processes {
            process.assert_silent_after_sign_outs(&world);
        }
        let [one, two] = [processes[0].client.state(), processes[1].client.state()];
        let user = |state: &SessionState| match state {
            SessionState::SignedIn { user, .. } => user.as_ref().map(|user| user.id.clone()),
            _ => None,
        };
        assert_eq!(user(&one), user(&two), "both say the same");
        let alive: Vec<_> =
            processes.iter().flat_map(|process| world.server.sessions(&process.person)).collect();
        match user(&one) {
            Some(id) => {
                assert_eq!(
                    processes[0].client.account().await.unwrap().user.id,
                    id,
                    "signed in, with a session that lives"
                );
                assert_eq!(alive.len(), 1, "no orphan at Appwrite: {alive:?}");
            }
            None => assert_eq!(alive.len(), 0, "no orphan at Appwrite: {alive:?}"),
        }
    });
}
