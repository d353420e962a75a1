//! What is stored, held against the model.

use std::collections::BTreeSet;

use domain::Dose;
use store::{DoseList, DoseRevision, Listed, PersonDoses};
use system::office::Office;

use super::books::{Books, Page, Revision, row};

/// Whether everything of a person stands as the model has it; says what does not.
pub(crate) async fn person(office: &Office, books: &Books, person: usize) -> Result<(), String> {
    let stored = office.doses(&row(person)).await;
    let page = &books.pages[person];
    revisions(&stored, page, person)?;
    newcomers(&stored, page, person)?;
    let coupon = page_coupon(office, person);
    let store = office.recorder.store();
    let area = office.area();
    let waiting = store.waiting_for(area.scope, area.keys, &coupon).await;
    let waiting = waiting.unwrap();
    let said: BTreeSet<_> = waiting
        .iter()
        .map(|it| (text(&it.dose), it.settled.is_some()))
        .collect();
    let meant = page.waiting.iter();
    let meant: BTreeSet<_> = meant
        .map(|it| (text(&it.content.dose(person)), it.settled))
        .collect();
    same("waiting doses", &said, &meant)
}

fn page_coupon(office: &Office, person: usize) -> crypto::Tag {
    let coupon = domain::CouponNumber::parse(row(person).cell("券番号").as_bytes());
    office.keys.coupon_tag(coupon.unwrap())
}

/// Every revision that ever was, in its place, and no other.
fn revisions(stored: &PersonDoses, page: &Page, person: usize) -> Result<(), String> {
    let all = stored.history.iter().chain(&stored.doses);
    let mut said: Vec<_> = all.map(of_stored).collect();
    said.sort();
    let mut meant = Vec::new();
    for all in page.numbers.values() {
        for (revision, it) in (1..).zip(all) {
            meant.push(of_model(it, revision, person));
        }
    }
    meant.sort();
    same("revisions", &said, &meant)?;
    let current: Vec<_> = stored.doses.iter().map(|it| it.revision).collect();
    let last: Vec<_> = page.numbers.keys().map(|it| page.revision(*it)).collect();
    same("what stands under the numbers", &current, &last)
}

fn newcomers(stored: &PersonDoses, page: &Page, person: usize) -> Result<(), String> {
    let said = stored.newcomers.iter().map(|it| {
        let by = it.entry.by.expose().clone();
        (
            text(&it.dose),
            by,
            it.settled.as_ref().map(|it| it.how.as_str()),
        )
    });
    let meant = page.newcomers.iter().map(|it| {
        let dose = text(&it.content.dose(person));
        (dose, it.by.clone(), it.settled.map(store::Settled::as_str))
    });
    let said: BTreeSet<_> = said.collect();
    let meant: BTreeSet<_> = meant.collect();
    same("newcomers", &said, &meant)
}

/// Counts and lists, read back whole.
pub(crate) async fn counts(office: &Office, books: &Books) -> Result<(), String> {
    same("counts", &office.counts().await, &books.counts())
}

/// Each list names exactly what the model has in it.
pub(crate) async fn lists(office: &Office, books: &Books) -> Result<(), String> {
    let counts = books.counts();
    for (list, count) in [
        (DoseList::Review, counts.review),
        (DoseList::Conflict, counts.conflict),
        (DoseList::Waiting, counts.waiting),
        (DoseList::Locked, counts.locked),
    ] {
        let listed = office.list(list).await;
        let said: BTreeSet<_> = listed.iter().map(listed_text).collect();
        same("a list without doubles", &said.len(), &listed.len())?;
        let mut meant = BTreeSet::new();
        for (person, page) in books.pages.iter().enumerate() {
            meant.extend(in_list(page, list, person));
        }
        same(list.as_str(), &said, &meant)?;
        same("a count", &i64::try_from(listed.len()).unwrap(), &count)?;
    }
    Ok(())
}

fn listed_text(listed: &Listed) -> String {
    match listed {
        Listed::Dose(_, dose) => text(&dose.dose),
        Listed::Newcomer(_, newcomer) => text(&newcomer.dose),
        Listed::Waiting(waiting) => text(&waiting.dose),
    }
}

fn in_list(page: &Page, list: DoseList, person: usize) -> Vec<String> {
    let last = page.numbers.keys().filter_map(|it| page.last(*it));
    let contents: Vec<_> = match list {
        DoseList::Review => last
            .filter(|it| it.state == domain::DoseState::Review)
            .map(|it| it.content)
            .collect(),
        DoseList::Locked => last.filter(|it| it.locked).map(|it| it.content).collect(),
        DoseList::Conflict => page
            .newcomers
            .iter()
            .filter(|it| it.settled.is_none())
            .map(|it| it.content)
            .collect(),
        DoseList::Waiting => page
            .waiting
            .iter()
            .filter(|it| !it.settled)
            .map(|it| it.content)
            .collect(),
    };
    contents.iter().map(|it| text(&it.dose(person))).collect()
}

/// A dose of a made-up person in words that say which one.
fn text(dose: &Dose) -> String {
    let coupon = dose.coupon.map(domain::CouponNumber::expose);
    format!(
        "{:?} {} {} {}",
        coupon, dose.number, dose.given_on, dose.lot
    )
}

fn of_stored(it: &DoseRevision) -> String {
    format!(
        "{} r{} {} {} {} {} {:?} {:?}",
        text(&it.dose),
        it.revision,
        it.state,
        it.locked,
        it.entry.act.as_str(),
        it.entry.by.expose(),
        it.entry.source,
        it.findings,
    )
}

fn of_model(it: &Revision, revision: u32, person: usize) -> String {
    format!(
        "{} r{revision} {} {} {} {} {:?} {:?}",
        text(&it.content.dose(person)),
        it.state,
        it.locked,
        it.act.as_str(),
        it.by,
        it.source,
        it.findings,
    )
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, said: &T, meant: &T) -> Result<(), String> {
    if said == meant {
        Ok(())
    } else {
        Err(format!("{what}:\n stored {said:#?}\n  model {meant:#?}"))
    }
}
