//! SQS in this process: standard queues with visibility, redelivery and dead letters.
//!
//! What differs from AWS: messages come in the order in which they were sent, are never delivered
//! twice without reason, and are kept without end. Receipts of an earlier delivery delete nothing.

mod journal;
mod messages;
mod service;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use domain::Clock;
use tokio::{sync::watch, time::Instant};

pub(crate) use self::messages::Delivery;
pub use self::messages::Depth;
use self::{
    journal::{Journal, Line},
    messages::{Change, Messages},
};
use crate::template::Queue;

/// The service. Clones share the queues.
#[derive(Clone)]
pub struct LocalSqs {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Counts changes, for those who wait for one.
    changes: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
    /// Every span of time of the template and of requests is multiplied by it.
    time_scale: f64,
    /// No function is fed any more.
    closed: AtomicBool,
}

struct State {
    messages: Messages,
    journal: Option<Journal>,
}

impl LocalSqs {
    /// Opens the queues in `folder`, or in memory.
    pub fn open(
        folder: Option<&Path>,
        queues: &[Queue],
        clock: Arc<dyn Clock>,
        time_scale: f64,
    ) -> Result<Self> {
        let mut messages = Messages::new(queues.to_vec());
        let journal = folder
            .map(|folder| Journal::open(folder, &mut messages))
            .transpose()?;
        let state = Mutex::new(State { messages, journal });
        let changes = watch::Sender::new(0);
        Ok(Self {
            shared: Arc::new(Shared {
                state,
                changes,
                clock,
                time_scale,
                closed: AtomicBool::new(false),
            }),
        })
    }

    /// How many messages a queue holds; `name` is the last part of its URL.
    #[must_use]
    pub fn depth(&self, name: &str) -> Option<Depth> {
        self.with(|state| {
            let queue = state.messages.queue(|queue| queue.name == name)?;
            Some(state.messages.depth(queue, Instant::now()))
        })
    }

    /// Names of the queues, in the order of the template.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.with(|state| {
            (0..)
                .map_while(|queue| state.messages.spec(queue))
                .map(|it| it.name.clone())
                .collect()
        })
    }

    /// Wakes whenever a message came, went, or was handed out.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Number of the queue with this ARN, for the calls below.
    pub(crate) fn by_arn(&self, arn: &str) -> Result<usize> {
        self.with(|state| state.messages.queue(|queue| queue.arn == arn))
            .with_context(|| format!("no queue {arn}"))
    }

    /// Takes a message in.
    pub(crate) fn send(&self, queue: usize, body: &str, delay: Duration) -> Result<u64> {
        let sent = self.shared.clock.now();
        let visible_at = Instant::now() + self.scaled(delay);
        let sent_ms = sent.as_millisecond();
        self.change(|messages| {
            let number = messages.add(queue, body.into(), sent, visible_at);
            let queue = name(messages, queue);
            let line = Line::Sent {
                number,
                queue,
                body: body.to_owned(),
                sent_ms,
                received: 0,
            };
            (number, vec![line])
        })
    }

    /// Hands out what is visible now.
    pub(crate) fn receive(
        &self,
        queue: usize,
        most: usize,
        hidden_for: Option<Duration>,
    ) -> Result<Vec<Delivery>> {
        let visibility = self.with(|state| state.messages.spec(queue).map(|spec| spec.visibility));
        let hidden_for = self.scaled(hidden_for.or(visibility).unwrap_or_default());
        self.change(|messages| {
            let (deliveries, changes) = messages.receive(queue, most, hidden_for, Instant::now());
            let lines = changes
                .into_iter()
                .map(|change| match change {
                    Change::Received(number) => Line::Received(number),
                    Change::Moved(number, queue) => Line::Moved {
                        number,
                        queue: name(messages, queue),
                    },
                })
                .collect();
            (deliveries, lines)
        })
    }

    /// From now on [`Self::next`] hands out nothing.
    pub(crate) fn close(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
    }

    /// Hands out messages as soon as there are any; waits without end.
    pub(crate) async fn next(&self, queue: usize, most: usize) -> Result<Vec<Delivery>> {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            if self.shared.closed.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let deliveries = self.receive(queue, most, None)?;
            if !deliveries.is_empty() {
                return Ok(deliveries);
            }
            self.something(queue, &mut changes).await;
        }
    }

    /// Waits for a change or for a hidden message to come back.
    async fn something(&self, queue: usize, changes: &mut watch::Receiver<u64>) {
        let back = self.with(|state| state.messages.next_visible(queue));
        let changed = async {
            // The sender lives as long as `self`.
            let _ = changes.changed().await;
        };
        match back {
            None => changed.await,
            Some(back) => {
                let _ = tokio::time::timeout_at(back, changed).await;
            }
        }
    }

    /// Deletes a delivered message; says whether the receipt was still good.
    pub(crate) fn delete(&self, queue: usize, receipt: &str) -> Result<bool> {
        self.change(|messages| {
            let Some((number, _)) = messages.held(queue, receipt) else {
                return (false, Vec::new());
            };
            messages.all.remove(&number);
            (true, vec![Line::Deleted(number)])
        })
    }

    /// Hides a delivered message for a time that counts from now.
    fn hide(&self, queue: usize, receipt: &str, hidden_for: Duration) -> bool {
        let visible_at = Instant::now() + self.scaled(hidden_for);
        let mut state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let held = state.messages.held(queue, receipt);
        let good = held.is_some();
        if let Some((_, message)) = held {
            message.visible_at = visible_at;
        }
        drop(state);
        self.wake();
        good
    }

    /// Deletes all messages of a queue.
    fn purge(&self, queue: usize) -> Result<()> {
        self.change(|messages| {
            let gone = messages
                .all
                .extract_if(.., |_, message| message.queue == queue);
            ((), gone.map(|(number, _)| Line::Deleted(number)).collect())
        })
    }

    /// Moves all dead letters back to the queues that gave them up.
    fn redrive(&self, dead_letters: usize) -> Result<Option<usize>> {
        self.change(|messages| {
            let arn = messages.spec(dead_letters).map(|spec| spec.arn.clone());
            let source = messages.queue(|queue| {
                queue
                    .redrive
                    .as_ref()
                    .is_some_and(|it| Some(&it.dead_letters) == arn.as_ref())
            });
            let Some(source) = source else {
                return (None, Vec::new());
            };
            let mut lines = Vec::new();
            let now = Instant::now();
            let moved: Vec<u64> = messages
                .all
                .iter()
                .filter(|(_, message)| message.queue == dead_letters)
                .map(|(number, _)| *number)
                .collect();
            for number in &moved {
                let Some(message) = messages.all.remove(number) else {
                    continue;
                };
                lines.push(Line::Deleted(*number));
                // As on AWS it is a new message, with no receives to its name.
                let sent = message.sent;
                let sent_ms = sent.as_millisecond();
                let body = message.body.to_string();
                let number = messages.add(source, message.body, sent, now);
                let queue = name(messages, source);
                lines.push(Line::Sent {
                    number,
                    queue,
                    body,
                    sent_ms,
                    received: 0,
                });
            }
            (Some(moved.len()), lines)
        })
    }

    fn scaled(&self, span: Duration) -> Duration {
        span.mul_f64(self.shared.time_scale)
    }

    fn with<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(
            &self
                .shared
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Changes the messages, writes down what changed, and wakes those who wait.
    fn change<T>(&self, change: impl FnOnce(&mut Messages) -> (T, Vec<Line>)) -> Result<T> {
        let mut state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let State { messages, journal } = &mut *state;
        let (result, lines) = change(messages);
        if lines.is_empty() {
            return Ok(result);
        }
        if let Some(journal) = journal {
            journal.append(&lines, messages)?;
        }
        drop(state);
        self.wake();
        Ok(result)
    }

    fn wake(&self) {
        self.shared.changes.send_modify(|count| *count += 1);
    }
}

fn name(messages: &Messages, queue: usize) -> String {
    messages
        .spec(queue)
        .map(|spec| spec.name.clone())
        .unwrap_or_default()
}
