//! Server-sent events as the HTML standard defines them (§9.2), from bytes in pieces of any size.

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its name; `message` where the server gave none.
    pub name: String,
    /// Its data lines, joined by line breaks.
    pub data: String,
}

/// A line or an event longer than this ends the stream: ours are some forty bytes.
const LONGEST: usize = 64 * 1024;

/// The stream holds something longer than any event of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// What was read of a stream so far.
#[derive(Debug, Default)]
pub(crate) struct EventParser {
    line: Vec<u8>,
    name: String,
    data: String,
    has_data: bool,
    after_return: bool,
    begun: bool,
}

impl EventParser {
    /// The events that a further piece completes.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in piece {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                // The second half of a line break that was acted upon already.
                b'\n' if after_return => {}
                b'\n' | b'\r' => events.extend(self.end_of_line()),
                _ if self.line.len() + self.data.len() >= LONGEST => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    fn end_of_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let mut line = String::from_utf8_lossy(&line).into_owned();
        if !std::mem::replace(&mut self.begun, true) && line.starts_with('\u{feff}') {
            line.remove(0);
        }
        if line.is_empty() {
            return self.end_of_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // Comments keep the line open; `id` and `retry` are not used: a poke is never replayed.
            _ => {}
        }
        None
    }

    fn end_of_event(&mut self) -> Option<Event> {
        let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        let name = if name.is_empty() { "message".to_owned() } else { name };
        std::mem::take(&mut self.has_data).then_some(Event { name, data })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use proptest::prelude::*;

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    fn all(text: &str) -> Vec<Event> {
        EventParser::default().push(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_poke_is_read() {
        assert_eq!(all("event: poke\ndata: {\"n\":3,\"v\":9}\n\n"), [event("poke", "{\"n\":3,\"v\":9}")]);
    }

    #[test]
    fn comments_and_fields_we_do_not_use_are_passed_over() {
        assert_eq!(all(": hello\n\nid: 4\nretry: 10\n\nevent:rights\ndata\n\n"), [event("rights", "")]);
    }

    #[test]
    fn several_data_lines_are_one_text() {
        assert_eq!(all("data: one\ndata:two\ndata:  three\n\n"), [event("message", "one\ntwo\n three")]);
    }

    #[test]
    fn an_event_that_was_not_finished_is_not_given() {
        assert_eq!(all("event: poke\ndata: 1\n"), []);
    }

    #[test]
    fn every_kind_of_line_break_is_one() {
        for stream in ["data: 1\n\ndata: 2\n\n", "data: 1\r\n\r\ndata: 2\r\n\r\n", "data: 1\r\rdata: 2\r\r"] {
            assert_eq!(all(stream), [event("message", "1"), event("message", "2")]);
        }
    }

    #[test]
    fn a_mark_at_the_very_beginning_is_no_part_of_the_first_field() {
        assert_eq!(all("\u{feff}data: 1\n\n"), [event("message", "1")]);
    }

    #[test]
    fn a_stream_without_line_breaks_is_given_up() {
        let mut parser = EventParser::default();
        assert_eq!(parser.push(&vec![b'x'; LONGEST + 1]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_are_cut(cuts in prop::collection::vec(1_usize..9, 1..40)) {
            let stream = "event: poke\r\ndata: {\"n\":3}\r\n\r\n: …\ndata: 回覧\r\rdata: a\ndata: b\n\n";
            let mut parser = EventParser::default();
            let mut rest = stream.as_bytes();
            let mut events = Vec::new();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                events.extend(parser.push(piece).unwrap());
                rest = after;
            }
            prop_assert_eq!(events, all(stream));
        }

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = EventParser::default().push(&bytes);
        }
    }
}
