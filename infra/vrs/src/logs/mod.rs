//! The logs of inquiries, checked: numbers without gaps, hashes, that both sides say the same, that they say what the
//! inquiries beside them do, and that residents are shown it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::{ConsentId, InquiryId, TenantCode, TenantScope};
use jiff::Timestamp;
use store::{Inquiry, LogEntry, LogEvent, LogHead, Store, StoreError, Terms};

/// Entries in one question to the table.
const PAGE: u32 = 1_000;

const BESIDE: &str = "the inquiries beside the log cannot all be read";
const LOG: &str = "the log cannot be read to its beginning";
const BEHIND: &str = "stand behind the end of the log, which was lost or set back";
const NOT_SHOWN: &str = "is not shown to the resident whom it is about as it stands in the log";

/// What the logs say of one inquiry.
#[derive(Default)]
struct Sides {
    /// When, on which recorded basis, on what and what for it was asked, as the asker has it.
    asked: Option<(Timestamp, ConsentId, Terms)>,
    /// Who gave doses and how many they were, as the asker has it.
    concluded: Option<(Vec<TenantCode>, u32)>,
    /// How many doses each holder gave, and on what terms, as it has it.
    holders: BTreeMap<TenantCode, (u32, Terms)>,
    /// The inquiry itself, which stands beside the asker's log.
    listed: Option<Inquiry>,
    /// Whether entries of the asker's about it stand behind the end of its log.
    behind: bool,
    /// Entries about it.
    entries: u64,
    /// The time of its earliest entry.
    earliest: Option<Timestamp>,
    /// The time of its latest entry, or of what was done to the inquiry itself.
    latest: Timestamp,
}

impl Sides {
    /// What the asker's log does not say of the inquiry beside it, or says otherwise.
    fn beside(&self) -> Vec<String> {
        if self.behind {
            return Vec::new();
        }
        let asked = self.asked.as_ref().map(|(_, consent, _)| consent);
        let mut wrong = Vec::new();
        match (&self.listed, asked) {
            (None, None) => {}
            (None, Some(_)) => {
                wrong.push("asked by the asker's log, and not among its inquiries".to_owned());
            }
            (Some(listed), None) => {
                let basis = listed.consent;
                wrong.push(format!(
                    "asked on basis {basis}, which the asker's log does not say"
                ));
            }
            (Some(listed), Some(consent)) => {
                let basis = listed.consent;
                if basis != *consent {
                    wrong.push(format!(
                        "asked on basis {basis}, on {consent} by the asker's log"
                    ));
                }
                match (listed.answered_at.is_some(), self.concluded.is_some()) {
                    (true, false) => {
                        wrong.push("answered, which the asker's log does not say".to_owned());
                    }
                    (false, true) => {
                        wrong.push("concluded by the asker's log, and not answered".to_owned());
                    }
                    _ => {}
                }
            }
        }
        wrong
    }

    /// Whether others alone tell of it, and did before its asker `entered`.
    fn is_before(&self, entered: Timestamp) -> bool {
        let is_its_own = self.asked.is_some()
            || self.concluded.is_some()
            || self.listed.is_some()
            || self.behind;
        !is_its_own && self.earliest.is_some_and(|at| at < entered)
    }
}

/// Logs that were read, and what is wrong with them.
#[derive(Default)]
pub struct Check {
    /// Entries, of all of them.
    pub entries: u64,
    /// Logs with entries.
    pub logs: u64,
    /// Where those logs end.
    pub ends: BTreeMap<TenantCode, LogHead>,
    /// What is wrong, a line each.
    pub wrong: Vec<String>,
    /// Inquiries that were under way when the logs were read, one after the other: what one side says of
    /// them is not held against the other.
    pub under_way: u64,
    /// For each municipality that has left, even if it entered again: how many entries of others could not be compared
    /// with its log.
    pub left: BTreeMap<TenantCode, u64>,
    /// An asker names its inquiries; another may use the same name.
    inquiries: BTreeMap<(TenantCode, InquiryId), Sides>,
    /// What each basis was used for; one that is used twice is wrong.
    bases: BTreeMap<(TenantCode, ConsentId), InquiryId>,
    /// Those whose logs, and the inquiries beside them, were read to their beginning.
    whole: BTreeSet<TenantCode>,
    /// Since when a municipality takes part, where that is known.
    entered: BTreeMap<TenantCode, Timestamp>,
}

impl Check {
    /// Reads the logs of these municipalities, all that take part, and holds both sides of each inquiry
    /// against one another, if its last entry is from before `settled`. Who is not among them has left; so has, for
    /// whatever is older, who entered anew.
    pub async fn of(store: &Store, tenants: &[TenantCode], settled: Timestamp) -> Result<Self> {
        let mut check = Self::default();
        for tenant in tenants {
            // Whatever stands beside the log when it is read has its entries in it.
            let listed = check.list(store, *tenant).await;
            let listed = check.is_done(*tenant, BESIDE, listed)?;
            let read = check.read(store, *tenant, settled).await;
            if check.is_done(*tenant, LOG, read)? && listed {
                check.whole.insert(*tenant);
            }
        }
        let read: BTreeSet<_> = tenants.iter().copied().collect();
        check.compare(&read, settled);
        Ok(check)
    }

    /// `false` if something is damaged, which is said: the others are read all the same.
    fn is_done(
        &mut self,
        tenant: TenantCode,
        what: &str,
        done: Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        let Err(StoreError::Damaged { what: part }) = done else {
            return done.map(|()| true);
        };
        let line = format!("{tenant}: {what}: {part}");
        self.wrong.push(line);
        Ok(false)
    }

    /// Reads the inquiries that a municipality made. None of them ever goes away while it takes part.
    async fn list(&mut self, store: &Store, tenant: TenantCode) -> Result<(), StoreError> {
        let scope = TenantScope::for_operator(tenant);
        let mut after = None;
        loop {
            let page = store.inquiries(&scope, PAGE, after).await?;
            for inquiry in page.items {
                self.take_listed(tenant, inquiry);
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn take_listed(&mut self, tenant: TenantCode, inquiry: Inquiry) {
        let sides = self.inquiries.entry((tenant, inquiry.id)).or_default();
        let last = inquiry.answered_at.unwrap_or(inquiry.asked_at);
        sides.latest = sides.latest.max(last);
        sides.listed = Some(inquiry);
    }

    /// Reads a log from its newest entry to its first. Who wrote an entry before `settled` had moved the end of
    /// the log too.
    async fn read(
        &mut self,
        store: &Store,
        tenant: TenantCode,
        settled: Timestamp,
    ) -> Result<(), StoreError> {
        let scope = TenantScope::for_operator(tenant);
        let head = store.log_head(&scope).await?;
        // Its own entries tell if a clock was ahead when it entered, or that was changed since.
        let mut entered = store.tenant(&scope).await?.and_then(|it| it.entered_at);
        let (mut next, mut hash) = (head.next, head.last);
        let (mut after, mut behind) = (None, None);
        loop {
            let page = store.log_page(&scope, PAGE, after).await?;
            for entry in &page.items {
                if entry.seq >= head.next {
                    // The others were written since it was read.
                    if entry.at < settled {
                        let (_, newest) = behind.unwrap_or((entry.seq, entry.seq));
                        behind = Some((entry.seq, newest));
                        self.take_behind(tenant, entry);
                    }
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
                entered = entered.map(|at| at.min(entry.at));
                self.take(tenant, entry);
            }
            let copies = store.copies_of(&scope, &page.items).await?;
            for entry in page.items.iter().filter(|entry| entry.seq < head.next) {
                let is_about = entry.event.resident().is_some();
                if is_about && copies.get(&entry.seq) != Some(entry) {
                    self.say(tenant, entry.seq, NOT_SHOWN);
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if let Some((first, newest)) = behind {
            let what = format!("and all up to {newest} {BEHIND}");
            self.say(tenant, first, &what);
        }
        if next != 1 || hash != [0; 32] {
            self.say(tenant, next, "is where the log begins");
        }
        self.entered.extend(entered.map(|at| (tenant, at)));
        if head.next > 1 || behind.is_some() {
            self.logs += 1;
            self.ends.insert(tenant, head);
        }
        Ok(())
    }

    /// One behind the end, which is said of all of them at once.
    fn take_behind(&mut self, tenant: TenantCode, entry: &LogEntry) {
        if let LogEvent::Asked { inquiry, .. } | LogEvent::Concluded { inquiry, .. } = &entry.event
        {
            self.inquiries.entry((tenant, *inquiry)).or_default().behind = true;
        }
    }

    fn take(&mut self, tenant: TenantCode, entry: &LogEntry) {
        self.entries += 1;
        let asker = match &entry.event {
            LogEvent::Asked { .. } | LogEvent::Concluded { .. } => Some(tenant),
            LogEvent::Answered { asker, .. } | LogEvent::Released { asker, .. } => Some(*asker),
            LogEvent::Unknown { .. } => None,
        };
        let Some(inquiry) = asker.zip(entry.event.inquiry()) else {
            self.say(tenant, entry.seq, "cannot be read");
            return;
        };
        let sides = self.inquiries.entry(inquiry).or_default();
        sides.entries += 1;
        let earliest = sides.earliest.unwrap_or(entry.at);
        sides.earliest = Some(earliest.min(entry.at));
        sides.latest = sides.latest.max(entry.at);
        let doubled = match &entry.event {
            LogEvent::Asked { consent, terms, .. } => {
                let said = (entry.at, *consent, terms.clone());
                let doubled = sides.asked.replace(said).is_some();
                let (asker, inquiry) = inquiry;
                let other = self.bases.insert((asker, *consent), inquiry);
                if let Some(other) = other.filter(|other| *other != inquiry) {
                    let what = format!("asks on basis {consent}, as inquiry {other} does");
                    self.say(tenant, entry.seq, &what);
                }
                doubled
            }
            LogEvent::Concluded { holders, doses, .. } => {
                sides.concluded.replace((holders.clone(), *doses)).is_some()
            }
            LogEvent::Answered { doses, terms, .. } => {
                let said = (*doses, terms.clone());
                sides.holders.insert(tenant, said).is_some()
            }
            // A holder may decide as often as it likes.
            LogEvent::Released { .. } | LogEvent::Unknown { .. } => false,
        };
        if doubled {
            self.say(tenant, entry.seq, "says of an inquiry what was said before");
        }
    }

    /// What an asker has of an inquiry, and what its holders have, as far as their logs were `read`.
    fn compare(&mut self, read: &BTreeSet<TenantCode>, settled: Timestamp) {
        for ((asker, inquiry), sides) in &self.inquiries {
            if sides.latest >= settled {
                self.under_way += 1;
                continue;
            }
            let entered = self.entered.get(asker);
            if !read.contains(asker) || entered.is_some_and(|at| sides.is_before(*at)) {
                *self.left.entry(*asker).or_default() += sides.entries;
                continue;
            }
            let mut say = |what: &str| {
                let line = format!("inquiry {inquiry} of {asker}: {what}");
                self.wrong.push(line);
            };
            let beside = if self.whole.contains(asker) {
                sides.beside()
            } else {
                Vec::new()
            };
            for what in &beside {
                say(what);
            }
            let Some((asked_at, _, asked)) = &sides.asked else {
                if sides.entries > 0 && beside.is_empty() {
                    say("answered or concluded, and not asked by it");
                }
                continue;
            };
            for (holder, (_, terms)) in &sides.holders {
                if terms != asked {
                    say(&format!(
                        "basis, purpose or programmes in the log of {holder} are not those in the asker's"
                    ));
                }
            }
            // An inquiry that ended on its way was answered by some, and given to nobody.
            let Some((holders, doses)) = &sides.concluded else {
                continue;
            };
            // Whoever entered since and has no entry has left what it was when it was asked.
            let is_here = |holder: &&TenantCode| {
                let entered = self.entered.get(*holder);
                let was =
                    sides.holders.contains_key(*holder) || entered.is_none_or(|at| at <= asked_at);
                read.contains(*holder) && was
            };
            let (here, left): (Vec<&TenantCode>, Vec<&TenantCode>) =
                holders.iter().partition(is_here);
            let gave = sides.holders.iter().filter(|(_, (doses, _))| *doses > 0);
            let gave: Vec<_> = gave.map(|(holder, _)| holder).collect();
            let sum: u32 = sides.holders.values().map(|(doses, _)| doses).sum();
            let fits = if left.is_empty() {
                sum == *doses
            } else {
                // Each that has left gave one dose at least.
                u64::from(sum) + left.len() as u64 <= u64::from(*doses)
            };
            if gave != here || !fits {
                say("the asker's log and the holders' logs differ");
            }
            for holder in left {
                *self.left.entry(*holder).or_default() += 1;
            }
        }
    }

    fn say(&mut self, tenant: TenantCode, seq: u64, what: &str) {
        self.wrong.push(format!("{tenant}: entry {seq} {what}"));
    }
}

#[cfg(test)]
mod tests;
