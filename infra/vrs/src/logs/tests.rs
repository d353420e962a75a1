//! What is found in entries, and in what stands beside them.

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

/// Chiyoda's inquiry, as it stands beside its log.
fn listed(consent: u8, is_answered: bool) -> Inquiry {
    Inquiry {
        id: inquiry(),
        consent: ConsentId::new(Timestamp::UNIX_EPOCH, [consent; 10]),
        asked_at: Timestamp::UNIX_EPOCH,
        by: StaffTag::from_bytes([3; 16]),
        answered_at: is_answered.then_some(Timestamp::UNIX_EPOCH),
        taken_by: None,
    }
}

/// What is found in the entries of those whose logs are read.
fn checked<const N: usize>(read: &[&str], entries: [(&str, LogEvent); N]) -> Check {
    checked_with(Check::default(), read, entries)
}

/// The same beside what was read before.
fn checked_with<const N: usize>(
    mut check: Check,
    read: &[&str],
    entries: [(&str, LogEvent); N],
) -> Check {
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

/// What is found of Chiyoda's log, beside which this stands.
fn beside<const N: usize>(listed: Option<Inquiry>, entries: [(&str, LogEvent); N]) -> Vec<String> {
    let mut check = Check::default();
    check.whole.insert(code(CHIYODA));
    if let Some(listed) = listed {
        check.take_listed(code(CHIYODA), listed);
    }
    checked_with(check, &[CHIYODA], entries).wrong
}

#[test]
fn a_log_says_what_the_inquiries_beside_it_do() {
    let told = || concluded(&[], 0);
    let none = Vec::<String>::new();
    assert_eq!(beside(Some(listed(2, false)), [asked()]), none);
    assert_eq!(beside(Some(listed(2, true)), [asked(), told()]), none);
    let basis = |consent| ConsentId::new(Timestamp::UNIX_EPOCH, [consent; 10]);
    let said = |what: String| [format!("inquiry {} of {CHIYODA}: {what}", inquiry())];
    let not_said = format!(
        "asked on basis {}, which the asker's log does not say",
        basis(2)
    );
    assert_eq!(beside(Some(listed(2, false)), []), said(not_said.clone()));
    assert_eq!(beside(Some(listed(2, true)), [told()]), said(not_said));
    let gone = "asked by the asker's log, and not among its inquiries";
    assert_eq!(beside(None, [asked(), told()]), said(gone.to_owned()));
    let other = format!(
        "asked on basis {}, on {} by the asker's log",
        basis(4),
        basis(2)
    );
    assert_eq!(beside(Some(listed(4, false)), [asked()]), said(other));
    let cut = "answered, which the asker's log does not say";
    assert_eq!(
        beside(Some(listed(2, true)), [asked()]),
        said(cut.to_owned())
    );
    let back = "concluded by the asker's log, and not answered";
    assert_eq!(
        beside(Some(listed(2, false)), [asked(), told()]),
        said(back.to_owned())
    );
}

#[test]
fn what_stands_beside_a_log_is_not_held_against_one_that_goes_on() {
    let mut check = Check::default();
    check.whole.insert(code(CHIYODA));
    check.take_listed(code(CHIYODA), listed(2, false));
    check.compare(&BTreeSet::from([code(CHIYODA)]), Timestamp::UNIX_EPOCH);
    assert_eq!((check.wrong.len(), check.under_way), (0, 1));
}

/// What is found where one of three entered this long after the beginning of 1970.
fn entered<const N: usize>(
    tenant: &str,
    seconds: i64,
    entries: [(&str, LogEvent); N],
) -> (usize, BTreeMap<TenantCode, u64>) {
    let mut check = Check::default();
    let at = Timestamp::from_second(seconds).unwrap();
    check.entered.insert(code(tenant), at);
    let check = checked_with(check, &[CHIYODA, SAPPORO, NAGOYA], entries);
    (check.wrong.len(), check.left)
}

#[test]
fn nothing_older_is_held_against_an_asker_that_entered_anew() {
    let answers = || [answered(SAPPORO, 2), answered(NAGOYA, 0)];
    let left = BTreeMap::from([(code(CHIYODA), 2)]);
    assert_eq!(entered(CHIYODA, 1, answers()), (0, left));
    // It took part when it was answered, or says itself that it asked.
    assert_eq!(entered(CHIYODA, 0, answers()), (1, BTreeMap::new()));
    let own = [asked(), concluded(&[], 0), answered(SAPPORO, 2)];
    assert_eq!(entered(CHIYODA, 1, own), (1, BTreeMap::new()));
}

#[test]
fn of_holders_that_entered_anew_what_is_older_is_not_asked_for() {
    let left = BTreeMap::from([(code(SAPPORO), 1)]);
    let told = || {
        [
            asked(),
            concluded(&[SAPPORO, NAGOYA], 3),
            answered(NAGOYA, 1),
        ]
    };
    assert_eq!(entered(SAPPORO, 1, told()), (0, left));
    assert_eq!(entered(SAPPORO, 0, told()), (1, BTreeMap::new()));
    // What it says itself is compared.
    let says = [asked(), concluded(&[SAPPORO], 3), answered(SAPPORO, 1)];
    assert_eq!(entered(SAPPORO, 1, says), (1, BTreeMap::new()));
}
