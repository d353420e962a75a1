use domain::{CouponKind, CouponLine, CouponLineError, TenantCode};

use super::number;

#[test]
fn a_line_says_kind_number_municipality_and_coupon() {
    let line = CouponLine::parse("221310161234567890").unwrap();
    assert_eq!(line.kind, CouponKind::Vaccination);
    assert_eq!(line.number, number(2));
    assert_eq!(line.municipality, TenantCode::parse("131016").unwrap());
    assert_eq!(&line.coupon.expose_digits(), b"1234567890");
    assert!(!format!("{line:?}").contains("1234567890"));
    assert_eq!(
        CouponLine::parse_vaccination("221310161234567890"),
        Ok(line)
    );
}

#[test]
fn zeros_in_front_are_part_of_the_line() {
    let line = CouponLine::parse("210110020000000123").unwrap();
    assert_eq!(line.municipality.as_str(), "011002");
    assert_eq!(line.coupon.expose(), 123);
}

#[test]
fn a_coupon_for_an_interview_only_is_read_but_no_dose_is_recorded_from_it() {
    let line = CouponLine::parse("111310161234567890").unwrap();
    assert_eq!(line.kind, CouponKind::InterviewOnly);
    let refused = CouponLine::parse_vaccination("111310161234567890");
    assert_eq!(refused, Err(CouponLineError::InterviewOnly));
}

#[test]
fn what_is_no_coupon_line_says_why() {
    let cases = [
        ("", CouponLineError::Length),
        // A digit lost, and one read twice.
        ("22131016123456789", CouponLineError::Length),
        ("2213101612345678900", CouponLineError::Length),
        ("1234567890", CouponLineError::Length),
        (" 221310161234567890", CouponLineError::Length),
        // As many characters, but not digits.
        (
            "２２１３１０１６１２３４５６７８９０",
            CouponLineError::NotDigits,
        ),
        ("22131016123456789０", CouponLineError::NotDigits),
        ("22131O161234567890", CouponLineError::NotDigits),
        ("22l310161234567890", CouponLineError::NotDigits),
        ("2213101612345 7890", CouponLineError::NotDigits),
        ("22131016-123456789", CouponLineError::NotDigits),
        ("021310161234567890", CouponLineError::Kind),
        ("321310161234567890", CouponLineError::Kind),
        ("921310161234567890", CouponLineError::Kind),
        ("201310161234567890", CouponLineError::DoseNumber),
        ("281310161234567890", CouponLineError::DoseNumber),
        ("291310161234567890", CouponLineError::DoseNumber),
        ("211310171234567890", CouponLineError::CheckDigit),
        // Two digits changed places.
        ("213110161234567890", CouponLineError::CheckDigit),
        // Tokyo itself: a prefecture, true check digit, no municipality.
        ("211300011234567890", CouponLineError::UnknownMunicipality),
    ];
    for (text, error) in cases {
        assert_eq!(CouponLine::parse(text), Err(error), "{text}");
        assert_eq!(CouponLine::parse_vaccination(text), Err(error), "{text}");
    }
}

#[test]
fn every_number_of_the_programme_is_read() {
    for nth in 1..=7 {
        let line = CouponLine::parse(&format!("2{nth}1310161234567890")).unwrap();
        assert_eq!(line.number, number(nth));
    }
}

#[test]
fn one_digit_misread_in_the_municipality_code_never_means_another_municipality() {
    let true_line = "221310161234567890";
    for at in 2..8 {
        for wrong in (b'0'..=b'9').filter(|digit| *digit != true_line.as_bytes()[at]) {
            let mut line = true_line.as_bytes().to_vec();
            line[at] = wrong;
            let read = CouponLine::parse(std::str::from_utf8(&line).unwrap());
            assert!(read.is_err(), "{wrong} at {at}");
        }
    }
}

#[test]
fn each_error_says_what_to_do() {
    for error in CouponLineError::ALL {
        assert!(error.as_str().starts_with("coupon-line-"));
        assert!(error.text_ja().ends_with("ください。"));
    }
}
