//! Planted people in doses, exports and files of inquiries.

use std::fmt::Write as _;

use serde_json::{Value, json};
use system::{
    town::{CHIYODA, SAPPORO, Town},
    venue::Venue,
};

use super::{
    people::{PEOPLE, Person},
    places::Place,
};

const DOSES: &str =
    "自治体コード,券番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号\n";
const INQUIRIES: &str = "整理番号,個人番号,生年月日,照会根拠,同意日,同意書番号\n";

async fn take_in(town: &Town, key: &str, file: String) -> Value {
    let dropped = town.drop_at(key, file).await;
    town.stack.idle().await;
    let code = key.split('/').nth(1).unwrap();
    town.receipt(code, &dropped).await
}

/// Files of doses, given by the planted at the planted: recorded, waiting for a coupon, and refused.
pub(crate) async fn dose_files(town: &Town) {
    for code in [CHIYODA, SAPPORO] {
        let row = |person: &Person, nth, lot| {
            let (coupon, venue, physician) = (person.coupon, person.kana, person.name);
            format!("{code},{coupon},{nth},20210601,{venue},{physician},ファイザー,{lot}\n")
        };
        let mut file = DOSES.to_owned();
        for person in &PEOPLE {
            file += &row(person, 1, "EP2163");
        }
        // No number of a dose, and a lot that is none: refused, and doubtful.
        file += &row(&PEOPLE[0], 9, "EP2163");
        file += &row(&PEOPLE[0], 2, PEOPLE[0].name);
        let receipt = take_in(town, &format!("inbox/{code}/doses/given.csv"), file).await;
        let of = |outcome: &str| receipt["rows"][outcome].as_u64().unwrap();
        assert!(of("recorded") + of("review") >= 3, "{receipt:#}");
        assert!(of("waiting") > 0, "{receipt:#}");
        assert_eq!(of("refused"), 1, "{receipt:#}");
    }
}

/// A venue that records doses of everybody, well and badly. Answers that are no success come back.
pub(crate) async fn venue_all(town: &Town) -> Vec<Place> {
    let venue = Venue::of(town, PEOPLE[0].name);
    let mut refused = Vec::new();
    let mut recorded = 0;
    for person in &PEOPLE {
        let line = format!("22{CHIYODA}{}", person.coupon);
        let sound = json!({
            "line": line, "birth_date": person.birth_dates()[0], "given_on": "2021-07-01",
            "product": "ファイザー", "lot": "EP2163", "venue": person.kana, "physician": person.name,
        });
        let mut asks = vec![
            ("/doses/lookup", json!({ "line": line })),
            ("/doses", sound.clone()),
        ];
        for (field, value) in [
            ("birth_date", person.name),
            ("lot", person.name),
            ("product", person.kana),
            ("line", person.my_number),
            ("given_on", person.coupon),
            (person.name, person.number),
        ] {
            let mut wrong = sound.clone();
            wrong[field] = value.into();
            asks.push(("/doses", wrong));
        }
        for (n, (path, body)) in asks.iter().enumerate() {
            // Some tablets make their keys of what they have.
            let key = format!("{}-{n}", person.my_number);
            let headers = [("idempotency-key", key.as_str())];
            let answer = venue.ask("POST", path, &headers, body).await;
            if answer.status < 400 {
                recorded += usize::from(*path == "/doses");
            } else if body.get(person.name).is_none() {
                // An unknown field is named to whoever sent it.
                refused.push(Place::new("an answer", answer.bytes.to_vec()));
            }
        }
    }
    assert!(recorded >= 3, "{recorded} doses were recorded");
    for state in ["review", "conflict", "waiting", "locked"] {
        venue.list(state).await;
    }
    refused
}

/// Exports of either municipality. They hold people, and so may the files.
pub(crate) async fn export_all(town: &Town) {
    for code in [CHIYODA, SAPPORO] {
        let asked = town.post(code, "/exports", Some(&json!({}))).await;
        assert!(asked.status < 300, "{}", asked.json());
        town.stack.idle().await;
        let id = asked.json()["id"].as_str().unwrap().to_owned();
        let export = town.get(code, &format!("/exports/{id}")).await.json();
        assert_eq!(export["state"], "published", "{export:#}");
    }
}

/// A file of inquiries about everybody, two rows of it refused.
pub(crate) async fn inquiry_file(town: &Town) {
    let today = town.today();
    let mut file = INQUIRIES.to_owned();
    let mut row = |reference: &str, number: &str, born: &str, form: &str| {
        writeln!(file, "{reference},{number},{born},CONSENT,{today},{form}").unwrap();
    };
    for (n, person) in PEOPLE.iter().enumerate() {
        let born = &person.birth_dates()[n % 5];
        row(&format!("R-{n}"), person.my_number, born, &format!("G-{n}"));
    }
    let [one, other, ..] = &PEOPLE;
    row("R-8", one.name, other.my_number, "G-8");
    row("R-9", one.my_number, one.kana, other.my_number);
    let settings = |it: &mut domain::TenantSettings| it.max_refused_percent = 50;
    town.set(CHIYODA, settings).await;
    let receipt = take_in(
        town,
        &format!("inbox/{CHIYODA}/inquiries/moved-in.csv"),
        file,
    )
    .await;
    let rows = ["answered", "refused"].map(|name| receipt["rows"][name].as_u64().unwrap());
    assert_eq!(rows, [6, 2], "{receipt:#}");
}
