//! The format of server-sent events (HTML, section 9.2), parsed as it comes.

use std::{collections::VecDeque, time::Duration};

/// A server cannot ask to wait longer than this before its events are asked for again.
const LONGEST_RETRY: Duration = Duration::from_secs(5 * 60);

/// A server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The kind of event that the server says; `message` if it says none.
    pub kind: String,
    /// The id of the last event that had one; empty if none had.
    pub id: String,
    /// The text. Lines are separated by `\n`.
    pub data: String,
}

/// Parses one stream of events after another; what they say of ids and waits is kept in between.
#[derive(Debug)]
pub(super) struct Parser {
    line: Vec<u8>,
    /// Whether the last byte was a carriage return, which a line feed may follow.
    after_return: bool,
    is_first_line: bool,
    kind: String,
    data: String,
    has_data: bool,
    /// The id that the event under way will have.
    id: String,
    parsed: VecDeque<Event>,
    limit: usize,
    pub(super) last_id: String,
    pub(super) retry: Option<Duration>,
}

/// An event, or a line of one, is longer than the limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Parser {
    /// A parser of events that have `limit` bytes at most.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            after_return: false,
            is_first_line: true,
            kind: String::new(),
            data: String::new(),
            has_data: false,
            id: String::new(),
            parsed: VecDeque::new(),
            limit,
            last_id: String::new(),
            retry: None,
        }
    }

    /// The next event that was parsed.
    pub(super) fn next(&mut self) -> Option<Event> {
        self.parsed.pop_front()
    }

    /// Takes a chunk of the stream.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), TooLong> {
        let mut rest = chunk;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_return) && rest[0] == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let part = &rest[..end.unwrap_or(rest.len())];
            if self.line.len() + self.data.len() + part.len() > self.limit {
                return Err(TooLong);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { return Ok(()) };
            self.after_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.take_line(&line);
        }
        Ok(())
    }

    /// The stream ended. An event that was not whole is dropped, as the format demands.
    pub(super) fn end(&mut self) {
        self.line.clear();
        self.kind.clear();
        self.data.clear();
        self.has_data = false;
        self.id.clone_from(&self.last_id);
        (self.after_return, self.is_first_line) = (false, true);
    }

    fn take_line(&mut self, line: &[u8]) {
        let is_first = std::mem::take(&mut self.is_first_line);
        let line = String::from_utf8_lossy(line);
        let line = if is_first { line.strip_prefix('\u{feff}').unwrap_or(&line) } else { &line };
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|c| c.is_ascii_digit()) => {
                // A number that is too long is a long time.
                let wait = value.parse().map_or(LONGEST_RETRY, Duration::from_millis);
                self.retry = Some(wait.min(LONGEST_RETRY));
            }
            // Comments begin with a colon, so their field is empty; other fields are of the future.
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        self.last_id.clone_from(&self.id);
        let (kind, data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
        if !std::mem::take(&mut self.has_data) {
            return;
        }
        let kind = if kind.is_empty() { "message".to_owned() } else { kind };
        self.parsed.push_back(Event { kind, id: self.last_id.clone(), data });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8], cut: usize) -> (Vec<(String, String, String)>, Parser) {
        let mut parser = Parser::new(1000);
        for chunk in text.chunks(cut) {
            parser.feed(chunk).expect("short");
        }
        let events = std::iter::from_fn(|| parser.next()).map(|event| (event.kind, event.id, event.data));
        (events.collect(), parser)
    }

    fn event(kind: &str, id: &str, data: &str) -> (String, String, String) {
        (kind.to_owned(), id.to_owned(), data.to_owned())
    }

    #[test]
    fn a_stream_is_read_the_same_however_it_is_cut() {
        let text = "\u{feff}: hello\r\nid: 1\r\ndata: one\r\ndata:two\r\n\r\nevent: end\rdata\r\rdata:  x\u{e4}\n\n\
                    retry: 250\nretry: soon\nid\ndata: last\n\nunknown: 1\n\nevent: lost\ndata: not whole";
        let expected = vec![
            event("message", "1", "one\ntwo"),
            event("end", "1", ""),
            event("message", "1", " x\u{e4}"),
            event("message", "", "last"),
        ];
        for cut in 1..text.len() {
            let (events, parser) = parse(text.as_bytes(), cut);
            assert_eq!(events, expected, "cut {cut}");
            assert_eq!(parser.retry, Some(Duration::from_millis(250)));
        }
    }

    #[test]
    fn what_was_not_whole_leaves_nothing_for_the_next_stream() {
        let (_, mut parser) = parse(b"id: 7\ndata: a\n\nid: 8\nevent: b\ndata: b", 5);
        parser.end();
        assert_eq!(parser.last_id, "7");
        parser.feed(b"data: c\n\n").expect("short");
        let next = parser.next().expect("an event");
        assert_eq!((next.kind.as_str(), next.id.as_str(), next.data.as_str()), ("message", "7", "c"));
    }

    #[test]
    fn an_event_without_end_is_given_up() {
        let mut parser = Parser::new(100);
        assert_eq!(parser.feed(&[b'x'; 101]), Err(TooLong));
        let mut parser = Parser::new(100);
        let lines = (0..100).map(|_| parser.feed(b"data: 0123456789\n"));
        assert!(lines.collect::<Result<Vec<()>, _>>().is_err());
    }

    #[test]
    fn a_wait_has_a_limit() {
        let (_, parser) = parse(b"retry: 99999999999999999999999\n", 100);
        assert_eq!(parser.retry, Some(LONGEST_RETRY));
    }
}
