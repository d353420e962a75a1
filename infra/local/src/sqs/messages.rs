//! The messages of all queues: what is visible, what is handed out, what is given up.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::template::Queue;

/// A message at rest.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Index into the queues.
    pub(super) queue: usize,
    pub(super) body: Arc<str>,
    pub(super) sent: Timestamp,
    /// How often it was handed out.
    pub(super) received: u32,
    pub(super) visible_at: Instant,
}

/// A message as it is handed out.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    /// Good for this handing-out only.
    pub(crate) receipt: String,
    pub(crate) body: Arc<str>,
    pub(crate) sent: Timestamp,
    pub(crate) received: u32,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Ready to be handed out.
    pub visible: usize,
    /// Handed out or delayed.
    pub hidden: usize,
}

/// What happened, for the journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Received(u64),
    Moved(u64, usize),
}

/// All messages by the order in which they came.
#[derive(Debug)]
pub(super) struct Messages {
    queues: Vec<Queue>,
    pub(super) next: u64,
    pub(super) all: BTreeMap<u64, Message>,
}

impl Messages {
    pub(super) fn new(queues: Vec<Queue>) -> Self {
        Self {
            queues,
            next: 1,
            all: BTreeMap::new(),
        }
    }

    pub(super) fn queue(&self, matches: impl Fn(&Queue) -> bool) -> Option<usize> {
        self.queues.iter().position(matches)
    }

    pub(super) fn spec(&self, queue: usize) -> Option<&Queue> {
        self.queues.get(queue)
    }

    pub(super) fn add(
        &mut self,
        queue: usize,
        body: Arc<str>,
        sent: Timestamp,
        visible_at: Instant,
    ) -> u64 {
        let number = self.next;
        self.next += 1;
        self.all.insert(
            number,
            Message {
                queue,
                body,
                sent,
                received: 0,
                visible_at,
            },
        );
        number
    }

    /// Hands out what is visible; what was handed out too often goes to the dead letters.
    pub(super) fn receive(
        &mut self,
        queue: usize,
        most: usize,
        hidden_for: Duration,
        now: Instant,
    ) -> (Vec<Delivery>, Vec<Change>) {
        let given_up = self
            .queues
            .get(queue)
            .and_then(|spec| spec.redrive.as_ref())
            .and_then(|it| {
                let dead_letters = self.queue(|queue| queue.arn == it.dead_letters)?;
                Some((it.max_receive_count, dead_letters))
            });
        let mut deliveries = Vec::new();
        let mut changes = Vec::new();
        for (number, message) in &mut self.all {
            if deliveries.len() == most {
                break;
            }
            if message.queue != queue || message.visible_at > now {
                continue;
            }
            if let Some((most, dead_letters)) = given_up
                && message.received >= most
            {
                message.queue = dead_letters;
                changes.push(Change::Moved(*number, dead_letters));
                continue;
            }
            message.received += 1;
            message.visible_at = now + hidden_for;
            changes.push(Change::Received(*number));
            deliveries.push(Delivery {
                id: id(*number),
                receipt: receipt(*number, message.received),
                body: Arc::clone(&message.body),
                sent: message.sent,
                received: message.received,
            });
        }
        (deliveries, changes)
    }

    /// The message of a receipt, if it was not handed out again since.
    pub(super) fn held(&mut self, queue: usize, receipt: &str) -> Option<(u64, &mut Message)> {
        let (number, received) = receipt.split_once('-')?;
        let (number, received) = (number.parse().ok()?, received.parse::<u32>().ok()?);
        let message = self.all.get_mut(&number)?;
        (message.queue == queue && message.received == received).then_some((number, message))
    }

    pub(super) fn depth(&self, queue: usize, now: Instant) -> Depth {
        let mut depth = Depth {
            visible: 0,
            hidden: 0,
        };
        for message in self.all.values().filter(|message| message.queue == queue) {
            if message.visible_at <= now {
                depth.visible += 1;
            } else {
                depth.hidden += 1;
            }
        }
        depth
    }

    /// When the next hidden message comes back.
    pub(super) fn next_visible(&self, queue: usize) -> Option<Instant> {
        self.all
            .values()
            .filter(|it| it.queue == queue)
            .map(|it| it.visible_at)
            .min()
    }
}

/// A message's public id.
pub(super) fn id(number: u64) -> String {
    Uuid::from_u128(u128::from(number)).to_string()
}

pub(super) fn is_receipt(text: &str) -> bool {
    text.split_once('-').is_some_and(|(number, received)| {
        number.parse::<u64>().is_ok() && received.parse::<u32>().is_ok()
    })
}

fn receipt(number: u64, received: u32) -> String {
    format!("{number}-{received}")
}
