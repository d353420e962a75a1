//! The logs of inquiries, checked: numbers without gaps, hashes, that both sides say the same, and that residents are
//! shown it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::{ConsentId, InquiryId, TenantCode, TenantScope};
use jiff::Timestamp;
use store::{LogEntry, LogEvent, Store, StoreError, Terms};

/// Entries in one question to the table.
const PAGE: u32 = 1_000;

const BEHIND: &str = "stand behind the end of the log, which was lost or set back";
const NOT_SHOWN: &str = "is not shown to the resident whom it is about as it stands in the log";

/// What the logs say of one inquiry.
#[derive(Default)]
struct Sides {
    /// On what and what for it was asked, as the asker has it.
    asked: Option<Terms>,
    /// Who gave doses and how many they were, as the asker has it.
    concluded: Option<(Vec<TenantCode>, u32)>,
    /// How many doses each holder gave, and on what terms, as it has it.
    holders: BTreeMap<TenantCode, (u32, Terms)>,
    /// Entries about it.
    entries: u64,
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
    /// Of each municipality that has left: the entries of others that could not be held against its log.
    pub left: BTreeMap<TenantCode, u64>,
    /// An asker names its inquiries; another may use the same name.
    inquiries: BTreeMap<(TenantCode, InquiryId), Sides>,
    /// What each basis was used for; one that is used twice is wrong.
    bases: BTreeMap<(TenantCode, ConsentId), InquiryId>,
}

impl Check {
    /// Reads the logs of these municipalities, all that take part, and holds both sides of each inquiry
    /// against one another, if its last entry is from before `settled`. Who is not among them has left.
    pub async fn of(store: &Store, tenants: &[TenantCode], settled: Timestamp) -> Result<Self> {
        let mut check = Self::default();
        for tenant in tenants {
            match check.read(store, *tenant, settled).await {
                // The others are read all the same.
                Err(StoreError::Damaged { what }) => {
                    let line = format!("{tenant}: the log cannot be read to its beginning: {what}");
                    check.wrong.push(line);
                }
                read => read?,
            }
        }
        let read: BTreeSet<_> = tenants.iter().copied().collect();
        check.compare(&read, settled);
        Ok(check)
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
        self.logs += u64::from(head.next > 1 || behind.is_some());
        Ok(())
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
        sides.latest = sides.latest.max(entry.at);
        let doubled = match &entry.event {
            LogEvent::Asked { consent, terms, .. } => {
                let doubled = sides.asked.replace(terms.clone()).is_some();
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
            if !read.contains(asker) {
                *self.left.entry(*asker).or_default() += sides.entries;
                continue;
            }
            let mut say = |what: &str| {
                let line = format!("inquiry {inquiry} of {asker}: {what}");
                self.wrong.push(line);
            };
            let Some(asked) = &sides.asked else {
                say("answered or concluded, and not asked by it");
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
            let (here, left): (Vec<&TenantCode>, Vec<&TenantCode>) =
                holders.iter().partition(|holder| read.contains(*holder));
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
mod tests {
    use domain::StaffTag;
    use store::HolderOutcome;

    use super::*;

    const SAPPORO: &str = "011002";
    const CHIYODA: &str = "131016";
    const NAGOYA: &str = "231002";

    fn code(text: &str) -> TenantCode {
        TenantCode::parse(text).unwrap()
    }

    fn inquiry() -> InquiryId {
        InquiryId::new(Timestamp::UNIX_EPOCH, [1; 10])
    }

    fn terms() -> Terms {
        Terms {
            basis: "CONSENT".to_owned(),
            purpose: "VACCINATION".to_owned(),
            programmes: "COVID19".to_owned(),
        }
    }

    /// Chiyoda asks.
    fn asked() -> (&'static str, LogEvent) {
        let asked = LogEvent::Asked {
            inquiry: inquiry(),
            consent: ConsentId::new(Timestamp::UNIX_EPOCH, [2; 10]),
            terms: terms(),
            by: StaffTag::from_bytes([3; 16]),
            dropped_by: None,
        };
        (CHIYODA, asked)
    }

    fn concluded(holders: &[&str], doses: u32) -> (&'static str, LogEvent) {
        let concluded = LogEvent::Concluded {
            inquiry: inquiry(),
            holders: holders.iter().map(|it| code(it)).collect(),
            doses,
        };
        (CHIYODA, concluded)
    }

    fn answered(holder: &'static str, doses: u32) -> (&'static str, LogEvent) {
        let outcome = if doses > 0 {
            HolderOutcome::Given
        } else {
            HolderOutcome::NoDoses
        };
        let answered = LogEvent::Answered {
            inquiry: inquiry(),
            asker: code(CHIYODA),
            terms: terms(),
            resident: None,
            outcome,
            doses,
            protected: false,
        };
        (holder, answered)
    }

    /// What is found in the entries of those whose logs are read.
    fn checked<const N: usize>(read: &[&str], entries: [(&str, LogEvent); N]) -> Check {
        let mut check = Check::default();
        for (tenant, event) in entries {
            let entry = LogEntry {
                seq: 1,
                at: Timestamp::UNIX_EPOCH,
                event,
                before: [0; 32],
                hash: [0; 32],
            };
            check.take(code(tenant), &entry);
        }
        let read: BTreeSet<_> = read.iter().map(|it| code(it)).collect();
        check.compare(&read, Timestamp::MAX);
        check
    }

    /// How many things are wrong with them, and who has left.
    fn check<const N: usize>(
        read: &[&str],
        entries: [(&str, LogEvent); N],
    ) -> (usize, BTreeMap<TenantCode, u64>) {
        let check = checked(read, entries);
        (check.wrong.len(), check.left)
    }

    #[test]
    fn both_sides_say_on_what_and_what_for_it_was_asked() {
        let (holder, mut event) = answered(SAPPORO, 2);
        if let LogEvent::Answered { terms, .. } = &mut event {
            terms.programmes = "INFLUENZA".to_owned();
        }
        let entries = [asked(), concluded(&[SAPPORO], 2), (holder, event)];
        let wrong = checked(&[CHIYODA, SAPPORO], entries).wrong;
        let said = format!(
            "inquiry {} of {CHIYODA}: basis, purpose or programmes in the log of {SAPPORO} are not those in the \
             asker's",
            inquiry()
        );
        assert_eq!(wrong, [said]);
    }

    #[test]
    fn both_sides_of_those_who_take_part_say_the_same() {
        let both = [CHIYODA, SAPPORO];
        let none = BTreeMap::new();
        let told = || concluded(&[SAPPORO], 2);
        let sound = check(&both, [asked(), told(), answered(SAPPORO, 2)]);
        assert_eq!(sound, (0, none.clone()));
        let wrong = [
            check(&both, [asked(), told(), answered(SAPPORO, 1)]),
            check(&both, [asked(), told()]),
            check(&both, [answered(SAPPORO, 2)]),
            check(&both, [told(), answered(SAPPORO, 2)]),
        ];
        assert!(wrong.iter().all(|it| *it == (1, none.clone())), "{wrong:?}");
    }

    #[test]
    fn a_basis_is_good_for_one_inquiry() {
        let (asker, mut second) = asked();
        let other = InquiryId::new(Timestamp::UNIX_EPOCH, [9; 10]);
        if let LogEvent::Asked { inquiry, .. } = &mut second {
            *inquiry = other;
        }
        let basis = ConsentId::new(Timestamp::UNIX_EPOCH, [2; 10]);
        let wrong = checked(&[CHIYODA], [(asker, second.clone()), asked()]).wrong;
        let said = format!("{CHIYODA}: entry 1 asks on basis {basis}, as inquiry {other} does");
        assert_eq!(wrong, [said]);
        // Another municipality's may be called the same.
        let both = [(SAPPORO, second), asked()];
        assert_eq!(check(&[CHIYODA, SAPPORO], both), (0, BTreeMap::new()));
    }

    #[test]
    fn nothing_is_held_against_an_asker_that_has_left() {
        let left = BTreeMap::from([(code(CHIYODA), 2)]);
        let entries = [answered(SAPPORO, 2), answered(NAGOYA, 0)];
        assert_eq!(check(&[SAPPORO, NAGOYA], entries), (0, left));
    }

    #[test]
    fn of_holders_that_have_left_the_others_are_still_compared() {
        let left = BTreeMap::from([(code(SAPPORO), 1)]);
        let told = || concluded(&[SAPPORO, NAGOYA], 3);
        let alone = check(&[CHIYODA], [asked(), concluded(&[SAPPORO], 2)]);
        assert_eq!(alone, (0, left.clone()));
        for (doses, wrong) in [(0, 1), (1, 0), (2, 0), (3, 1), (4, 1)] {
            let entries = [asked(), told(), answered(NAGOYA, doses)];
            let found = check(&[CHIYODA, NAGOYA], entries);
            assert_eq!(found, (wrong, left.clone()), "{doses}");
        }
        let silent = check(&[CHIYODA, NAGOYA], [asked(), told()]);
        assert_eq!(silent, (1, left.clone()));
        let entries = [asked(), concluded(&[SAPPORO], 3), answered(NAGOYA, 1)];
        assert_eq!(check(&[CHIYODA, NAGOYA], entries), (1, left));
    }
}
