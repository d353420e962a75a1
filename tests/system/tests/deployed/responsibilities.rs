//! Who does what: `infra/responsibilities.csv`, held against every problem that is ever answered.

use std::collections::BTreeMap;

const TABLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../infra/responsibilities.csv"
);
const PARTIES: [&str; 4] = ["municipality", "operator", "developer", "cloud"];

/// Rows by the name of their columns.
fn rows() -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(TABLE).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn every_activity_is_somebody_s_and_is_said_in_both_languages() {
    for row in rows() {
        let activity = &row["activity_en"];
        assert!(
            !row["activity_ja"].is_ascii() && activity.is_ascii(),
            "{activity}"
        );
        let mut does = 0;
        for party in PARTIES {
            match row[party].as_str() {
                "does" => does += 1,
                "helps" | "" => {}
                other => panic!("{activity}: {party} {other}"),
            }
        }
        // An incident is reported by whoever sees it; nothing else has two who must do it.
        let allowed = if activity.contains("incidents") { 2 } else { 1 };
        assert_eq!(does, allowed, "{activity}");
    }
}

#[test]
fn every_problem_names_who_must_act_and_the_table_says_that_it_is_theirs() {
    let mut owners: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in rows() {
        for kind in row["problems"].split(' ').filter(|kind| !kind.is_empty()) {
            let before = owners.insert(kind.to_owned(), row.clone());
            assert!(before.is_none(), "{kind} stands twice");
        }
    }
    let check = |kind: String, act: &str, word: &str| {
        let row = owners.get(&kind);
        let row = row.unwrap_or_else(|| panic!("{word}: no activity is about {kind}"));
        assert_eq!(
            row[act], "does",
            "{word}: {} is not for the {act}",
            row["activity_en"]
        );
    };
    for code in api::Code::ALL {
        let act = code.act().as_str();
        check(format!("api/{}/{act}", code.status()), act, code.as_str());
    }
    for code in layouts::ProblemCode::ALL {
        let act = code.who().as_str();
        check(format!("file/{act}"), act, code.as_str());
    }
}
