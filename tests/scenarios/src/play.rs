//! Plays the steps of one scenario.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use appwrite_session_core::{Accounts, SessionClient};
use serde_json::{Value, json};

use crate::{
    agent::{Agent, Pending},
    expect::difference,
    scenario::{Do, Finish, MockStep, Outcome, Person, Scenario, Step, Wire},
    vars::Vars,
    wire,
    world::{Names, World},
};

const PASSWORD: &str = "correct horse battery";

/// Plays a scenario to its end, or to the first step that is not as it should be.
pub(crate) async fn play(scenario: &Scenario, world: &World<'_>, agent: &Agent) -> Result<(), String> {
    let names = world.names().await?;
    let mut play = Play { world, agent, names, vars: Vars::default(), begun: HashMap::new(), seen: 0 };
    play.name_the_world();
    for (index, step) in scenario.steps.iter().enumerate() {
        play.step(step).await.map_err(|problem| format!("  step {}: {problem}", index + 1))?;
    }
    match world.journal_since(0).await?.iter().find_map(wire::offence) {
        Some(offence) => Err(format!("  {offence}")),
        None => Ok(()),
    }
}

struct Play<'a> {
    world: &'a World<'a>,
    agent: &'a Agent,
    names: Names,
    vars: Vars,
    begun: HashMap<String, Pending>,
    /// The last request that a step has compared.
    seen: u64,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Person(person) => self.person(person).await,
            Step::Mock(step) => self.drive(step).await,
            Step::Wire(wire) => self.wire(wire).await,
            Step::Finish(finish) => self.finish(finish).await,
            Step::Do(step) => self.tell(step).await,
        }
    }

    fn name_the_world(&mut self) {
        let Names { endpoint, gateway, foreign, project } = &self.names;
        for (name, value) in
            [("endpoint", endpoint), ("gateway", gateway), ("foreign", foreign), ("project", project)]
        {
            self.vars.save(name, json!(value));
        }
        let mut operations = SessionClient::OPERATIONS.to_vec();
        operations.sort_unstable();
        self.vars.save("operations", json!(operations));
        let mut of_accounts = Accounts::OPERATIONS.to_vec();
        of_accounts.sort_unstable();
        self.vars.save("accountOperations", json!(of_accounts));
    }

    async fn person(&mut self, Person { person: name, mfa }: &Person) -> Result<(), String> {
        let email = format!("{name}@example.com");
        let id = self.world.person(&email, PASSWORD, *mfa).await?;
        self.vars.save(name, json!({ "id": id, "email": email, "password": PASSWORD }));
        Ok(())
    }

    async fn drive(&mut self, step: &MockStep) -> Result<(), String> {
        let Value::String(text) = self.vars.fill(&Value::String(step.mock.clone()))? else {
            return Err("the control is not a text".to_owned());
        };
        let (method, path) = text.split_once(' ').ok_or("a control is written as METHOD /path")?;
        let answer = self.world.drive(method, path, self.vars.fill(&step.body)?).await?;
        if let Some(name) = &step.save {
            self.vars.save(name, answer);
        }
        Ok(())
    }

    /// Compares what went over the wire, and waits for what a client does in the background, such as a revocation.
    async fn wire(&mut self, expected: &Wire) -> Result<(), String> {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let entries = self.world.journal_since(self.seen).await?;
            let compared = compare_wire(&entries.iter().map(wire::line).collect::<Vec<_>>(), expected);
            if compared.is_ok() || Instant::now() >= deadline {
                self.seen = entries.last().map_or(self.seen, |entry| entry.seq);
                return compared;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn tell(&mut self, step: &Do) -> Result<(), String> {
        let mut command = self.vars.fill(&Value::Object(step.arguments.clone()))?;
        command["do"] = json!(step.command);
        if step.command == "build" || step.command == "build_accounts" {
            self.complete_build(&mut command);
        } else if step.command != "store" && step.command != "cancel" && command.get("client").is_none() {
            command["client"] = json!("app");
        }
        if step.command == "cancel" {
            let name = command["command"].as_str().unwrap_or_default().to_owned();
            let begun = self.begun.get(&name).ok_or_else(|| format!("{name} was not begun"))?;
            command["command"] = json!(begun.id);
        }
        if let Some(name) = &step.begin {
            let pending = self.agent.begin(command).await?;
            self.begun.insert(name.clone(), pending);
            return Ok(());
        }
        let mut all = Vec::new();
        for _ in 0..step.times.unwrap_or(1) {
            all.push(self.agent.begin(command.clone()).await?);
        }
        for pending in all {
            let result = self
                .check(pending.answer().await?, &step.outcome)
                .map_err(|problem| format!("{}: {problem}", step.command))?;
            if let Some(name) = &step.save {
                self.vars.save(name, result);
            }
        }
        Ok(())
    }

    /// What most clients have in common: the world, one gateway, one store, no retries.
    fn complete_build(&self, command: &mut Value) {
        let usual = [
            ("client", json!("app")),
            ("endpoint", json!(self.names.endpoint)),
            ("project", json!(self.names.project)),
            ("gateways", json!([{ "url": self.names.gateway, "carrier": "cookie" }])),
            ("store", json!("device")),
            ("attempts", json!(1)),
        ];
        for (name, value) in usual {
            if command.get(name).is_none() {
                command[name] = value;
            }
        }
    }

    async fn finish(&mut self, finish: &Finish) -> Result<(), String> {
        let pending =
            self.begun.remove(&finish.finish).ok_or_else(|| format!("{} was not begun", finish.finish))?;
        let answer = pending.answer().await?;
        self.check(answer, &finish.outcome)
            .map(|_| ())
            .map_err(|problem| format!("{}: {problem}", finish.finish))
    }

    /// Compares an answer with what it should be; its result.
    fn check(&self, answer: Value, outcome: &Outcome) -> Result<Value, String> {
        if let Some(command) = answer.get("unknown") {
            return Err(format!("the agent does not know {command}"));
        }
        if outcome.cancelled == Some(true) {
            let cancelled = answer.get("cancelled") == Some(&Value::Bool(true));
            return if cancelled {
                Ok(Value::Null)
            } else {
                Err(format!("expected it to be cancelled, got {answer}"))
            };
        }
        if let Some(wanted) = &outcome.error {
            let wanted = match self.vars.fill(wanted)? {
                Value::String(code) => json!({ "code": code }),
                other => other,
            };
            let error =
                answer.get("error").ok_or_else(|| format!("expected the error {wanted}, got {answer}"))?;
            return difference(&wanted, error).map_or(Ok(Value::Null), Err);
        }
        let result = answer.get("ok").ok_or_else(|| format!("expected success, got {answer}"))?;
        let result = &without_the_beginning(result.clone());
        let wanted = outcome.expect.as_ref().map(|wanted| self.vars.fill(wanted)).transpose()?;
        match wanted.and_then(|wanted| difference(&wanted, result)) {
            Some(problem) => Err(problem),
            None => Ok(result.clone()),
        }
    }
}

/// How long the wire is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

fn compare_wire(lines: &[String], expected: &Wire) -> Result<(), String> {
    if let Some(wanted) = &expected.wire
        && wanted != lines
    {
        let (wanted, got) = (wanted.join("\n    "), lines.join("\n    "));
        return Err(format!("on the wire expected\n    {wanted}\n  got\n    {got}"));
    }
    for (wanted, count) in expected.wire_count.iter().flatten() {
        let got = lines.iter().filter(|line| *line == wanted).count();
        if got != *count {
            return Err(format!("{count} times on the wire expected {wanted}, got it {got} times"));
        }
    }
    Ok(())
}

/// A list of states without the first one if that is `restoring`: an observer can come too late for it.
fn without_the_beginning(mut result: Value) -> Value {
    if let Value::Array(states) = &mut result
        && states.first().is_some_and(|state| state["kind"] == "restoring")
    {
        states.remove(0);
    }
    result
}
