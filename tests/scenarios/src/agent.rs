//! The agent as a child process: commands go in, answers come out, each a line of JSON.

use std::{
    collections::HashMap,
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, Command},
    sync::{Mutex as AsyncMutex, oneshot},
    task::JoinHandle,
};

/// How long a command, and the end of the agent, may take.
const LONGEST: Duration = Duration::from_secs(60);

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// A running agent.
pub(crate) struct Agent {
    child: AsyncMutex<Child>,
    input: AsyncMutex<Option<ChildStdin>>,
    waiting: Waiting,
    last: Mutex<u64>,
    complaints: JoinHandle<String>,
}

/// A command that was sent.
pub(crate) struct Pending {
    /// Its number.
    pub(crate) id: u64,
    answer: oneshot::Receiver<Value>,
}

impl Agent {
    /// Starts an agent.
    pub(crate) fn start(command: &[String]) -> Result<Self, String> {
        let [program, arguments @ ..] = command else {
            return Err("the agent's command is empty".to_owned());
        };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{program} does not start: {error}"))?;
        let (Some(input), Some(output), Some(mut errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the agent has no standard streams".to_owned());
        };
        let waiting = Waiting::default();
        let answers = waiting.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer: Value = serde_json::from_str(&line).unwrap_or_default();
                let sender = answer["id"].as_u64().and_then(|id| lock(&answers).remove(&id));
                // Nobody waits for the answer of a command whose scenario has failed.
                let _ = sender.map(|sender| sender.send(answer));
            }
            // What waits now waits in vain, and is told so by the end of its channel.
            lock(&answers).clear();
        });
        let complaints = tokio::spawn(async move {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text).await;
            text
        });
        Ok(Self {
            child: AsyncMutex::new(child),
            input: AsyncMutex::new(Some(input)),
            waiting,
            last: Mutex::new(0),
            complaints,
        })
    }

    /// Sends a command.
    pub(crate) async fn begin(&self, mut command: Value) -> Result<Pending, String> {
        let id = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last += 1;
            *last
        };
        command["id"] = json!(id);
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).insert(id, sender);
        let line = format!("{command}\n");
        let mut input = self.input.lock().await;
        let Some(input) = input.as_mut() else { return Err("the agent was ended".to_owned()) };
        input
            .write_all(line.as_bytes())
            .await
            .map_err(|error| format!("the agent does not listen: {error}"))?;
        input.flush().await.map_err(|error| format!("the agent does not listen: {error}"))?;
        Ok(Pending { id, answer })
    }

    /// Ends the agent; what it wrote to its standard error.
    pub(crate) async fn end(self) -> Result<String, String> {
        self.input.lock().await.take();
        let mut child = self.child.lock().await;
        let ended = tokio::time::timeout(LONGEST, child.wait()).await;
        if ended.is_err() {
            let _ = child.kill().await;
        }
        let said = self.complaints.await.unwrap_or_default();
        match ended {
            Ok(Ok(status)) if status.success() => Ok(said),
            Ok(Ok(status)) => Err(format!("the agent ended with {status}\n{said}")),
            Ok(Err(error)) => Err(format!("the agent cannot be waited for: {error}")),
            Err(_) => Err(format!("the agent did not end\n{said}")),
        }
    }
}

impl Pending {
    /// The agent's answer.
    pub(crate) async fn answer(self) -> Result<Value, String> {
        match tokio::time::timeout(LONGEST, self.answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err("the agent ended before it answered".to_owned()),
            Err(_) => Err("the agent did not answer".to_owned()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
