use domain::{
    Decision, Dose, DoseNumber, DoseState, Finding, FindingCode, Held, LotNumber, Severity,
    ShortText,
};

use super::{day, dose};

const NOTHING: &[FindingCode] = &[];
const DOUBT: &[FindingCode] = &[FindingCode::PreviousMissing];
const REFUSED: &[FindingCode] = &[FindingCode::BeforeBirth];
const BOTH: &[FindingCode] = &[FindingCode::FutureDate, FindingCode::LotUnknown];
const MISREAD: &[FindingCode] = &[FindingCode::SecondAttribute];

/// What holds the number.
#[derive(Clone, Copy, Debug)]
enum Holder {
    Nobody,
    Same(DoseState),
    Other(DoseState),
}

#[test]
fn a_dose_goes_where_its_number_and_the_findings_send_it() {
    use DoseState::{Cancelled, Recorded, Review};
    use Holder::{Nobody, Other, Same};
    let cases = [
        (Nobody, NOTHING, Decision::Record),
        (Nobody, DOUBT, Decision::Review),
        (Nobody, REFUSED, Decision::Refuse),
        (Nobody, BOTH, Decision::Refuse),
        (Nobody, MISREAD, Decision::Refuse),
        (Same(Recorded), NOTHING, Decision::Unchanged),
        (Same(Recorded), DOUBT, Decision::Unchanged),
        // Rules may have become stricter since it was recorded.
        (Same(Recorded), REFUSED, Decision::Unchanged),
        // Who has the coupon only learns nothing.
        (Same(Recorded), MISREAD, Decision::Refuse),
        (Same(Review), DOUBT, Decision::Unchanged),
        (Same(Cancelled), NOTHING, Decision::Record),
        (Same(Cancelled), DOUBT, Decision::Review),
        (Other(Recorded), NOTHING, Decision::Conflict),
        (Other(Recorded), DOUBT, Decision::Conflict),
        (Other(Recorded), REFUSED, Decision::Refuse),
        (Other(Recorded), MISREAD, Decision::Refuse),
        (Other(Review), NOTHING, Decision::Conflict),
        (Other(Cancelled), NOTHING, Decision::Record),
        (Other(Cancelled), DOUBT, Decision::Review),
    ];
    let incoming = dose(2, "2021-07-01", "ファイザー");
    let other = dose(2, "2021-07-02", "ファイザー");
    for (holder, codes, decision) in cases {
        let held = match holder {
            Nobody => None,
            Same(state) => Some(Held {
                dose: &incoming,
                state,
            }),
            Other(state) => Some(Held {
                dose: &other,
                state,
            }),
        };
        let findings: Vec<_> = codes.iter().copied().map(Finding::from).collect();
        let decided = Decision::of(held, &incoming, &findings);
        assert_eq!(decided, decision, "{holder:?} {codes:?}");
    }
}

#[test]
fn a_doubt_is_about_the_same_unless_what_it_is_about_is_corrected() {
    use FindingCode::{
        AgeNotLicensed, IntervalTooShort, LotOfOtherProduct, LotUnknown, NotAfterPrevious,
        NotBeforeNext, PreviousMissing, ProductNotInUse, RemovedBefore,
    };
    let was = dose(2, "2021-07-01", "ファイザー");
    let with = |change: &dyn Fn(&mut Dose)| {
        let mut is = was.clone();
        change(&mut is);
        is
    };
    // What is corrected, and which doubts are about something else then.
    let cases: [(Dose, &[FindingCode]); 5] = [
        (
            with(&|it| it.venue = ShortText::parse("第一会場").ok()),
            &[],
        ),
        (
            with(&|it| it.lot = LotNumber::parse("EP9605").unwrap()),
            &[LotUnknown, LotOfOtherProduct],
        ),
        (
            with(&|it| it.given_on = day("2021-07-02")),
            &[
                PreviousMissing,
                NotAfterPrevious,
                NotBeforeNext,
                IntervalTooShort,
                ProductNotInUse,
                AgeNotLicensed,
                RemovedBefore,
            ],
        ),
        (
            with(&|it| it.product = dose(2, "2021-07-01", "武田/モデルナ").product),
            &[
                IntervalTooShort,
                LotUnknown,
                LotOfOtherProduct,
                ProductNotInUse,
                AgeNotLicensed,
            ],
        ),
        (
            with(&|it| it.number = DoseNumber::new(3).unwrap()),
            &[
                PreviousMissing,
                NotAfterPrevious,
                NotBeforeNext,
                IntervalTooShort,
                AgeNotLicensed,
            ],
        ),
    ];
    let doubts = FindingCode::ALL.into_iter();
    let doubts = doubts.filter(|it| it.severity() == Severity::Doubt && !it.is_of_history());
    for code in doubts {
        for (at, (is, others)) in cases.iter().enumerate() {
            let same = code.is_about_the_same(&was, is);
            assert_eq!(same, !others.contains(&code), "{code} in case {at}");
        }
    }
}

#[test]
fn an_injection_is_the_same_whatever_venue_and_coupon_are_written() {
    let one = dose(2, "2021-07-01", "ファイザー");
    let with = |change: &dyn Fn(&mut Dose)| {
        let mut other = one.clone();
        change(&mut other);
        one.is_same_injection(&other)
    };
    assert!(with(&|it| it.venue = ShortText::parse("第一会場").ok()));
    assert!(with(
        &|it| it.coupon = domain::CouponNumber::parse(b"0000000012").ok()
    ));
    assert!(!with(&|it| it.given_on = day("2021-07-02")));
    assert!(!with(&|it| it.lot = LotNumber::parse("EP9605").unwrap()));
    assert!(!with(&|it| it.number = DoseNumber::FIRST));
    assert!(!with(&|it| *it = dose(2, "2021-07-01", "武田/モデルナ")));
}
