//! Tells the story on a terminal, and keeps count of what was not as it should be.

use std::io::Write;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// Prints steps, wire lines and checks.
pub(crate) struct Teller<W: Write> {
    out: W,
    colours: bool,
    step: usize,
    checks: usize,
    failed: usize,
    /// The check whose outcome is turned round, so that a test can see that each of them counts.
    sabotaged: Option<usize>,
}

impl<W: Write> Teller<W> {
    pub(crate) fn new(out: W, colours: bool) -> Self {
        Self { out, colours, step: 0, checks: 0, failed: 0, sabotaged: None }
    }

    #[cfg(test)]
    pub(crate) fn sabotage(mut self, check: usize) -> Self {
        self.sabotaged = Some(check);
        self
    }

    #[cfg(test)]
    pub(crate) fn checks(&self) -> usize {
        self.checks
    }

    /// What is about to be seen.
    pub(crate) fn title(&mut self, title: &str, lines: &[String]) {
        let title = self.paint(BOLD, title);
        self.say(&title);
        for line in lines {
            let line = self.paint(DIM, line);
            self.say(&line);
        }
    }

    /// A new step, and the code that does it.
    pub(crate) fn step(&mut self, title: &str, code: &str) {
        self.step += 1;
        let title = self.paint(BOLD, &format!("{:>2}  {title}", self.step));
        self.say(&format!("\n{title}"));
        for line in code.lines() {
            let line = self.paint(CYAN, line);
            self.say(&format!("      {line}"));
        }
    }

    /// A request that went over the wire, and what authorized it.
    pub(crate) fn wire(&mut self, request: &str, headers: &[String]) {
        self.say(&format!("    {request}"));
        for header in headers {
            let header = self.paint(DIM, header);
            self.say(&format!("              {header}"));
        }
    }

    /// Something worth knowing.
    pub(crate) fn note(&mut self, text: &str) {
        let text = self.paint(DIM, text);
        self.say(&format!("    · {text}"));
    }

    /// Something that must be so.
    pub(crate) fn check(&mut self, is_so: bool, claim: &str) {
        let is_so = is_so != (self.sabotaged == Some(self.checks));
        self.checks += 1;
        let line = if is_so {
            self.paint(GREEN, &format!("✓ {claim}"))
        } else {
            self.failed += 1;
            self.paint(RED, &format!("✗ not so: {claim}"))
        };
        self.say(&format!("    {line}"));
    }

    /// The outcome of a step that may have failed before it came to its checks.
    pub(crate) fn conclude(&mut self, step: Result<(), String>) {
        if let Err(problem) = step {
            self.check(false, &format!("the step works ({problem})"));
        }
    }

    /// Sums up; whether all was as it should be.
    pub(crate) fn finish(&mut self) -> bool {
        let all = self.failed == 0 && self.checks > 0;
        let line = if all {
            self.paint(GREEN, &format!("✓ All {} checks of {} steps hold.", self.checks, self.step))
        } else {
            self.paint(RED, &format!("✗ {} of {} checks do not hold.", self.failed, self.checks))
        };
        self.say(&format!("\n{line}"));
        all
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A reader who has gone (`| head`) is no reason to fail.
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
        let _ = self.out.flush();
    }
}
