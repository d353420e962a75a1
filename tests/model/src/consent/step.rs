//! What can happen next, and what it changes.

use super::{Asker, Consent, HOLDERS, INQUIRIES, Invocation, Stage, State, Weakening};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A second person approves.
    Approve,
    /// The municipality withdraws it.
    Revoke,
    /// Its time is up.
    Expire,
    /// A municipality sends an inquiry, for the first time or once more.
    Ask(usize),
    /// Weakened only: the asker's entry, after the claim.
    WriteAsked(usize),
    /// The asker invokes a holder.
    Invoke(usize, usize),
    /// The invocation looks at the basis, which lies with the asker.
    Look(usize, usize),
    /// It writes its entry, which lies with the holder: in a call of its own, under the holder's role.
    Write(usize, usize),
    /// The invocation's answer arrives, if anybody waits for it.
    Return(usize, usize),
    /// The asker keeps the answer, marks the basis answered and writes what came of it, in one
    /// transaction.
    Conclude(usize),
    /// The answer is given to the municipality.
    Give(usize),
    /// An asker dies.
    AskerDies(usize),
    /// An invocation dies.
    InvocationDies(usize, usize),
}

pub(super) fn possible(state: &State, actions: &mut Vec<Action>) {
    actions.push(Action::Approve);
    actions.push(Action::Revoke);
    actions.push(Action::Expire);
    for inquiry in 0..INQUIRIES {
        match state.askers[inquiry] {
            Asker::Idle => {
                let first = state.asked[inquiry] == 0 && !state.given[inquiry];
                if first || state.repeats_left > 0 {
                    actions.push(Action::Ask(inquiry));
                }
            }
            Asker::Unwritten => actions.push(Action::WriteAsked(inquiry)),
            Asker::Asking(_) => {
                actions.extend((0..HOLDERS).map(|holder| Action::Invoke(inquiry, holder)));
                actions.push(Action::Conclude(inquiry));
            }
            Asker::Giving => actions.push(Action::Give(inquiry)),
        }
        if state.askers[inquiry] != Asker::Idle && state.crashes_left > 0 {
            actions.push(Action::AskerDies(inquiry));
        }
        for holder in 0..HOLDERS {
            match state.invocations[inquiry][holder] {
                Invocation::None => continue,
                Invocation::Begun => actions.push(Action::Look(inquiry, holder)),
                Invocation::Looked | Invocation::Unwritten => {
                    actions.push(Action::Write(inquiry, holder));
                }
                Invocation::Written => actions.push(Action::Return(inquiry, holder)),
            }
            if state.crashes_left > 0 {
                actions.push(Action::InvocationDies(inquiry, holder));
            }
        }
    }
}

impl Consent {
    pub(super) fn after(&self, before: &State, action: Action) -> State {
        let mut state = *before;
        match action {
            Action::Approve if state.stage == Stage::Draft && !state.expired => {
                state.stage = Stage::Granted;
            }
            Action::Revoke if !matches!(state.stage, Stage::Answered(_)) && !state.expired => {
                state.stage = Stage::Revoked;
            }
            Action::Expire => state.expired = true,
            Action::Ask(inquiry) => self.ask(&mut state, inquiry),
            Action::WriteAsked(inquiry) => {
                state.asked[inquiry] += 1;
                state.askers[inquiry] = Asker::Asking([false; HOLDERS]);
            }
            Action::Invoke(inquiry, holder) => invoke(&mut state, inquiry, holder),
            Action::Look(inquiry, holder) => look(&mut state, inquiry, holder),
            Action::Write(inquiry, holder) => self.write(&mut state, inquiry, holder),
            Action::Return(inquiry, holder) => {
                state.invocations[inquiry][holder] = Invocation::None;
                arrive(&mut state, inquiry, holder);
            }
            Action::Conclude(inquiry) => self.conclude(&mut state, inquiry),
            Action::Give(inquiry) => {
                state.given[inquiry] = true;
                state.askers[inquiry] = Asker::Idle;
            }
            Action::AskerDies(inquiry) => {
                state.crashes_left -= 1;
                state.askers[inquiry] = Asker::Idle;
            }
            Action::InvocationDies(inquiry, holder) => {
                state.crashes_left -= 1;
                state.invocations[inquiry][holder] = Invocation::None;
            }
            Action::Approve | Action::Revoke => {}
        }
        state
    }

    /// The claim and the asker's entry are one transaction; an inquiry that has claimed goes on, and
    /// one that was answered is given what was kept, as long as the basis holds.
    fn ask(&self, state: &mut State, inquiry: usize) {
        let again = state.asked[inquiry] > 0 || state.given[inquiry];
        if again {
            state.repeats_left = state.repeats_left.saturating_sub(1);
        }
        let anyway = self.weakened(Weakening::ClaimWithoutCondition)
            && !matches!(state.stage, Stage::Draft | Stage::Revoked);
        if state.expired {
            return;
        }
        match state.stage {
            Stage::Answered(by) if by == inquiry => state.askers[inquiry] = Asker::Giving,
            Stage::Claimed(by) if by == inquiry => {
                state.askers[inquiry] = Asker::Asking([false; HOLDERS]);
            }
            stage if stage == Stage::Granted || anyway => {
                state.stage = Stage::Claimed(inquiry);
                if self.weakened(Weakening::AskedEntryApart) {
                    state.askers[inquiry] = Asker::Unwritten;
                } else {
                    state.asked[inquiry] += 1;
                    state.askers[inquiry] = Asker::Asking([false; HOLDERS]);
                }
            }
            Stage::Claimed(_) | Stage::Answered(_) => state.turned_away[inquiry] = true,
            Stage::Draft | Stage::Granted | Stage::Revoked => {}
        }
    }

    /// An entry is written once, whoever comes again: it stands under the inquiry's id.
    fn write(&self, state: &mut State, inquiry: usize, holder: usize) {
        let invocation = state.invocations[inquiry][holder];
        if invocation == Invocation::Unwritten {
            state.answered[inquiry][holder] += 1;
            state.invocations[inquiry][holder] = Invocation::None;
        } else if self.weakened(Weakening::AnswerBeforeLog) {
            arrive(state, inquiry, holder);
            state.invocations[inquiry][holder] = Invocation::Unwritten;
        } else {
            state.answered[inquiry][holder] = 1;
            state.invocations[inquiry][holder] = Invocation::Written;
        }
    }

    fn conclude(&self, state: &mut State, inquiry: usize) {
        let all = state.askers[inquiry] == Asker::Asking([true; HOLDERS]);
        let holds = state.holds_for(inquiry);
        if !all || !(holds || self.weakened(Weakening::ConcludeWithoutCondition)) {
            return;
        }
        state.late |= !holds;
        state.stage = Stage::Answered(inquiry);
        state.concluded[inquiry] += 1;
        state.askers[inquiry] = Asker::Giving;
    }
}

fn invoke(state: &mut State, inquiry: usize, holder: usize) {
    let Asker::Asking(has) = state.askers[inquiry] else {
        return;
    };
    if has[holder] || state.invocations[inquiry][holder] != Invocation::None {
        return;
    }
    if state.answered[inquiry][holder] > 0 {
        if state.repeats_left == 0 && state.crashes_left == 0 {
            // Its last answer was lost with an asker; asking again is how it is got.
            state.invocations[inquiry][holder] = Invocation::Begun;
            return;
        }
        state.repeats_left = state.repeats_left.saturating_sub(1);
    }
    state.invocations[inquiry][holder] = Invocation::Begun;
}

fn look(state: &mut State, inquiry: usize, holder: usize) {
    state.invocations[inquiry][holder] = if state.holds_for(inquiry) {
        Invocation::Looked
    } else {
        Invocation::None
    };
}

/// Doses leave the holder; they are lost if nobody waits for them any more.
fn arrive(state: &mut State, inquiry: usize, holder: usize) {
    state.left[inquiry][holder] = true;
    if let Asker::Asking(has) = &mut state.askers[inquiry] {
        has[holder] = true;
    }
}
