//! Planted people go through everything that a stack does. Afterwards every byte of its folder,
//! every log line and every answer that is no success is searched for them, in every form.

mod people;
mod places;
mod records;
mod scan;

use data_encoding::BASE64;
use local::Options;
use serde_json::{Value, json};
use system::{
    file::{Encoding, File, Row},
    log::Log,
    town::{Answer, CHIYODA, SAPPORO, Town},
};
use tempfile::TempDir;
use tracing::level_filters::LevelFilter;

use self::{
    people::{PEOPLE, Person},
    places::{Place, exempt, logs, places},
    scan::{Needle, found, needles},
};

async fn kept() -> (Town, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::with(Options {
        data: Some(folder.path().to_owned()),
        ..Options::default()
    })
    .await;
    (town, folder)
}

/// Files of planted people: one in force with refused rows, one refused whole, one held, in both
/// encodings and with birth dates written in all ways.
async fn drop_all(town: &Town) {
    let [namazue, nueno, latin, kirin, wani, mujina] = &PEOPLE;
    let crowd = |code| (900..930).map(move |number| Row::of(number).with("自治体コード", code));
    let rows = |code, people: &[(&Person, usize)]| {
        let planted = people.iter().map(|(person, date)| person.row(code, *date));
        planted.chain(crowd(code)).collect::<Vec<_>>()
    };
    let take_in = async |code, name, rows: Vec<Row>, encoding| {
        let file = File::new(rows).bytes(encoding);
        town.take_in(code, name, file).await
    };

    let mut first = rows(CHIYODA, &[(namazue, 0), (nueno, 1), (latin, 2)]);
    first.push(kirin.row(CHIYODA, 3).with("性別", "7"));
    let receipt = take_in(CHIYODA, "first.csv", first, Encoding::Utf8).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["refused"], 1, "{receipt:#}");

    let mut second = rows(SAPPORO, &[(namazue, 4), (wani, 3), (mujina, 2)]);
    second.push(nueno.row(SAPPORO, 0).with("個人番号", "1.23457E+11"));
    second.push(latin.row(SAPPORO, 1).with("個人番号", kirin.my_number));
    second.push(kirin.row(SAPPORO, 4).with("券番号", mujina.coupon));
    let receipt = take_in(SAPPORO, "second.csv", second, Encoding::Cp932).await;
    assert_eq!(receipt["state"], "refused", "{receipt:#}");
    let some = rows(SAPPORO, &[(namazue, 4), (wani, 3), (mujina, 0)]);
    let receipt = take_in(SAPPORO, "some.csv", some, Encoding::Cp932).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");

    let mut foreign = rows(CHIYODA, &[(wani, 0)]);
    foreign.push(mujina.row(SAPPORO, 1));
    let receipt = take_in(CHIYODA, "foreign.csv", foreign, Encoding::Utf8Bom).await;
    assert_eq!(receipt["state"], "refused", "{receipt:#}");

    let leave = rows(CHIYODA, &[(namazue, 0), (nueno, 0)]).into_iter();
    let leave = leave.map(|row| row.with("異動区分", "2")).collect();
    let receipt = take_in(CHIYODA, "leave.csv", leave, Encoding::Cp932).await;
    assert_eq!(receipt["state"], "held", "{receipt:#}");
    let changed = rows(CHIYODA, &[(nueno, 1), (latin, 4), (mujina, 3)]);
    let receipt = take_in(CHIYODA, "changed.csv", changed, Encoding::Utf8).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    // What is no file at all, and a file where none is expected.
    let text = PEOPLE.map(|person| person.row(CHIYODA, 0).cell("氏名").to_owned());
    take_in_raw(town, "no.csv", text.join("\r\n").into_bytes()).await;
    town.drop_at("inbox/131016/doses/a.csv", text.concat().into_bytes())
        .await;
    town.stack.idle().await;
}

async fn take_in_raw(town: &Town, name: &str, bytes: Vec<u8>) {
    let receipt = town.take_in(CHIYODA, name, bytes).await;
    assert_eq!(receipt["state"], "refused");
}

/// What staff ask, well and badly. Answers that are no success come back, to be searched.
async fn ask_all(town: &Town) -> Vec<Place> {
    let mut refused = Vec::new();
    let mut hits = 0;
    for person in &PEOPLE {
        let name = person.name;
        let mut asks: Vec<Value> = vec![
            json!({ "number": person.number }),
            json!({ "coupon": person.coupon }),
            json!({ "my_number": person.my_number }),
            json!({ "birth_date": person.my_number, "name": name }),
            json!({ "coupon": person.my_number }),
            json!({ "number": person.number, "coupon": person.coupon }),
            json!({ "number": { "is": person.number } }),
            json!([name]),
        ];
        let dates = person.birth_dates();
        asks.extend(
            dates
                .iter()
                .map(|date| json!({ "birth_date": date, "name": name })),
        );
        for code in [CHIYODA, SAPPORO] {
            for ask in &asks {
                let answer = town.post(code, "/residents/search", Some(ask)).await;
                if answer.status == 200 {
                    hits += answer.json()["residents"].as_array().unwrap().len();
                } else {
                    let text = format!("{:?}", answer.headers);
                    refused.push(Place::new(
                        "an answer",
                        [text.as_bytes(), &answer.bytes].concat(),
                    ));
                }
            }
        }
        // A piece of a file that is tried out is answered to who sent it, and is nowhere else.
        let piece = File::new([person.row(CHIYODA, 0)]).bytes(Encoding::Utf8);
        let piece = json!({ "kind": "residents", "sample": BASE64.encode(&piece) });
        let tried = town.post(CHIYODA, "/settings/dry-run", Some(&piece)).await;
        assert_eq!(tried.status, 200);
        // An unknown name is repeated to whoever named it, and to nobody else.
        let named = json!({ name: person.number });
        let answer = town.post(CHIYODA, "/residents/search", Some(&named)).await;
        assert_eq!(answer.status, 400);
        let query = format!("/uploads?{}=1", person.number);
        assert_eq!(town.get(CHIYODA, &query).await.status, 400);
        // Nobody should; somebody will.
        for path in [
            format!("/residents/{}", person.number),
            format!("/uploads/{}", person.my_number),
            format!("/uploads?after={}", person.coupon),
        ] {
            let answer = town.get(CHIYODA, &path).await;
            assert!(answer.status >= 400, "{path}");
            refused.push(Place::new("an answer", answer.bytes.to_vec()));
        }
    }
    assert!(hits > 20, "people are found: {hits}");
    refused
}

/// The uploads API, to its last route.
async fn decide_all(town: &Town) {
    let uploads = town.uploads(CHIYODA).await;
    assert!(uploads.len() > 4);
    let ticket = json!({ "kind": "residents", "name": "residents_20210401.csv" });
    assert_eq!(
        town.post(CHIYODA, "/uploads", Some(&ticket)).await.status,
        200
    );
    for upload in &uploads {
        let id = upload["id"].as_str().unwrap();
        let path = format!("/uploads/{id}");
        assert_eq!(town.get(CHIYODA, &path).await.status, 200);
        let confirmed = town.post(CHIYODA, &format!("{path}/confirm"), None).await;
        let discarded = town.post(CHIYODA, &format!("{path}/discard"), None).await;
        if upload["state"] == "held" {
            let either = confirmed.status == 200 || discarded.status == 200;
            assert!(either, "{}", confirmed.json());
        }
    }
    town.stack.idle().await;
}

/// Either municipality asks the other about everybody, well and badly. No answer at all says who it
/// is, so all of them are searched.
async fn inquire_all(town: &Town) -> Vec<Place> {
    let mut answers = Vec::new();
    let mut keep = |answer: Answer| {
        let text = format!("{:?}", answer.headers);
        let bytes = [text.as_bytes(), &answer.bytes].concat();
        answers.push(Place::new("an answer", bytes));
        (answer.status, answer.json())
    };
    let mut answered = 0;
    for (n, person) in PEOPLE.iter().enumerate() {
        for code in [CHIYODA, SAPPORO] {
            let who =
                json!({ "my_number": person.my_number, "birth_date": person.birth_dates()[0] });
            let mut basis = json!({
                "basis": "CONSENT", "purpose": "VACCINATION", "programmes": "COVID19",
                "evidence_number": format!("F-{n}"),
                "signed_on": town.today().to_string(), "scan_sha256": "a".repeat(64),
            });
            merge(&mut basis, &who);
            let (status, recorded) = keep(town.post(code, "/consents", Some(&basis)).await);
            assert_eq!(status, 200, "{recorded}");
            let mut ask = json!({ "consent": recorded["id"] });
            for wrong in [
                json!({ "my_number": person.my_number, "birth_date": person.name }),
                json!({ "my_number": person.name, "birth_date": person.birth_dates()[0] }),
                json!({ "my_number": person.my_number, "birth_date": "19990101" }),
                json!({ person.my_number: person.name }),
            ] {
                let mut ask = ask.clone();
                merge(&mut ask, &wrong);
                let (status, _) = keep(town.post(code, "/inquiries", Some(&ask)).await);
                assert!((400..500).contains(&status), "{status}");
            }
            merge(&mut ask, &who);
            let (status, answer) = keep(town.post(code, "/inquiries", Some(&ask)).await);
            assert_eq!(status, 200, "{answer}");
            answered += 1;
            for path in ["/consents", "/inquiries", "/log"] {
                assert_eq!(keep(town.get(code, path).await).0, 200);
            }
            let mut elsewhere = json!({ "evidence_number": person.my_number });
            merge(&mut elsewhere, &who);
            keep(town.post(code, "/consents", Some(&elsewhere)).await);
        }
    }
    assert_eq!(answered, 2 * PEOPLE.len());
    answers
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        into[name] = value.clone();
    }
}

#[tokio::test]
async fn planted_people_are_nowhere_but_in_the_files_they_came_in() {
    let (log, _caught) = Log::catch(LevelFilter::DEBUG);
    let (town, folder) = kept().await;
    drop_all(&town).await;
    let mut searched = ask_all(&town).await;
    decide_all(&town).await;
    records::dose_files(&town).await;
    searched.extend(records::venue_all(&town).await);
    records::export_all(&town).await;
    searched.extend(inquire_all(&town).await);
    records::inquiry_file(&town).await;
    searched.extend(places(&town, folder.path()).await);
    searched.push(logs(&log));
    let bytes: usize = searched.iter().map(|place| place.bytes.len()).sum();
    assert!(bytes > 200_000, "{bytes} bytes are hardly everything");

    let needles = needles(&PEOPLE);
    assert_eq!(found(&needles, &searched), [""; 0]);

    // They are there, where they may be: the search would see them.
    let files = exempt(folder.path());
    for person in &PEOPLE {
        let of = |what: &str| {
            let of = |needle: &&Needle| needle.whose == person.number && needle.what == what;
            let own: Vec<_> = needles.iter().filter(of).cloned().collect();
            found(&own, &files).len()
        };
        for what in [
            "name",
            "kana",
            "my number",
            "coupon",
            "number",
            "birth date",
        ] {
            assert!(of(what) > 0, "{} of {} was dropped", what, person.number);
        }
    }
    let errors = files
        .iter()
        .filter(|place| place.name.contains("errors.csv"));
    assert_eq!(errors.count(), 5, "refused rows are answered as they came");
}

/// Each form, in each place: were it there, it would be found.
#[tokio::test]
async fn a_leak_is_found_in_every_form_and_every_place() {
    let (log, _caught) = Log::catch(LevelFilter::DEBUG);
    let (town, folder) = kept().await;
    let needles = needles(&PEOPLE);
    let forms: std::collections::BTreeSet<_> = needles.iter().map(|needle| needle.form).collect();
    assert!(forms.len() >= 12, "{forms:?}");
    for needle in &needles {
        let place = Place::new("x", [b"before", &needle.bytes[..], b"after"].concat());
        assert_eq!(
            found(std::slice::from_ref(needle), &[place]).len(),
            1,
            "{needle:?}"
        );
    }

    let before = places(&town, folder.path()).await;
    assert_eq!(found(&needles, &before), [""; 0]);
    let [namazue, nueno, latin, kirin, wani, mujina] = &PEOPLE;
    places::leak_into_item(&town, namazue.name).await;
    places::leak_into_key(&town, nueno.my_number).await;
    places::leak_into_bytes(&town, &Encoding::Cp932.encode(latin.kana)).await;
    places::leak_into_queue(&town, kirin.coupon).await;
    places::leak_into_object(&town, "work", "tenants/131016/x", wani.name).await;
    places::leak_into_object(
        &town,
        "work",
        &format!("tenants/131016/{}", mujina.number),
        "",
    )
    .await;
    places::leak_into_object(
        &town,
        "drop",
        "outbox/131016/uploads/x/receipt.json",
        mujina.name,
    )
    .await;
    tracing::info!(target: "uploads", code = namazue.coupon, "a careless line");
    tracing::info!(target: "metrics", rows = nueno.coupon.parse::<u64>().unwrap());

    let mut searched = places(&town, folder.path()).await;
    searched.push(logs(&log));
    let found = found(&needles, &searched);
    for (person, what, place) in [
        (namazue, "name", "the table"),
        (namazue, "name", "dynamodb.sqlite"),
        (nueno, "my number", "the table"),
        (latin, "kana", "the table"),
        (kirin, "coupon", "queues.journal"),
        (wani, "name", ".bytes"),
        (mujina, "number", ".json"),
        (mujina, "number", "object names"),
        (mujina, "name", ".bytes"),
        (namazue, "coupon", "the log"),
        (nueno, "coupon", "the log"),
    ] {
        let seen = found.iter().any(|it| {
            it.starts_with(&format!("{what} of {}", person.number)) && it.contains(place)
        });
        assert!(seen, "{what} of {} in {place}: {found:#?}", person.number);
    }
}
