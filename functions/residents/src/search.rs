//! What staff search by.

use api::{Code, Fault, Fields, Problem};
use domain::{CouponNumber, Date, Resident, Sensitive, fold_in_key, fold_name, parse_date};

/// Longest 宛名番号 and longest name of a residents file, in characters.
const NUMBER_LIMIT: usize = 40;
const NAME_LIMIT: usize = 100;
/// Room for any form of a date, `令和 3年 4月 1日`, and for blanks around digits.
const SHORT_LIMIT: usize = 30;

/// One of the ways to search.
pub(crate) enum Search {
    /// By birth date and any part of the name or its kana, folded.
    Born { on: Date, name: Sensitive<String> },
    /// By the number of the coupon.
    Coupon(CouponNumber),
    /// By the municipality's own number, as files are read.
    Number(Sensitive<String>),
}

impl Search {
    /// Reads a body that holds exactly one way to search.
    pub(crate) fn read(mut fields: Fields) -> Result<Self, Problem> {
        let birth_date = fields.optional_text("birth_date", SHORT_LIMIT)?;
        let name = fields.optional_text("name", NAME_LIMIT)?;
        let coupon = fields.optional_text("coupon", SHORT_LIMIT)?;
        let number = fields.optional_text("number", NUMBER_LIMIT)?;
        fields.done()?;
        match (birth_date, name, coupon, number) {
            (Some(date), Some(name), None, None) => born(&date, &name),
            (None, None, Some(coupon), None) => by_coupon(&coupon),
            (None, None, None, Some(number)) => by_number(&number),
            _ => Err(Problem::new(Code::SearchCriteria)),
        }
    }

    /// Whether the resident, found by what is looked up, is one of those that are meant.
    pub(crate) fn means(&self, resident: &Resident) -> bool {
        let Self::Born { name, .. } = self else {
            return true;
        };
        let holds = |text: &str| fold_name(text).contains(name.expose().as_str());
        holds(resident.name.utf8.expose())
            || resident
                .kana
                .as_ref()
                .is_some_and(|kana| holds(kana.utf8.expose()))
    }
}

fn born(date: &Sensitive<String>, name: &Sensitive<String>) -> Result<Search, Problem> {
    let on = parse_date(date.expose().trim())
        .map_err(|_| Problem::invalid("birth_date", Fault::Date))?;
    let name = Sensitive::new(fold_name(name.expose()));
    if name.expose().is_empty() {
        return Err(Problem::invalid("name", Fault::Empty));
    }
    Ok(Search::Born { on, name })
}

fn by_coupon(coupon: &Sensitive<String>) -> Result<Search, Problem> {
    let coupon = as_compared(coupon);
    CouponNumber::parse(coupon.expose().as_bytes())
        .map(Search::Coupon)
        .map_err(|_| Problem::invalid("coupon", Fault::CouponNumber))
}

fn by_number(number: &Sensitive<String>) -> Result<Search, Problem> {
    let number = as_compared(number);
    if number.expose().is_empty() {
        return Err(Problem::invalid("number", Fault::Empty));
    }
    Ok(Search::Number(number))
}

/// A number as the layouts compare it: folded, without blanks around it.
fn as_compared(text: &Sensitive<String>) -> Sensitive<String> {
    let folded = text.expose().chars().map(fold_in_key);
    let folded = Sensitive::new(folded.collect::<String>());
    Sensitive::new(folded.expose().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use api::{RawRequest, Request};
    use domain::TenantCode;
    use layouts::ColumnMapping;
    use layouts::residents::{Check, Record, Rules};
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> Result<Search, Problem> {
        let raw = RawRequest {
            body: body.to_string().into(),
            claims: json!({"sub": "u", "tenant": "131016"}).as_object().cloned(),
            ..RawRequest::default()
        };
        Search::read(Request::new(raw)?.fields()?)
    }

    #[test]
    fn there_are_three_ways_to_search() {
        let Ok(Search::Born { on, name }) =
            read(&json!({"birth_date": "S55.4.1", "name": "やまだ ﾀﾛｳ"}))
        else {
            panic!("by birth date and name");
        };
        assert_eq!(
            (on.to_string().as_str(), name.expose().as_str()),
            ("1980-04-01", "ヤマダタロウ")
        );
        let Ok(Search::Coupon(coupon)) = read(&json!({"coupon": " ００００００１２３４"}))
        else {
            panic!("by coupon");
        };
        assert_eq!(coupon.expose(), 1234);
        let Ok(Search::Number(number)) = read(&json!({"number": "Ａ－７７\u{3000}"})) else {
            panic!("by number");
        };
        assert_eq!(number.expose(), "A-77");
    }

    /// Number and coupon as a file's row is read.
    fn in_a_file(number: &str, coupon: &str) -> (String, u64) {
        let rules = Rules {
            tenant: TenantCode::parse("131016").unwrap(),
            today: Date::constant(2021, 4, 12),
            max_bytes: 1_000,
        };
        let file = format!(
            "自治体コード,個別宛名番号,券番号,氏名,生年月日,性別\n131016,{number},{coupon},山,19500102,1\n"
        );
        let mut read = None;
        let mut sink = |record: &Record<'_>| {
            let row = record.row.as_ref().unwrap();
            read = Some((row.number.to_owned(), row.coupon.unwrap().expose()));
        };
        let mut check = Check::new(rules, &ColumnMapping::default());
        check.push(file.as_bytes(), &mut sink).unwrap();
        check.finish(&mut sink).unwrap();
        read.unwrap()
    }

    #[test]
    fn a_search_reads_numbers_as_a_file_does() {
        let cases = [
            ("A-77", "0000001234"),
            ("Ａ－７７", "００００００１２３４"),
            (" A−77\u{3000}", " 0000001234\u{3000}"),
            ("a‐7 7", "0000001234 "),
            ("千代田\u{3000}１～２", "\u{3000}０000001234"),
            ("ｶﾅ！", "0000001234"),
        ];
        for (number, coupon) in cases {
            let (file_number, file_coupon) = in_a_file(number, coupon);
            let Ok(Search::Number(searched)) = read(&json!({"number": number})) else {
                panic!("{number}");
            };
            assert_eq!(*searched.expose(), file_number);
            let Ok(Search::Coupon(searched)) = read(&json!({"coupon": coupon})) else {
                panic!("{coupon}");
            };
            assert_eq!(searched.expose(), file_coupon);
        }
    }

    #[test]
    fn anything_but_exactly_one_way_is_refused() {
        for body in [
            json!({}),
            json!({"name": "山田"}),
            json!({"birth_date": "1980-04-01"}),
            json!({"birth_date": "1980-04-01", "coupon": "0000001234"}),
            json!({"birth_date": "1980-04-01", "name": "山", "number": "1"}),
            json!({"coupon": "0000001234", "number": "1"}),
            json!({"name": null, "birth_date": null, "coupon": null, "number": null}),
        ] {
            let code = read(&body).err().map(|problem| problem.code());
            assert_eq!(code, Some(Code::SearchCriteria), "{body}");
        }
    }

    #[test]
    fn values_that_nobody_can_have_are_refused_by_name() {
        let cases = [
            (
                json!({"birth_date": "1980-02-30", "name": "山"}),
                "birth_date",
                Fault::Date,
            ),
            (
                json!({"birth_date": "yesterday", "name": "山"}),
                "birth_date",
                Fault::Date,
            ),
            (
                json!({"birth_date": "1980-04-01", "name": " \u{3000}・"}),
                "name",
                Fault::Empty,
            ),
            (
                json!({"birth_date": "1980-04-01", "name": ""}),
                "name",
                Fault::Empty,
            ),
            (
                json!({"birth_date": "1980-04-01", "name": "あ".repeat(101)}),
                "name",
                Fault::TooLong,
            ),
            (
                json!({"birth_date": "1980-04-01", "name": ["山"]}),
                "name",
                Fault::NotText,
            ),
            (json!({"coupon": "123"}), "coupon", Fault::CouponNumber),
            (
                json!({"coupon": "983205673214"}),
                "coupon",
                Fault::CouponNumber,
            ),
            (json!({"coupon": 1_234_567_890}), "coupon", Fault::NotText),
            (json!({"number": "  "}), "number", Fault::Empty),
            (json!({"number": "1".repeat(41)}), "number", Fault::TooLong),
            (
                json!({"number": "1\u{0}"}),
                "number",
                Fault::ControlCharacter,
            ),
        ];
        for (body, field, fault) in cases {
            let problem = read(&body).err().unwrap();
            assert_eq!(
                (problem.field(), problem.fault()),
                (Some(field), Some(fault)),
                "{body}"
            );
        }
    }

    #[test]
    fn my_number_is_no_way_to_search() {
        let problem = read(&json!({"my_number": "983205673214"})).err().unwrap();
        assert_eq!(
            (problem.code(), problem.field()),
            (Code::FieldUnknown, Some("my_number"))
        );
    }
}
