//! The logs of inquiries, checked: numbers without gaps, hashes, and that both sides say the same.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::{InquiryId, TenantCode, TenantScope};
use jiff::Timestamp;
use store::{LogEntry, LogEvent, Store};

/// Entries in one question to the table.
const PAGE: u32 = 1_000;

/// What the logs say of one inquiry.
#[derive(Default)]
struct Sides {
    is_asked: bool,
    /// Who gave doses and how many they were, as the asker has it.
    concluded: Option<(Vec<TenantCode>, u32)>,
    /// The same as each holder has it.
    holders: BTreeMap<TenantCode, u32>,
    /// The time of its latest entry.
    latest: Timestamp,
}

/// Logs that were read, and what is wrong with them.
#[derive(Default)]
pub struct Check {
    /// Entries, of all of them.
    pub entries: u64,
    /// Logs with entries.
    pub logs: u64,
    /// What is wrong, a line each.
    pub wrong: Vec<String>,
    /// Inquiries that were under way when the logs were read, one after the other: what one side says of
    /// them is not held against the other.
    pub under_way: u64,
    /// An asker names its inquiries; another may use the same name.
    inquiries: BTreeMap<(TenantCode, InquiryId), Sides>,
}

impl Check {
    /// Reads the logs of these municipalities, and holds both sides of each inquiry against one another,
    /// if its last entry is from before `settled`.
    pub async fn of(store: &Store, tenants: &[TenantCode], settled: Timestamp) -> Result<Self> {
        let mut check = Self::default();
        for tenant in tenants {
            check.read(store, *tenant).await?;
        }
        check.compare(settled);
        Ok(check)
    }

    /// Reads a log from its newest entry to its first.
    async fn read(&mut self, store: &Store, tenant: TenantCode) -> Result<()> {
        let scope = TenantScope::for_operator(tenant);
        let head = store.log_head(&scope).await?;
        let (mut next, mut hash) = (head.next, head.last);
        let mut after = None;
        loop {
            let page = store.log_page(&scope, PAGE, after).await?;
            for entry in &page.items {
                // Behind the head: written since it was read.
                if entry.seq >= head.next {
                    continue;
                }
                if entry.seq + 1 != next {
                    self.say(tenant, entry.seq, "is not followed by the next number");
                }
                if entry.hash != hash || entry.hash != entry.computed_hash() {
                    self.say(
                        tenant,
                        entry.seq,
                        "does not have the hash that is said of it",
                    );
                }
                (next, hash) = (entry.seq, entry.before);
                self.take(tenant, entry);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if next != 1 || hash != [0; 32] {
            self.say(tenant, next, "is where the log begins");
        }
        self.logs += u64::from(head.next > 1);
        Ok(())
    }

    fn take(&mut self, tenant: TenantCode, entry: &LogEntry) {
        self.entries += 1;
        let asker = match &entry.event {
            LogEvent::Asked { .. } | LogEvent::Concluded { .. } => tenant,
            LogEvent::Answered { asker, .. } | LogEvent::Released { asker, .. } => *asker,
        };
        let inquiry = (asker, entry.event.inquiry());
        let sides = self.inquiries.entry(inquiry).or_default();
        sides.latest = sides.latest.max(entry.at);
        let doubled = match &entry.event {
            LogEvent::Asked { .. } => std::mem::replace(&mut sides.is_asked, true),
            LogEvent::Concluded { holders, doses, .. } => {
                sides.concluded.replace((holders.clone(), *doses)).is_some()
            }
            LogEvent::Answered { doses, .. } => sides.holders.insert(tenant, *doses).is_some(),
            // A holder may decide as often as it likes.
            LogEvent::Released { .. } => false,
        };
        if doubled {
            self.say(tenant, entry.seq, "says of an inquiry what was said before");
        }
    }

    /// What an asker has of an inquiry, and what its holders have.
    fn compare(&mut self, settled: Timestamp) {
        for ((asker, inquiry), sides) in &self.inquiries {
            if sides.latest >= settled {
                self.under_way += 1;
                continue;
            }
            let mut say = |what: &str| {
                let line = format!("inquiry {inquiry} of {asker}: {what}");
                self.wrong.push(line);
            };
            if !sides.is_asked {
                say("answered or concluded, and not asked by it");
                continue;
            }
            // An inquiry that ended on its way was answered by some, and given to nobody.
            let Some((holders, doses)) = &sides.concluded else {
                continue;
            };
            let gave = sides.holders.iter().filter(|(_, doses)| **doses > 0);
            let gave: Vec<_> = gave.map(|(holder, _)| *holder).collect();
            let sum: u32 = sides.holders.values().sum();
            if gave != *holders || sum != *doses {
                say("the asker's log and the holders' logs differ");
            }
        }
    }

    fn say(&mut self, tenant: TenantCode, seq: u64, what: &str) {
        self.wrong.push(format!("{tenant}: entry {seq} {what}"));
    }
}
