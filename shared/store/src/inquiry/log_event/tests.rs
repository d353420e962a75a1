use jiff::Timestamp;

use super::*;
use crate::LogHead;

fn events() -> [LogEvent; 6] {
    let inquiry = InquiryId::new(Timestamp::UNIX_EPOCH, [1; 10]);
    let terms = Terms {
        basis: "CONSENT".to_owned(),
        purpose: "VACCINATION".to_owned(),
        programmes: "COVID19".to_owned(),
    };
    let asker = TenantCode::parse("131016").unwrap();
    let asked = |dropped_by| LogEvent::Asked {
        inquiry,
        consent: ConsentId::new(Timestamp::UNIX_EPOCH, [2; 10]),
        terms: terms.clone(),
        by: StaffTag::from_bytes([0xAB; 16]),
        dropped_by,
    };
    [
        asked(None),
        asked(Some(StaffTag::from_bytes([0xEF; 16]))),
        LogEvent::Answered {
            inquiry,
            asker,
            terms: terms.clone(),
            resident: Some(ResidentTag::from_bytes([7; 16])),
            outcome: HolderOutcome::Given,
            doses: 2,
            protected: false,
        },
        LogEvent::Concluded {
            inquiry,
            holders: vec![asker],
            doses: 2,
        },
        LogEvent::Released {
            inquiry,
            asker,
            resident: ResidentTag::from_bytes([7; 16]),
            by: StaffTag::from_bytes([0xCD; 16]),
        },
        LogEvent::Answered {
            inquiry,
            asker,
            terms,
            resident: Some(ResidentTag::from_bytes([7; 16])),
            outcome: HolderOutcome::Given,
            doses: 2,
            protected: true,
        },
    ]
}

#[test]
fn events_read_back_from_their_facts() {
    for event in events() {
        let facts = event.facts().into_iter();
        let facts = facts.map(|(name, fact)| (name.to_owned(), fact)).collect();
        assert_eq!(LogEvent::read(&facts), Some(event));
    }
}

#[test]
fn what_cannot_be_read_keeps_its_facts_in_the_order_of_its_hash() {
    for event in events() {
        let facts = event.facts().into_iter();
        let facts: Vec<_> = facts.map(|(name, fact)| (name.to_owned(), fact)).collect();
        let stored: BTreeMap<_, _> = facts.iter().cloned().collect();
        let unknown = LogEvent::unknown(stored.clone());
        assert_eq!(unknown, LogEvent::Unknown { facts });
        assert_eq!(
            (unknown.kind(), unknown.inquiry()),
            ("unknown", event.inquiry())
        );
        let mut spoilt = stored;
        spoilt.insert("more".to_owned(), "x".to_owned());
        spoilt.insert("inquiry".to_owned(), "x".to_owned());
        let spoilt = LogEvent::unknown(spoilt);
        assert_eq!(spoilt.inquiry(), None);
        assert_eq!(spoilt.facts().last(), Some(&("more", "x".to_owned())));
    }
}

/// Hashes that were written down once stay right.
#[test]
fn who_dropped_a_file_is_one_fact_more_and_none_in_an_entry_without() {
    let [asked, by_file, ..] = events();
    let (without, mut with) = (asked.facts(), by_file.facts());
    assert_eq!(with.pop(), Some(("dropped_by", "ef".repeat(16))));
    assert_eq!(with, without);
    let head = LogHead {
        next: 3,
        last: [1; 32],
    };
    // Made by another program, from what api.yaml says of hashes.
    let known = "19296a4874e7ffddca2f9bd0ce0ab14d53609942787b179fced3cd7ce7c0760a";
    let entry = head.entry(asked, Timestamp::UNIX_EPOCH);
    assert_eq!(data_encoding::HEXLOWER.encode(&entry.hash), known);
    // What somebody puts into an entry, or spoils in it, is no entry of before.
    let facts = by_file.facts().into_iter();
    let facts: BTreeMap<_, _> = facts.map(|(name, fact)| (name.to_owned(), fact)).collect();
    assert_eq!(LogEvent::read(&facts), Some(by_file.clone()));
    let mut spoilt = facts;
    spoilt.insert("dropped_by".to_owned(), "anna".to_owned());
    assert_eq!(LogEvent::read(&spoilt), None);
}

#[test]
fn every_fact_number_time_and_predecessor_changes_the_hash() {
    let head = LogHead {
        next: 3,
        last: [1; 32],
    };
    let [asked, by_file, answered, concluded, _, protected] = events();
    let entry = head.entry(asked, Timestamp::UNIX_EPOCH);
    assert_eq!(entry.hash, entry.computed_hash());
    let mut variants = vec![entry.clone(), entry.clone(), entry.clone(), entry.clone()];
    variants[0].seq += 1;
    variants[1].at = Timestamp::from_second(1).unwrap();
    variants[2].before = [2; 32];
    variants[3].event = concluded;
    for event in [by_file, answered.clone()] {
        variants.push(crate::LogEntry {
            event,
            ..entry.clone()
        });
    }
    for variant in variants {
        assert_ne!(variant.computed_hash(), entry.hash);
    }
    let entry = head.entry(protected, Timestamp::UNIX_EPOCH);
    let unprotected = head.entry(answered, Timestamp::UNIX_EPOCH);
    assert_ne!(entry.hash, unprotected.hash);
}

#[test]
fn an_entry_of_before_protection_was_a_fact_has_the_hash_it_had() {
    let [_, _, answered, ..] = events();
    let names: Vec<_> = answered.facts().iter().map(|(name, _)| *name).collect();
    let of_old = [
        "kind",
        "inquiry",
        "asker",
        "basis",
        "purpose",
        "programmes",
        "resident",
        "outcome",
        "doses",
    ];
    assert_eq!(names, of_old);
    let facts = answered.facts().into_iter();
    let mut facts: BTreeMap<_, _> = facts.map(|(name, fact)| (name.to_owned(), fact)).collect();
    facts.insert("protected".to_owned(), "no".to_owned());
    assert_eq!(LogEvent::read(&facts), None, "nobody writes that");
}

#[test]
fn what_may_tell_where_a_protected_person_went_is_known_by_itself() {
    let [asked, _, answered, concluded, released, protected] = events();
    let mut held = answered.clone();
    if let LogEvent::Answered { outcome, .. } = &mut held {
        *outcome = HolderOutcome::Held;
    }
    let unknown = |event: &LogEvent, more: Option<&str>| {
        let facts = event.facts().into_iter();
        let facts = facts.map(|(name, fact)| (name.to_owned(), fact));
        let more = more.map(|name| (name.to_owned(), "x".to_owned()));
        LogEvent::unknown(facts.chain(more).collect())
    };
    for event in [&released, &protected, &held, &unknown(&answered, None)] {
        assert!(event.tells_of_protected(), "{event:?}");
    }
    assert!(unknown(&asked, Some("asker")).tells_of_protected());
    for event in [&answered, &asked, &concluded, &unknown(&asked, None)] {
        assert!(!event.tells_of_protected(), "{event:?}");
    }
}
