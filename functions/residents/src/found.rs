//! What is answered of residents.

use domain::{CouponNumber, OwnedText, Resident, fold_name};
use serde::Serialize;
use store::{InRegister, Snapshot, Status};

use crate::search::Search;

/// Residents in one answer; who finds more says more of the name.
const MOST: usize = 50;

/// The answer to a search.
#[derive(Serialize)]
pub(crate) struct Found<'a> {
    residents: Vec<Shown<'a>>,
    /// Whether there are others beside those shown.
    more: bool,
    /// The generation of the register in which they were found.
    generation: u64,
}

/// One resident, as staff need to see them.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    id: String,
    number: &'a str,
    name: &'a str,
    kana: Option<&'a str>,
    birth_date: String,
    sex: &'static str,
    coupon: Option<String>,
    my_number_registered: bool,
    /// 支援措置; null when no file has said.
    protected: Option<bool>,
    moved_on: Option<String>,
    reason: Option<&'a str>,
    /// Whether name or kana hold characters outside the standard sets (外字), which this text cannot
    /// show as they are.
    gaiji: bool,
    /// Whether they have left the register; all else is then as it had them last.
    removed: bool,
    /// The generation of the row that is in force.
    since: u64,
}

impl<'a> Found<'a> {
    /// Those of the snapshot who are meant, in the order of their kana, cut to what one answer holds.
    pub(crate) fn of(snapshot: &'a Snapshot, search: &Search) -> Self {
        let mut found: Vec<_> = snapshot
            .residents
            .iter()
            .filter(|found| search.means(&found.resident.resident))
            .collect();
        found.sort_by_cached_key(|found| place(&found.resident.resident));
        Self {
            more: found.len() > MOST,
            residents: found.into_iter().take(MOST).map(Shown::of).collect(),
            generation: snapshot.generation.get(),
        }
    }
}

/// By kana (residents without one last), then by name and number, so that an order is always the same.
fn place(resident: &Resident) -> (bool, Option<String>, String, &str) {
    let kana = resident.kana.as_ref();
    let kana = kana.map(|kana| fold_name(kana.utf8.expose()));
    let name = fold_name(resident.name.utf8.expose());
    (kana.is_none(), kana, name, resident.number.expose())
}

impl<'a> Shown<'a> {
    pub(crate) fn of(found: &'a InRegister) -> Self {
        let removed = found.status == Status::Removed;
        let found = &found.resident;
        let resident = &found.resident;
        let text = |text: &'a OwnedText| text.utf8.expose().as_str();
        let coupon = resident.coupon.map(CouponNumber::expose_digits);
        let name = text(&resident.name);
        let kana = resident.kana.as_ref().map(text);
        Self {
            id: found.tag.to_string(),
            number: resident.number.expose(),
            name,
            kana,
            birth_date: resident.birth_date.to_string(),
            sex: resident.sex.as_str(),
            coupon: coupon.map(|digits| digits.into_iter().map(char::from).collect()),
            my_number_registered: resident.my_number.is_some(),
            protected: resident.protected,
            moved_on: resident.moved_on.map(|date| date.to_string()),
            reason: resident.reason.as_ref().map(text),
            gaiji: name.contains(is_gaiji) || kana.is_some_and(|kana| kana.contains(is_gaiji)),
            removed,
            since: found.since.get(),
        }
    }
}

/// The areas for private use, where characters of a municipality's own making stand.
const fn is_gaiji(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use crypto::ResidentTag;
    use domain::{Date, Generation, Movement, MyNumber, Sex};
    use serde_json::{Value, json};
    use store::ResidentInForce;

    use super::*;
    use crate::search::Search;

    fn resident(number: &str, name: &str, kana: Option<&str>) -> InRegister {
        let resident = ResidentInForce {
            tag: ResidentTag::from_bytes([7; 16]),
            since: Generation::new(2),
            resident: Resident {
                number: number.to_owned().into(),
                coupon: CouponNumber::parse(b"0000000123").ok(),
                my_number: MyNumber::parse(b"983205673214").ok(),
                name: OwnedText::new(name),
                kana: kana.map(OwnedText::new),
                birth_date: Date::constant(1950, 1, 2),
                sex: Sex::Female,
                movement: Movement::Register,
                moved_on: None,
                reason: None,
                protected: Some(true),
            },
        };
        InRegister {
            resident,
            status: Status::Registered,
        }
    }

    fn found(residents: Vec<InRegister>, name: &str) -> Value {
        let on = Date::constant(1950, 1, 2);
        let search = Search::Born {
            on,
            name: fold_name(name).into(),
        };
        let snapshot = Snapshot {
            generation: Generation::new(3),
            residents,
        };
        serde_json::to_value(Found::of(&snapshot, &search)).unwrap()
    }

    #[test]
    fn staff_see_who_it_is_and_never_the_my_number() {
        let shown = found(
            vec![resident("A-77", "山田 花子", Some("ヤマダ ハナコ"))],
            "ヤマタ",
        );
        assert_eq!(shown["residents"], json!([]));
        let shown = found(
            vec![resident("A-77", "山田 花子", Some("ヤマダ ハナコ"))],
            "はなこ",
        );
        assert_eq!(
            shown,
            json!({"generation": 3, "more": false, "residents": [{
                "id": "BwcHBwcHBwcHBwcHBwcHBw", "number": "A-77",
                "name": "山田 花子", "kana": "ヤマダ ハナコ",
                "birth_date": "1950-01-02", "sex": "female", "coupon": "0000000123",
                "my_number_registered": true, "protected": true,
                "moved_on": null, "reason": null, "gaiji": false, "removed": false, "since": 2,
            }]})
        );
        assert!(!shown.to_string().contains("983205673214"));
    }

    #[test]
    fn who_left_the_register_is_shown_as_removed() {
        let left = InRegister {
            status: Status::Removed,
            ..resident("1", "山田", None)
        };
        let shown = found(vec![left], "山");
        assert_eq!(shown["residents"][0]["removed"], true);
    }

    #[test]
    fn a_resident_is_shown_as_the_description_says() {
        let description = include_str!("../../../infra/api.yaml");
        let description: Value = serde_yaml_ng::from_str(description).unwrap();
        let example = &description["components"]["schemas"]["Resident"]["examples"][0];
        let shown = found(vec![resident("1", "山田", None)], "山");
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&shown["residents"][0]), names(example));
    }

    #[test]
    fn characters_that_cannot_be_shown_are_pointed_out() {
        let shown = found(vec![resident("1", "\u{E000}田", None)], "田");
        assert_eq!(shown["residents"][0]["gaiji"], true);
        assert_eq!(shown["residents"][0]["kana"], json!(null));
    }

    #[test]
    fn an_answer_is_ordered_and_says_when_there_are_more() {
        let mut many: Vec<_> = (0..MOST - 2)
            .map(|number| resident(&format!("{number:02}"), "鈴木 一", Some("スズキ ハジメ")))
            .collect();
        many.push(resident("x", "鈴木 子", None));
        many.insert(0, resident("y", "鈴木 愛", Some("すずき あい")));
        many.reverse();
        let shown = found(many.clone(), "鈴木");
        let numbers: Vec<_> = shown["residents"].as_array().unwrap().iter().collect();
        assert_eq!((numbers.len(), &shown["more"]), (MOST, &json!(false)));
        assert_eq!(numbers[0]["number"], "y");
        assert_eq!(numbers[1]["number"], "00");
        assert_eq!(numbers[MOST - 1]["number"], "x");
        many.push(resident("z", "鈴木 子", None));
        let shown = found(many, "鈴木");
        assert_eq!(shown["residents"].as_array().unwrap().len(), MOST);
        assert_eq!(shown["more"], true);
    }
}
