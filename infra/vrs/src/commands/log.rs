use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, bail};
use domain::{InquiryId, TenantCode, TenantScope};
use store::{LogEntry, LogEvent, Store};

use super::tenant::registry;
use crate::cli;
use crate::text::grouped;

/// Entries in one question to the table.
const PAGE: u32 = 1_000;

/// Checks the logs of all municipalities.
pub async fn run(asked: cli::Log, out: &mut dyn Write) -> Result<()> {
    let cli::Log::Check(services) = asked;
    let registry = registry(&services).await?;
    let mut check = Check::default();
    for (tenant, _) in registry.list().await? {
        check.read(registry.store(), tenant).await?;
    }
    check.compare();
    for wrong in &check.wrong {
        writeln!(out, "{wrong}")?;
    }
    let (entries, logs) = (grouped(check.entries), grouped(check.logs));
    writeln!(out, "{entries} entries in {logs} logs")?;
    if check.wrong.is_empty() {
        writeln!(
            out,
            "numbers and hashes are sound, and both sides say the same"
        )?;
        return Ok(());
    }
    bail!("{} things are wrong", check.wrong.len())
}

/// What the logs say of one inquiry.
#[derive(Default)]
struct Sides {
    asker: Option<TenantCode>,
    /// Who gave doses and how many they were, as the asker has it.
    concluded: Option<(Vec<TenantCode>, u32)>,
    /// The same as each holder has it.
    holders: BTreeMap<TenantCode, (TenantCode, u32)>,
}

#[derive(Default)]
struct Check {
    entries: u64,
    logs: u64,
    inquiries: BTreeMap<InquiryId, Sides>,
    wrong: Vec<String>,
}

impl Check {
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
        let sides = self.inquiries.entry(entry.event.inquiry()).or_default();
        let doubled = match &entry.event {
            LogEvent::Asked { .. } => sides.asker.replace(tenant).is_some(),
            LogEvent::Concluded { holders, doses, .. } => {
                sides.concluded.replace((holders.clone(), *doses)).is_some()
            }
            LogEvent::Answered { asker, doses, .. } => {
                sides.holders.insert(tenant, (*asker, *doses)).is_some()
            }
            // A holder may decide as often as it likes.
            LogEvent::Released { .. } => false,
        };
        if doubled {
            self.say(tenant, entry.seq, "says of an inquiry what was said before");
        }
    }

    /// What an asker has of an inquiry, and what its holders have.
    fn compare(&mut self) {
        for (inquiry, sides) in &self.inquiries {
            let mut say = |what: &str| self.wrong.push(format!("inquiry {inquiry}: {what}"));
            let Some(asker) = sides.asker else {
                say("answered or concluded, and nobody asked");
                continue;
            };
            if sides.holders.values().any(|(of, _)| *of != asker) {
                say("a holder names another asker");
            }
            // An inquiry that ended on its way was answered by some, and given to nobody.
            let Some((holders, doses)) = &sides.concluded else {
                continue;
            };
            let gave = sides.holders.iter().filter(|(_, (_, doses))| *doses > 0);
            let gave: Vec<_> = gave.map(|(holder, _)| *holder).collect();
            let sum: u32 = sides.holders.values().map(|(_, doses)| doses).sum();
            if gave != *holders || sum != *doses {
                say("the asker's log and the holders' logs differ");
            }
        }
    }

    fn say(&mut self, tenant: TenantCode, seq: u64, what: &str) {
        self.wrong.push(format!("{tenant}: entry {seq} {what}"));
    }
}
