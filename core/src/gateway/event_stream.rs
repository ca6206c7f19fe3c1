//! The format of server-sent events (HTML, section 9.2), parsed as it comes.

use std::time::Duration;

use bytes::{Buf as _, Bytes};

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
    /// What came and was not parsed yet. One event at a time is taken from it: a few bytes can be many events with one long id.
    rest: Bytes,
    limit: usize,
    pub(super) last_id: String,
    /// Whether there was an id, which the server may have taken back since.
    pub(super) had_id: bool,
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
            rest: Bytes::new(),
            limit,
            last_id: String::new(),
            had_id: false,
            retry: None,
        }
    }

    /// Takes the next chunk of the stream, once [`next`](Self::next) has nothing more of the one before.
    pub(super) fn feed(&mut self, chunk: Bytes) {
        self.rest = chunk;
    }

    /// The next event, or `None` if it needs another chunk.
    pub(super) fn next(&mut self) -> Result<Option<Event>, TooLong> {
        while !self.rest.is_empty() {
            if std::mem::take(&mut self.after_return) && self.rest[0] == b'\n' {
                self.rest.advance(1);
                continue;
            }
            let end = self.rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let part = self.rest.split_to(end.unwrap_or(self.rest.len()));
            if self.line.len() + self.data.len() + part.len() > self.limit {
                return Err(TooLong);
            }
            self.line.extend_from_slice(&part);
            if end.is_none() {
                break;
            }
            self.after_return = self.rest.get_u8() == b'\r';
            let line = std::mem::take(&mut self.line);
            if let Some(event) = self.take_line(&line) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The stream ended. An event that was not whole is dropped, as the format demands.
    pub(super) fn end(&mut self) {
        self.rest.clear();
        self.line.clear();
        self.kind.clear();
        self.data.clear();
        self.has_data = false;
        self.id.clone_from(&self.last_id);
        (self.after_return, self.is_first_line) = (false, true);
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Event> {
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
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        self.last_id.clone_from(&self.id);
        self.had_id |= !self.id.is_empty();
        let (kind, data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
        if !std::mem::take(&mut self.has_data) {
            return None;
        }
        let kind = if kind.is_empty() { "message".to_owned() } else { kind };
        Some(Event { kind, id: self.last_id.clone(), data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8], cut: usize) -> (Vec<(String, String, String)>, Parser) {
        let mut parser = Parser::new(1000);
        let mut events = Vec::new();
        for chunk in text.chunks(cut) {
            parser.feed(Bytes::copy_from_slice(chunk));
            while let Some(event) = parser.next().expect("short") {
                events.push((event.kind, event.id, event.data));
            }
        }
        (events, parser)
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
        parser.feed(Bytes::from_static(b"data: c\n\n"));
        let next = parser.next().expect("short").expect("an event");
        assert_eq!((next.kind.as_str(), next.id.as_str(), next.data.as_str()), ("message", "7", "c"));
    }

    #[test]
    fn an_event_without_end_is_given_up() {
        let mut parser = Parser::new(100);
        parser.feed(Bytes::from_static(&[b'x'; 101]));
        assert_eq!(parser.next(), Err(TooLong));
        let mut parser = Parser::new(100);
        parser.feed("data: 0123456789\n".repeat(100).into());
        assert_eq!(parser.next(), Err(TooLong));
    }

    #[test]
    fn nothing_is_parsed_ahead_of_the_reader() {
        let mut parser = Parser::new(100);
        parser.feed(Bytes::from_static(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n"));
        let first = parser.next().expect("short").expect("an event");
        assert_eq!((first.data.as_str(), parser.last_id.as_str()), ("a", "1"), "the reader has not seen 2");
    }

    #[test]
    fn a_wait_has_a_limit() {
        let (_, parser) = parse(b"retry: 99999999999999999999999\n", 100);
        assert_eq!(parser.retry, Some(LONGEST_RETRY));
    }
}
