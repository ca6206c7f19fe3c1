//! The agent of Rust: does with `SessionClient` what the conductor says, and tells what came back.
#![allow(clippy::print_stdout, reason = "standard output is where the answers go")]

mod commands;
mod device;
mod streams;
mod told;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, stdin},
    task::{AbortHandle, JoinSet},
};

use commands::Agent;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // The app's own client insists on one for the process; the session's has its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let agent = Arc::new(Agent::default());
    let running: Arc<Mutex<HashMap<u64, AbortHandle>>> = Arc::default();
    let mut tasks = JoinSet::new();
    let mut lines = BufReader::new(stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let command: Value = serde_json::from_str(&line).unwrap_or_default();
        let id = command["id"].as_u64().unwrap_or_default();
        if command["do"] == "cancel" {
            let target = command["command"].as_u64().unwrap_or_default();
            if let Some(task) = running.lock().unwrap_or_else(PoisonError::into_inner).remove(&target) {
                task.abort();
                println!("{}", json!({ "id": target, "cancelled": true }));
            }
            println!("{}", json!({ "id": id, "ok": null }));
            continue;
        }
        let (agent, done) = (agent.clone(), running.clone());
        // Locked until it is noted, so that no task ends before it.
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        let task = tasks.spawn(async move {
            let mut answer = agent.carry_out(&command).await;
            if done.lock().unwrap_or_else(PoisonError::into_inner).remove(&id).is_some() {
                answer["id"] = json!(id);
                println!("{answer}");
            }
        });
        running.insert(id, task);
    }
}
