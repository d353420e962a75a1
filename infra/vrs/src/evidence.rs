//! Each promise with the test that holds it and that test's last result, ordered by the sections of
//! the assessment that municipalities publish (特定個人情報保護評価書).

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::{Context as _, Result, ensure};
use domain::Date;
use serde::{Deserialize, Serialize};

/// The promises, as data.
pub const PROMISES: &str = include_str!("../../promises.csv");

/// Sections of the assessment's form, in its order.
pub const SECTIONS: [&str; 5] = ["入手", "使用", "委託", "提供・移転", "保管・消去"];

/// One promise.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Promise {
    /// One of [`SECTIONS`].
    pub section: String,
    /// For municipalities.
    pub promise_ja: String,
    /// The same in English.
    pub promise_en: String,
    /// Last part of the name of the test that holds it.
    pub test: String,
}

/// What became of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It held.
    Held,
    /// It did not.
    Broken,
    /// The results do not have it.
    NotRun,
}

/// A promise and what became of it.
#[derive(Debug, Serialize)]
pub struct Proof {
    #[serde(flatten)]
    promise: Promise,
    outcome: Outcome,
}

/// The page.
#[derive(Debug, Serialize)]
pub struct Evidence {
    /// What was tested: a version or a commit.
    pub of: String,
    /// Day of the test run.
    pub on: String,
    /// By section, then as the promises are written down.
    pub proofs: Vec<Proof>,
}

/// Reads the promises.
pub fn promises() -> Result<Vec<Promise>> {
    let mut reader = csv::Reader::from_reader(PROMISES.as_bytes());
    let promises: Vec<Promise> = reader.deserialize().collect::<Result<_, _>>()?;
    for promise in &promises {
        let known = SECTIONS.contains(&promise.section.as_str());
        ensure!(known, "the form has no section {}", promise.section);
    }
    Ok(promises)
}

/// Reads what `cargo test` printed: by the last part of a test's name, whether it held. A test that
/// failed once is broken, however often it held.
fn results(printed: &str) -> BTreeMap<&str, Outcome> {
    let mut results = BTreeMap::new();
    for line in printed.lines() {
        let Some((name, said)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
        else {
            continue;
        };
        let outcome = match said.trim() {
            "ok" => Outcome::Held,
            "FAILED" => Outcome::Broken,
            _ => continue,
        };
        let name = name.rsplit("::").next().unwrap_or(name);
        let kept = results.entry(name).or_insert(outcome);
        if outcome == Outcome::Broken {
            *kept = Outcome::Broken;
        }
    }
    results
}

impl Evidence {
    /// Puts promises and the printed results of `cargo test` together.
    pub fn of(of: String, on: Date, printed: &str) -> Result<Self> {
        let results = results(printed);
        ensure!(
            !results.is_empty(),
            "no result of a test is in it; what `cargo test --workspace` prints is meant"
        );
        let mut proofs: Vec<Proof> = promises()?
            .into_iter()
            .map(|promise| Proof {
                outcome: *results
                    .get(promise.test.as_str())
                    .unwrap_or(&Outcome::NotRun),
                promise,
            })
            .collect();
        let place = |section: &str| SECTIONS.iter().position(|it| *it == section);
        proofs.sort_by_key(|proof| place(&proof.promise.section));
        let on = on.to_string();
        Ok(Self { of, on, proofs })
    }

    /// How many promises held.
    #[must_use]
    pub fn held(&self) -> usize {
        let held = |proof: &&Proof| proof.outcome == Outcome::Held;
        self.proofs.iter().filter(held).count()
    }

    /// One page to attach to an assessment.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut page = format!(
            "# 安全管理措置の証跡 / Evidence\n\n対象 / of: {}　実施日 / on: {}　\
             {} 件中 {} 件を試験で確認 / {} of {} promises held\n",
            self.of,
            self.on,
            self.proofs.len(),
            self.held(),
            self.held(),
            self.proofs.len(),
        );
        for section in SECTIONS {
            let _ = write!(
                page,
                "\n## {section}\n\n| 約束 / promise | 試験 / test | 結果 / result |\n|---|---|---|\n"
            );
            for Proof { promise, outcome } in &self.proofs {
                if promise.section == section {
                    let said = match outcome {
                        Outcome::Held => "成立 / held",
                        Outcome::Broken => "**不成立 / broken**",
                        Outcome::NotRun => "未実施 / not run",
                    };
                    let (ja, en, test) = (&promise.promise_ja, &promise.promise_en, &promise.test);
                    let _ = writeln!(page, "| {ja}<br>{en} | `{test}` | {said} |");
                }
            }
        }
        page
    }

    /// The same for programs.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).context("it cannot be written as JSON")
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn sources(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|it| it == "rs") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_promise_is_held_by_a_test_that_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut text = String::new();
        for folder in ["functions", "shared", "infra", "tests"] {
            sources(&root.join(folder), &mut text);
        }
        for promise in promises().unwrap() {
            assert!(
                text.contains(&format!("fn {}(", promise.test)),
                "{}",
                promise.test
            );
            assert!(!promise.promise_ja.is_ascii(), "{}", promise.test);
        }
    }

    #[test]
    fn a_test_that_failed_or_did_not_run_is_no_proof() {
        let all = promises().unwrap();
        let (first, second) = (&all[0].test, &all[1].test);
        let printed =
            format!("test a::b::{first} ... ok\ntest {second} ... FAILED\ntest x ... ok\n");
        let day = Date::constant(2021, 4, 12);
        let evidence = Evidence::of("v1".to_owned(), day, &printed).unwrap();
        assert_eq!(evidence.held(), 1);
        let outcome = |test: &str| {
            let mut proofs = evidence.proofs.iter();
            proofs.find(|it| it.promise.test == test).unwrap().outcome
        };
        assert_eq!(outcome(first), Outcome::Held);
        assert_eq!(outcome(second), Outcome::Broken);
        assert_eq!(outcome(&all[2].test), Outcome::NotRun);
        assert!(evidence.to_markdown().contains("**不成立 / broken**"));
        assert!(evidence.to_json().unwrap().contains("\"not_run\""));
        assert!(Evidence::of("v1".to_owned(), day, "nothing").is_err());
    }
}
