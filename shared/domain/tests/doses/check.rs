use domain::{Date, Dose, FindingCode, LotSeen, OtherDose, PersonFacts, Removal, check_dose};

use super::{day, dose};
use FindingCode::{
    AfterProgramme, AgeNotLicensed, BeforeBirth, BeforeNumber, BeforeProgramme, FutureDate,
    IntervalTooShort, LotOfOtherProduct, LotUnknown, NotAfterPrevious, NotBeforeNext,
    NumberAboveProgramme, PreviousMissing, ProductNotInUse, RemovedBefore, UnknownProduct,
    UnknownProgramme,
};

const PFIZER: &str = "ファイザー";
const MODERNA: &str = "武田/モデルナ";
const ASTRAZENECA: &str = "アストラゼネカ";
const NOVAVAX: &str = "武田/ノババックス";
const DAIICHI: &str = "第一三共";
const FOR_FIVE_TO_ELEVEN: &str = "ファイザー（5～11歳用）";
const FOR_INFANTS: &str = "ファイザー（6か月～4歳用）";

/// Long after the programme.
const TODAY: &str = "2026-04-01";

fn born(birth_date: &str) -> PersonFacts {
    PersonFacts {
        birth_date: day(birth_date),
        removal: Removal::No,
    }
}

fn check(dose: &Dose, person: &PersonFacts, others: &[Dose], today: Date) -> Vec<FindingCode> {
    let others: Vec<_> = others.iter().map(OtherDose::of).collect();
    let found = check_dose(dose, Some(person), &others, LotSeen::ThisProduct, today);
    found.into_iter().map(|finding| finding.code).collect()
}

/// What is found about a dose of an adult.
fn check_among(dose: &Dose, others: &[Dose]) -> Vec<FindingCode> {
    check(dose, &born("1950-01-02"), others, day(TODAY))
}

#[test]
fn a_usual_course_of_seven_doses_is_without_a_finding() {
    let course = [
        dose(1, "2021-06-10", PFIZER),
        dose(2, "2021-07-01", PFIZER),
        dose(3, "2022-02-01", MODERNA),
        dose(4, "2022-07-15", PFIZER),
        dose(5, "2022-11-01", PFIZER),
        dose(6, "2023-05-20", MODERNA),
        dose(7, "2023-10-01", PFIZER),
    ];
    for (at, each) in course.iter().enumerate() {
        assert_eq!(check_among(each, &course[..at]), [], "dose {}", each.number);
        // The dose itself among the others says nothing.
        assert_eq!(check_among(each, &course), [], "dose {}", each.number);
    }
}

#[test]
fn the_date_lies_between_the_birth_and_today() {
    let given = |date| dose(1, date, PFIZER);
    let cases = [
        ("2021-06-10", "2021-06-10", vec![]),
        ("2021-06-11", "2021-06-10", vec![FutureDate]),
    ];
    for (date, today, found) in cases {
        let person = born("1950-01-02");
        assert_eq!(
            check(&given(date), &person, &[], day(today)),
            found,
            "{date}"
        );
    }
    let before = check(&given("2021-06-10"), &born("2021-06-11"), &[], day(TODAY));
    assert_eq!(before, [BeforeBirth]);
    // Born that day: possible as a date, not as an age.
    let same = check(&given("2021-06-10"), &born("2021-06-10"), &[], day(TODAY));
    assert_eq!(same, [AgeNotLicensed]);
}

#[test]
fn the_date_lies_within_the_programme_and_not_before_its_number_began() {
    let earlier = |nth: u8| -> Vec<Dose> {
        let days = [
            "2021-02-17",
            "2021-03-17",
            "2021-12-01",
            "2022-05-25",
            "2022-09-20",
            "2023-05-08",
        ];
        let until = usize::from(nth.min(7) - 1);
        (1..)
            .zip(&days[..until])
            .map(|(nth, date)| dose(nth, date, PFIZER))
            .collect()
    };
    let cases = [
        (1, "2021-02-17", vec![]),
        (1, "2021-02-16", vec![BeforeProgramme, BeforeNumber]),
        (1, "2024-03-31", vec![]),
        (1, "2024-04-01", vec![AfterProgramme, ProductNotInUse]),
        (3, "2021-11-30", vec![BeforeNumber]),
        (3, "2021-12-01", vec![]),
        (4, "2022-05-24", vec![BeforeNumber]),
        (4, "2022-05-25", vec![]),
        (5, "2022-09-19", vec![BeforeNumber]),
        (6, "2023-05-07", vec![BeforeNumber]),
        (6, "2023-05-08", vec![]),
        (7, "2023-09-19", vec![BeforeNumber]),
        (7, "2023-09-20", vec![]),
        (8, "2023-12-20", vec![NumberAboveProgramme, PreviousMissing]),
    ];
    for (nth, date, found) in cases {
        let others = earlier(nth);
        let others = if nth == 8 { &[] } else { others.as_slice() };
        // Intervals have their own test.
        let mut seen = check_among(&dose(nth, date, PFIZER), others);
        seen.retain(|code| *code != IntervalTooShort);
        assert_eq!(seen, found, "{nth} on {date}");
    }
}

#[test]
fn what_the_tables_do_not_have_is_refused() {
    let mut unknown = dose(1, "2021-06-10", PFIZER);
    unknown.product = "NOSUCH".parse().unwrap();
    assert_eq!(check_among(&unknown, &[]), [UnknownProduct]);
    unknown.programme = "NOSUCH".parse().unwrap();
    assert_eq!(check_among(&unknown, &[]), [UnknownProgramme]);
}

#[test]
fn the_dose_before_is_there() {
    let third = dose(3, "2022-02-01", PFIZER);
    let first = dose(1, "2021-06-10", PFIZER);
    let second = dose(2, "2021-07-01", PFIZER);
    assert_eq!(check_among(&third, &[]), [PreviousMissing]);
    assert_eq!(
        check_among(&third, std::slice::from_ref(&first)),
        [PreviousMissing]
    );
    assert_eq!(check_among(&third, &[first, second.clone()]), []);
    // That of another programme is not it.
    let mut other = second;
    other.programme = "OTHER".parse().unwrap();
    assert_eq!(check_among(&third, &[other]), [PreviousMissing]);
}

#[test]
fn days_follow_the_numbers() {
    let (first, third) = (dose(1, "2021-06-10", PFIZER), dose(3, "2022-02-01", PFIZER));
    let second = |date| dose(2, date, PFIZER);
    let cases = [
        ("2021-06-09", vec![NotAfterPrevious]),
        ("2021-06-10", vec![NotAfterPrevious]),
        ("2021-06-28", vec![IntervalTooShort]),
        ("2021-06-29", vec![]),
        ("2021-08-01", vec![]),
        ("2021-08-02", vec![IntervalTooShort]),
        ("2022-02-01", vec![NotBeforeNext]),
        ("2022-02-02", vec![NotBeforeNext]),
    ];
    let others = [first, third.clone()];
    for (date, found) in cases {
        assert_eq!(check_among(&second(date), &others), found, "{date}");
    }
    // Not the neighbour alone counts.
    let early = dose(1, "2022-02-01", PFIZER);
    assert_eq!(check_among(&early, &[third]), [NotBeforeNext]);
}

#[test]
fn the_interval_is_that_of_the_number_the_vaccine_and_the_day() {
    let cases = [
        // The second dose, in days.
        ((1, "2021-06-01", PFIZER), (2, PFIZER), "2021-06-20"),
        ((1, "2021-06-01", MODERNA), (2, MODERNA), "2021-06-22"),
        (
            (1, "2021-08-02", ASTRAZENECA),
            (2, ASTRAZENECA),
            "2021-08-30",
        ),
        ((1, "2022-05-25", NOVAVAX), (2, NOVAVAX), "2022-06-15"),
        // Later ones, in months of the calendar, which became fewer.
        ((2, "2021-07-01", PFIZER), (3, PFIZER), "2022-01-01"),
        ((2, "2022-01-10", PFIZER), (3, MODERNA), "2022-06-10"),
        // There is no such day in the later month: it has passed at its end.
        ((2, "2022-08-31", PFIZER), (3, PFIZER), "2022-12-01"),
        ((2, "2021-08-31", PFIZER), (3, PFIZER), "2022-03-01"),
        ((6, "2023-11-30", PFIZER), (7, PFIZER), "2024-03-01"),
        ((6, "2023-11-29", PFIZER), (7, PFIZER), "2024-02-29"),
        ((2, "2022-06-01", NOVAVAX), (3, NOVAVAX), "2022-12-01"),
        ((3, "2022-02-01", PFIZER), (4, PFIZER), "2022-07-01"),
        ((4, "2022-07-21", PFIZER), (5, PFIZER), "2022-10-21"),
        ((5, "2023-02-15", PFIZER), (6, PFIZER), "2023-05-15"),
        ((6, "2023-07-01", PFIZER), (7, MODERNA), "2023-10-01"),
        ((6, "2023-06-20", PFIZER), (7, NOVAVAX), "2023-12-20"),
        ((6, "2023-09-10", PFIZER), (7, DAIICHI), "2023-12-10"),
    ];
    for ((before, date, vaccine), (nth, next), earliest) in cases {
        let others = [dose(before, date, vaccine)];
        let earliest = day(earliest);
        let given_on = |date: Date| dose(nth, &date.to_string(), next);
        assert_eq!(
            check_among(&given_on(earliest), &others),
            [],
            "{nth} on {earliest}"
        );
        let early = check_among(&given_on(earliest.yesterday().unwrap()), &others);
        assert_eq!(early, [IntervalTooShort], "{nth} before {earliest}");
    }
}

#[test]
fn an_interval_is_the_one_that_was_in_force_on_the_day_of_the_later_dose() {
    let others = [dose(2, "2022-06-01", PFIZER)];
    assert_eq!(
        check_among(&dose(3, "2022-10-20", PFIZER), &others),
        [IntervalTooShort]
    );
    assert_eq!(check_among(&dose(3, "2022-10-21", PFIZER), &others), []);
}

#[test]
fn a_lot_is_one_of_those_known_for_the_vaccine() {
    let first = dose(1, "2021-06-10", PFIZER);
    let other = dose(1, "2021-06-10", MODERNA).product;
    let cases = [
        (LotSeen::ThisProduct, vec![]),
        (LotSeen::NotAsked, vec![]),
        (LotSeen::Never, vec![LotUnknown]),
        (LotSeen::OtherProduct(other), vec![LotOfOtherProduct]),
    ];
    for (lot, found) in cases {
        let seen = check_dose(&first, Some(&born("1950-01-02")), &[], lot, day(TODAY));
        let seen: Vec<_> = seen.into_iter().map(|finding| finding.code).collect();
        assert_eq!(seen, found, "{lot:?}");
    }
}

#[test]
fn the_vaccine_was_in_use_on_that_day() {
    let cases = [
        (MODERNA, "2021-05-20", vec![ProductNotInUse]),
        (MODERNA, "2021-05-21", vec![]),
        (ASTRAZENECA, "2022-09-30", vec![]),
        (ASTRAZENECA, "2022-10-01", vec![ProductNotInUse]),
        (NOVAVAX, "2023-12-25", vec![]),
        (NOVAVAX, "2023-12-26", vec![ProductNotInUse]),
        (DAIICHI, "2023-12-03", vec![ProductNotInUse]),
        (DAIICHI, "2023-12-04", vec![]),
    ];
    for (vaccine, date, found) in cases {
        assert_eq!(
            check_among(&dose(1, date, vaccine), &[]),
            found,
            "{vaccine} {date}"
        );
    }
}

#[test]
fn the_vaccine_is_licensed_for_the_age_on_that_day() {
    let cases = [
        // Sixteen at first, twelve from June 2021; an age is reached the day before the birthday.
        (PFIZER, "2005-05-31", "2021-05-30", vec![]),
        (PFIZER, "2005-06-01", "2021-05-30", vec![AgeNotLicensed]),
        (PFIZER, "2009-06-02", "2021-05-31", vec![AgeNotLicensed]),
        (PFIZER, "2009-06-02", "2021-06-01", vec![]),
        (PFIZER, "2009-06-03", "2021-06-01", vec![AgeNotLicensed]),
        (DAIICHI, "2012-01-11", "2024-01-10", vec![]),
        (DAIICHI, "2012-01-12", "2024-01-10", vec![AgeNotLicensed]),
        // Five to eleven.
        (FOR_FIVE_TO_ELEVEN, "2017-03-02", "2022-03-01", vec![]),
        (
            FOR_FIVE_TO_ELEVEN,
            "2017-03-03",
            "2022-03-01",
            vec![AgeNotLicensed],
        ),
        (FOR_FIVE_TO_ELEVEN, "2010-03-03", "2022-03-01", vec![]),
        (
            FOR_FIVE_TO_ELEVEN,
            "2010-03-02",
            "2022-03-01",
            vec![AgeNotLicensed],
        ),
        // Six months to four years.
        (FOR_INFANTS, "2022-05-02", "2022-11-01", vec![]),
        (
            FOR_INFANTS,
            "2022-05-03",
            "2022-11-01",
            vec![AgeNotLicensed],
        ),
        (FOR_INFANTS, "2017-11-03", "2022-11-01", vec![]),
        (
            FOR_INFANTS,
            "2017-11-02",
            "2022-11-01",
            vec![AgeNotLicensed],
        ),
    ];
    for (vaccine, birth_date, date, found) in cases {
        let seen = check(&dose(1, date, vaccine), &born(birth_date), &[], day(TODAY));
        assert_eq!(seen, found, "{vaccine}, born {birth_date}, on {date}");
    }
}

#[test]
fn a_first_series_of_a_childrens_vaccine_goes_by_the_age_at_its_first_dose() {
    // Eleven at the first dose; twelve from 14 March 2022.
    let (child, vaccine) = (born("2010-03-15"), FOR_FIVE_TO_ELEVEN);
    let first = dose(1, "2022-03-01", vaccine);
    let second = dose(2, "2022-03-22", vaccine);
    let at = |dose: &Dose, others: &[Dose]| check(dose, &child, others, day(TODAY));
    assert_eq!(at(&second, std::slice::from_ref(&first)), []);
    assert_eq!(at(&dose(1, "2022-03-22", vaccine), &[]), [AgeNotLicensed]);
    // Of another vaccine before, of no dose before, and after the series: the age on the day.
    let other = [dose(1, "2022-03-01", PFIZER)];
    assert_eq!(at(&second, &other), [AgeNotLicensed]);
    assert_eq!(at(&second, &[]), [PreviousMissing, AgeNotLicensed]);
    let third = dose(3, "2022-10-01", vaccine);
    assert_eq!(at(&third, &[first, second]), [AgeNotLicensed]);

    // Four at the first dose; five from 14 November 2022, before the second and the third.
    let (infant, vaccine) = (born("2017-11-15"), FOR_INFANTS);
    let course = [
        dose(1, "2022-11-01", vaccine),
        dose(2, "2022-11-22", vaccine),
        dose(3, "2023-01-24", vaccine),
    ];
    for (at, each) in course.iter().enumerate() {
        let found = check(each, &infant, &course[..at], day(TODAY));
        assert_eq!(found, [], "dose {}", each.number);
    }
    let late = dose(1, "2022-11-22", vaccine);
    assert_eq!(check(&late, &infant, &[], day(TODAY)), [AgeNotLicensed]);
}

#[test]
fn somebody_who_left_before_that_day_is_doubtful() {
    let first = dose(1, "2021-06-10", PFIZER);
    let cases = [
        (Removal::No, vec![]),
        (Removal::On(day("2021-06-11")), vec![]),
        (Removal::On(day("2021-06-10")), vec![]),
        (Removal::On(day("2021-06-09")), vec![RemovedBefore]),
        (Removal::DayUnknown, vec![RemovedBefore]),
    ];
    for (removal, found) in cases {
        let person = PersonFacts {
            birth_date: day("1950-01-02"),
            removal,
        };
        assert_eq!(check(&first, &person, &[], day(TODAY)), found);
    }
}

#[test]
fn a_dose_that_waits_for_its_person_is_held_against_the_tables_alone() {
    let check = |dose: &Dose| -> Vec<FindingCode> {
        let found = check_dose(dose, None, &[], LotSeen::NotAsked, day("2021-07-01"));
        found.into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(check(&dose(1, "2021-06-10", PFIZER)), []);
    assert_eq!(check(&dose(1, "2021-07-02", PFIZER)), [FutureDate]);
    assert_eq!(
        check(&dose(2, "2021-02-16", MODERNA)),
        [
            BeforeProgramme,
            BeforeNumber,
            PreviousMissing,
            ProductNotInUse
        ]
    );
}

#[test]
fn all_that_is_found_is_listed_once_and_in_order() {
    let wrong = dose(3, "2021-02-16", MODERNA);
    let others = [
        dose(1, "2021-06-10", PFIZER),
        dose(4, "2021-01-01", PFIZER),
        dose(5, "2021-01-01", PFIZER),
    ];
    let person = PersonFacts {
        birth_date: day("2021-03-01"),
        removal: Removal::DayUnknown,
    };
    assert_eq!(
        check(&wrong, &person, &others, day("2021-02-01")),
        [
            FutureDate,
            BeforeBirth,
            BeforeProgramme,
            BeforeNumber,
            PreviousMissing,
            NotAfterPrevious,
            NotBeforeNext,
            ProductNotInUse,
            RemovedBefore
        ]
    );
}
