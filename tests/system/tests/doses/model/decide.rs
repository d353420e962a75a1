//! What the model decides.

use std::collections::BTreeMap;

use domain::{
    Date, DoseState, Finding, FindingCode, LotSeen, OtherDose, PersonFacts, Removal, Severity,
    check_dose,
};
use store::{DoseAct, DoseCounts, Source};

use super::{
    books::{Books, Brought, Change, Content, How, Newcomer, Page, Revision, Said, Waiting, row},
    follow::corrected,
};

pub(super) fn state_of(findings: &[FindingCode]) -> DoseState {
    if findings.is_empty() {
        DoseState::Recorded
    } else {
        DoseState::Review
    }
}

fn refuses(findings: &[FindingCode]) -> bool {
    findings.iter().any(|it| it.severity() == Severity::Refuse)
}

impl Books {
    pub(crate) fn new(persons: usize, registered: usize, today: Date) -> Self {
        let page = |person| Page {
            registered: person < registered,
            ..Page::default()
        };
        Self {
            pages: (0..persons).map(page).collect(),
            once: BTreeMap::new(),
            today,
        }
    }

    pub(super) fn findings(
        &self,
        person: usize,
        content: Content,
        others: &[Content],
    ) -> Vec<FindingCode> {
        let born = domain::parse_date(row(person).cell("生年月日")).unwrap();
        let facts = PersonFacts {
            birth_date: born,
            removal: Removal::No,
        };
        let others: Vec<_> = others
            .iter()
            .map(|it| OtherDose::of(&it.dose(person)))
            .collect();
        let dose = content.dose(person);
        let found = check_dose(&dose, Some(&facts), &others, LotSeen::NotAsked, self.today);
        found.iter().map(|it: &Finding| it.code).collect()
    }

    pub(super) fn others(&self, person: usize, without: u8) -> Vec<Content> {
        let page = &self.pages[person];
        let numbers = page.numbers.keys().filter(|number| **number != without);
        let holders = numbers.filter_map(|number| page.holder(*number));
        holders.map(|it| it.content).collect()
    }

    pub(crate) fn record(&mut self, person: usize, brought: &Brought) -> Said {
        let once = brought.key.clone().map(|key| (brought.by.clone(), key));
        if let Some(once) = &once
            && let Some((who, content, fits, said)) = self.once.get(once)
        {
            let same = (*who, *content, *fits) == (person, brought.content, brought.fits);
            return if same { *said } else { Said::KeyReused };
        }
        let said = if self.pages[person].registered {
            self.record_for(person, brought)
        } else {
            self.wait(person, brought)
        };
        if let Some(once) = once
            && said != Said::Refused
        {
            let remembered = (person, brought.content, brought.fits, said);
            self.once.insert(once, remembered);
        }
        said
    }

    fn record_for(&mut self, person: usize, brought: &Brought) -> Said {
        if let Some(said) = self.dealt_with(person, brought.source) {
            return said;
        }
        if !brought.fits {
            return Said::Refused;
        }
        let content = brought.content;
        let page = &self.pages[person];
        if page
            .holder(content.number)
            .is_some_and(|it| it.content == content)
        {
            let revision = page.revision(content.number);
            // A row of a file looks no further.
            if brought.source == Source::Api {
                self.pages[person].leave_list(content);
            }
            return Said::Unchanged(revision);
        }
        self.take(
            person,
            content,
            DoseAct::Recorded,
            &brought.by,
            brought.source,
        )
    }

    /// A dose that is not what its number has already.
    fn take(
        &mut self,
        person: usize,
        content: Content,
        act: DoseAct,
        by: &str,
        source: Source,
    ) -> Said {
        let others = self.others(person, content.number);
        let mut findings = self.findings(person, content, &others);
        let page = &mut self.pages[person];
        if page.last(content.number).is_some()
            && page.holder(content.number).is_none()
            && page.was_taken_back(content)
        {
            findings.push(FindingCode::CancelledBefore);
        }
        if refuses(&findings) {
            return Said::Refused;
        }
        // The next file says it again.
        if act == DoseAct::Recorded && source != Source::Api && page.was_cancelled(content) {
            return Said::Refused;
        }
        if act == DoseAct::Recorded {
            page.leave_list(content);
        }
        if let Some(holder) = page.holder(content.number) {
            let holder = holder.content;
            page.queue(Newcomer {
                content,
                act,
                by: by.to_owned(),
                source,
                settled: None,
                beside: Some(holder),
                turned_down: false,
            });
            return Said::Conflict;
        }
        if let Some(withdrawn) = page.withdrawn(content) {
            if source != Source::Api && withdrawn.source == source {
                return Said::Waiting;
            }
            if !findings.contains(&FindingCode::CancelledBefore) {
                findings.push(FindingCode::CancelledBefore);
            }
        }
        let state = state_of(&findings);
        let revision = page.put(Revision {
            content,
            state,
            locked: false,
            act,
            by: by.to_owned(),
            source,
            findings,
        });
        self.follow(person, content.number, by);
        match state {
            DoseState::Review => Said::Review(revision),
            DoseState::Recorded | DoseState::Cancelled => Said::Recorded(revision),
        }
    }

    fn dealt_with(&self, person: usize, source: Source) -> Option<Said> {
        if source == Source::Api {
            return None;
        }
        let page = &self.pages[person];
        for all in page.numbers.values() {
            for (revision, it) in (1..).zip(all) {
                if it.source == source {
                    return Some(match (it.act, it.state) {
                        (DoseAct::Attached, _) => Said::Waiting,
                        (_, DoseState::Review) => Said::Review(revision),
                        _ => Said::Recorded(revision),
                    });
                }
            }
        }
        let newcomer = page.newcomers.iter().find(|it| it.source == source)?;
        Some(match newcomer.act {
            DoseAct::Attached => Said::Waiting,
            _ => Said::Conflict,
        })
    }

    fn wait(&mut self, person: usize, brought: &Brought) -> Said {
        let dose = brought.content.dose(person);
        let found = check_dose(&dose, None, &[], LotSeen::NotAsked, self.today);
        if found.iter().any(|it| it.severity() == Severity::Refuse) {
            return Said::Refused;
        }
        let page = &mut self.pages[person];
        let mut known = page.waiting.iter_mut();
        if let Some(known) = known.find(|it| it.content == brought.content) {
            if known.settled && (known.source == Source::Api || known.source != brought.source) {
                return Said::Refused;
            }
            // A row of a file says nothing to compare.
            if brought.source == Source::Api {
                known.fits = brought.fits;
            }
        } else {
            page.waiting.push(Waiting {
                content: brought.content,
                fits: brought.fits,
                by: brought.by.clone(),
                source: brought.source,
                settled: false,
            });
        }
        Said::Waiting
    }

    /// The person comes into the register, and what waits is attached, lowest number first.
    pub(crate) fn register(&mut self, person: usize) {
        self.pages[person].registered = true;
        let mut left = Vec::new();
        let mut waiting = std::mem::take(&mut self.pages[person].waiting);
        // As their names sort: by number, then by content in an order of its own.
        waiting.sort_by_key(|it| it.content.number);
        for it in waiting {
            let page = &self.pages[person];
            let holder = page.holder(it.content.number);
            let unchanged = holder.is_some_and(|holder| holder.content == it.content);
            if it.settled || !it.fits {
                left.push(it);
            } else if !unchanged {
                let said = self.take(person, it.content, DoseAct::Attached, &it.by, it.source);
                if said == Said::Refused {
                    left.push(it);
                }
            }
        }
        self.pages[person].waiting = left;
    }

    /// Puts the next revision, if the one that was seen stands there and is not locked.
    pub(crate) fn change(
        &mut self,
        person: usize,
        number: u8,
        seen: Option<u32>,
        by: &str,
        change: Change,
    ) -> Said {
        let page = &self.pages[person];
        let revision = page.revision(number);
        let Some(held) = page.last(number).cloned().filter(|_| page.registered) else {
            return Said::NotFound;
        };
        let is_what_was_seen = seen.is_none_or(|seen| seen + 1 == revision);
        if is_what_was_seen && change.is_done(&held, by) {
            return Said::Unchanged(revision);
        }
        if seen.is_some_and(|seen| seen != revision) {
            return Said::Stale;
        }
        let is_lock = matches!(change, Change::Lock(_));
        if held.locked && !is_lock {
            return Said::Locked;
        }
        if !held.state.holds_number() {
            return Said::Impossible;
        }
        let mut next = Revision {
            by: by.to_owned(),
            source: Source::Api,
            ..held.clone()
        };
        match change {
            Change::Correct(content) => {
                if content == held.content {
                    return Said::Unchanged(revision);
                }
                let others = self.others(person, number);
                next.findings = self.findings(person, content, &others);
                if refuses(&next.findings) {
                    return Said::Refused;
                }
                next.content = content;
                next.state = corrected(&held, &next);
                next.act = DoseAct::Corrected;
            }
            Change::Accept | Change::Reject if held.state != DoseState::Review => {
                return Said::Impossible;
            }
            Change::Accept => {
                next.state = DoseState::Recorded;
                next.act = DoseAct::Accepted;
            }
            Change::Cancel | Change::Reject => {
                next.state = DoseState::Cancelled;
                next.act = DoseAct::Cancelled;
            }
            Change::Lock(locked) => {
                if held.locked == locked {
                    return Said::Unchanged(revision);
                }
                if held.state != DoseState::Recorded {
                    return Said::Impossible;
                }
                next.locked = locked;
                next.act = if locked {
                    DoseAct::Locked
                } else {
                    DoseAct::Unlocked
                };
            }
        }
        let said = Said::Done(self.pages[person].put(next));
        self.follow(person, number, by);
        said
    }

    /// Settles a newcomer.
    pub(crate) fn settle(&mut self, person: usize, content: Content, by: &str, how: How) -> Said {
        let page = &self.pages[person];
        let Some(at) = page.newcomers.iter().position(|it| it.content == content) else {
            return Said::NotFound;
        };
        if let Some(settled) = page.newcomers[at].settled {
            let elsewhere = match how {
                How::Renumber(to, away) => {
                    let stays = |away| !page.was_moved(content.number, away);
                    !page.was_renumbered(content.at(to)) || away.is_some_and(stays)
                }
                How::Keep | How::Replace => false,
            };
            return if settled == how.settled() && !elsewhere {
                Said::Settled
            } else {
                Said::Impossible
            };
        }
        let number = content.number;
        let holder = page.holder(number).cloned();
        let moves_holder = match how {
            How::Keep | How::Renumber(_, None) => false,
            How::Replace | How::Renumber(_, Some(_)) => true,
        };
        if moves_holder && holder.as_ref().is_some_and(|it| it.locked) {
            return Said::Locked;
        }
        let Some(puts) = self.puts(person, content, holder.as_ref(), how) else {
            return Said::Impossible;
        };
        let Some(revisions) = self.judged(person, &puts, by) else {
            return Said::Refused;
        };
        let page = &mut self.pages[person];
        let mut said = Said::Settled;
        let mut numbers = Vec::new();
        for (is_newcomer, revision) in revisions {
            numbers.push(revision.content.number);
            let written = page.put(revision);
            if is_newcomer {
                said = Said::Done(written);
            }
        }
        let beside = page.holder(number).map(|it| it.content);
        let newcomer = &mut page.newcomers[at];
        newcomer.settled = Some(how.settled());
        newcomer.beside = beside;
        newcomer.turned_down |= how == How::Keep;
        for number in numbers {
            self.follow(person, number, by);
        }
        said
    }

    /// Content, act, and whether it is the newcomer's; a content that is cancelled leaves its number.
    fn puts(
        &self,
        person: usize,
        content: Content,
        holder: Option<&Revision>,
        how: How,
    ) -> Option<Vec<(Content, DoseAct, bool)>> {
        let page = &self.pages[person];
        let free = |number| page.holder(number).is_none();
        match how {
            How::Keep => Some(Vec::new()),
            How::Replace if holder.is_some_and(|it| it.content == content) => Some(Vec::new()),
            How::Replace => Some(vec![(content, DoseAct::Replaced, true)]),
            How::Renumber(to, None) => {
                let put = (content.at(to), DoseAct::Renumbered, true);
                (to != content.number && free(to)).then(|| vec![put])
            }
            How::Renumber(to, Some(away)) => {
                let holder = holder?;
                if away == content.number || away == to || !free(away) {
                    return None;
                }
                let mut puts = vec![
                    (holder.content.at(away), DoseAct::Renumbered, false),
                    (content.at(to), DoseAct::Renumbered, true),
                ];
                if to != content.number {
                    if !free(to) {
                        return None;
                    }
                    puts.push((holder.content, DoseAct::Cancelled, false));
                }
                Some(puts)
            }
        }
    }

    fn judged(
        &self,
        person: usize,
        puts: &[(Content, DoseAct, bool)],
        by: &str,
    ) -> Option<Vec<(bool, Revision)>> {
        let page = &self.pages[person];
        let staying = page.numbers.keys().filter_map(|it| page.holder(*it));
        let is_put = |number| puts.iter().any(|(content, ..)| content.number == number);
        let staying = staying.filter(|it| !is_put(it.content.number));
        let arriving = puts.iter().filter(|it| it.1 != DoseAct::Cancelled);
        let mut all: Vec<_> = staying.map(|it| it.content).collect();
        all.extend(arriving.map(|it| it.0));
        let mut revisions = Vec::new();
        for (content, act, is_newcomer) in puts {
            let (state, findings) = if *act == DoseAct::Cancelled {
                (DoseState::Cancelled, Vec::new())
            } else {
                let findings = self.findings(person, *content, &all);
                (state_of(&findings), findings)
            };
            if refuses(&findings) {
                return None;
            }
            let revision = Revision {
                content: *content,
                state,
                locked: false,
                act: *act,
                by: by.to_owned(),
                source: Source::Api,
                findings,
            };
            revisions.push((*is_newcomer, revision));
        }
        Some(revisions)
    }

    pub(crate) fn withdraw(&mut self, person: usize, content: Content) -> Said {
        let mut waiting = self.pages[person].waiting.iter_mut();
        match waiting.find(|it| it.content == content) {
            None => Said::NotFound,
            Some(it) => {
                it.settled = true;
                Said::Settled
            }
        }
    }

    pub(crate) fn counts(&self) -> DoseCounts {
        let mut all = DoseCounts::default();
        for page in &self.pages {
            let counts = page.counts();
            all.recorded += counts.recorded;
            all.review += counts.review;
            all.cancelled += counts.cancelled;
            all.conflict += counts.conflict;
            all.waiting += counts.waiting;
            all.locked += counts.locked;
        }
        all
    }
}
