//! What follows, in the model, for the dose behind another.

use domain::{DoseState, FindingCode};
use store::DoseAct;

use super::{
    books::{Books, Revision},
    decide::state_of,
};

/// The state of a correction: doubts that were accepted stay so if what they are about is not corrected.
pub(super) fn corrected(held: &Revision, next: &Revision) -> DoseState {
    let (was, is) = (held.content, next.content);
    let same_day = (was.day, was.day_of) == (is.day, is.day_of);
    let stays = |it: &FindingCode| match it {
        // The model knows of no lots, and of one vaccine.
        FindingCode::LotUnknown | FindingCode::LotOfOtherProduct => false,
        _ => same_day && held.findings.contains(it),
    };
    if held.state == DoseState::Recorded && next.findings.iter().all(stays) {
        DoseState::Recorded
    } else {
        state_of(&next.findings)
    }
}

impl Books {
    /// What is doubtful only for want of what is in force under `number` now, is in force behind it, or says what
    /// is doubtful about it instead; and what stands behind a number that was left is doubtful for want of it.
    pub(super) fn follow(&mut self, person: usize, number: u8, by: &str) {
        let page = &self.pages[person];
        let Some(next) = page.holder(number + 1).cloned() else {
            return;
        };
        match page.last(number).map(|it| it.state) {
            Some(DoseState::Recorded) => self.clear(person, &next, by),
            Some(DoseState::Cancelled) => self.leave_behind(person, &next, by),
            Some(DoseState::Review) | None => {}
        }
    }

    fn clear(&mut self, person: usize, next: &Revision, by: &str) {
        let (number, content) = (next.content.number, next.content);
        let others = self.others(person, number);
        let missing = next.findings.contains(&FindingCode::PreviousMissing);
        if next.state == DoseState::Review && missing {
            let mut findings = self.findings(person, content, &others);
            let taken_back = FindingCode::CancelledBefore;
            findings.extend(next.findings.contains(&taken_back).then_some(taken_back));
            if findings == next.findings {
                return;
            }
            self.pages[person].put(Revision {
                state: state_of(&findings),
                act: DoseAct::Rechecked,
                by: by.to_owned(),
                findings,
                ..*next
            });
            self.follow(person, number, by);
        }
    }

    fn leave_behind(&mut self, person: usize, next: &Revision, by: &str) {
        let doubt = FindingCode::PreviousMissing;
        if next.locked || next.findings.contains(&doubt) {
            return;
        }
        let mut findings = next.findings.clone();
        findings.push(doubt);
        findings.sort_unstable();
        self.pages[person].put(Revision {
            state: DoseState::Review,
            act: DoseAct::Rechecked,
            by: by.to_owned(),
            findings,
            ..*next
        });
    }
}
