//! The queues on disk: a file to which each change is appended as a line.
//!
//! A line is with the operating system before the call that caused it is answered, so the death of
//! the process loses nothing that was answered. A start reads the lines, writes them anew without
//! what is over, and goes on. What was handed out when the process died is visible again at once.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::messages::{Message, Messages};

/// Lines of the file. Queues are named, for the template may reorder them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The number that the next message gets.
    Next(u64),
    Sent {
        number: u64,
        queue: String,
        body: String,
        sent_ms: i64,
        received: u32,
    },
    Received(u64),
    Moved {
        number: u64,
        queue: String,
    },
    Deleted(u64),
}

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    lines: usize,
    /// A line may have been written in part, as on a full disk.
    broken: bool,
}

/// Rewritten when it has this many lines and four times as many as there are messages.
const LONG: usize = 20_000;

impl Journal {
    /// Reads what an earlier process left into `messages`.
    pub(super) fn open(folder: &Path, messages: &mut Messages) -> Result<Self> {
        let path = folder.join("queues.journal");
        if path.exists() {
            let text = fs::read(&path).context("the queues' journal")?;
            // A last line without its end was never answered for; it may end within a letter.
            for line in text
                .split_inclusive(|byte| *byte == b'\n')
                .filter_map(|line| line.strip_suffix(b"\n"))
            {
                let line = serde_json::from_slice(line).context("a line of the queues' journal")?;
                replay(line, messages);
            }
        }
        let (file, lines) = rewrite(&path, messages)?;
        Ok(Self {
            path,
            file,
            lines,
            broken: false,
        })
    }

    pub(super) fn append(&mut self, lines: &[Line], messages: &Messages) -> Result<()> {
        let long = self.lines > LONG && self.lines > 4 * messages.all.len();
        if long || self.broken {
            // The state already has what the new lines say.
            (self.file, self.lines) = rewrite(&self.path, messages)?;
            self.broken = false;
            return Ok(());
        }
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        self.lines += lines.len();
        let written = self.file.write_all(&text);
        self.broken = written.is_err();
        written.context("cannot write the queues' journal")
    }
}

fn replay(line: Line, messages: &mut Messages) {
    match line {
        Line::Next(next) => messages.next = next,
        Line::Sent {
            number,
            queue,
            body,
            sent_ms,
            received,
        } => {
            // A queue that left the template takes its messages along.
            if let Some(queue) = messages.queue(|spec| spec.name == queue) {
                let body = body.into();
                let sent = Timestamp::from_millisecond(sent_ms).unwrap_or_default();
                let visible_at = Instant::now();
                let message = Message {
                    queue,
                    body,
                    sent,
                    received,
                    visible_at,
                };
                messages.all.insert(number, message);
            }
            messages.next = messages.next.max(number + 1);
        }
        Line::Received(number) => {
            if let Some(message) = messages.all.get_mut(&number) {
                message.received += 1;
            }
        }
        Line::Moved { number, queue } => {
            let queue = messages.queue(|spec| spec.name == queue);
            match (messages.all.get_mut(&number), queue) {
                (Some(message), Some(queue)) => message.queue = queue,
                _ => drop(messages.all.remove(&number)),
            }
        }
        Line::Deleted(number) => drop(messages.all.remove(&number)),
    }
}

/// Writes the present state to a file beside the old one and puts it in its place.
fn rewrite(path: &Path, messages: &Messages) -> Result<(File, usize)> {
    let beside = path.with_extension("new");
    let mut file = BufWriter::new(File::create(&beside)?);
    let mut lines = vec![Line::Next(messages.next)];
    lines.extend(messages.all.iter().filter_map(|(number, message)| {
        Some(Line::Sent {
            number: *number,
            queue: messages.spec(message.queue)?.name.clone(),
            body: message.body.to_string(),
            sent_ms: message.sent.as_millisecond(),
            received: message.received,
        })
    }));
    for line in &lines {
        serde_json::to_writer(&mut file, line)?;
        file.write_all(b"\n")?;
    }
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_data()?;
    fs::rename(&beside, path)?;
    Ok((OpenOptions::new().append(true).open(path)?, lines.len()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::template::Queue;

    fn no_messages() -> Messages {
        Messages::new(vec![Queue {
            name: "loads".to_owned(),
            url: "https://x/loads".to_owned(),
            arn: "arn:aws:sqs:ap-northeast-1:000000000000:loads".to_owned(),
            visibility: Duration::from_secs(30),
            redrive: None,
        }])
    }

    /// A message comes and is written down.
    fn send(journal: &mut Journal, messages: &mut Messages, body: &str) -> Result<()> {
        let number = messages.add(0, body.into(), Timestamp::UNIX_EPOCH, Instant::now());
        let line = Line::Sent {
            number,
            queue: "loads".to_owned(),
            body: body.to_owned(),
            sent_ms: 0,
            received: 0,
        };
        journal.append(&[line], messages)
    }

    fn bodies(folder: &Path) -> Vec<String> {
        let mut messages = no_messages();
        Journal::open(folder, &mut messages).unwrap();
        let all = messages.all.values();
        all.map(|message| message.body.to_string()).collect()
    }

    #[test]
    fn a_line_that_was_written_in_part_spoils_none_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut messages = no_messages();
        let mut journal = Journal::open(folder.path(), &mut messages).unwrap();
        send(&mut journal, &mut messages, "first").unwrap();
        // As when the disk is full after half a line.
        journal.file.write_all(br#"{"sent":{"num"#).unwrap();
        journal.file = File::open(&journal.path).unwrap();
        send(&mut journal, &mut messages, "in vain").unwrap_err();
        journal.file = OpenOptions::new().append(true).open(&journal.path).unwrap();

        send(&mut journal, &mut messages, "second").unwrap();
        send(&mut journal, &mut messages, "third").unwrap();
        let all = ["first", "in vain", "second", "third"];
        assert_eq!(bodies(folder.path()), all);
    }

    #[test]
    fn a_line_that_ends_within_a_letter_was_never_answered_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut messages = no_messages();
        let mut journal = Journal::open(folder.path(), &mut messages).unwrap();
        send(&mut journal, &mut messages, "住民").unwrap();
        journal
            .file
            .write_all(b"{\"sent\":{\"body\":\"\xE4\xBD")
            .unwrap();
        assert_eq!(bodies(folder.path()), ["住民"]);
    }
}
