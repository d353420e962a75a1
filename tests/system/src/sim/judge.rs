//! What became of all files, held against the register as simply as it can be said.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context as _, Result, bail, ensure};
use crypto::TenantKeys;
use domain::{Generation, UploadState};
use receipts::Receipt;
use serde_json::{Value, json};
use store::{Register as Current, Status, Upload};

use super::{Question, Register, Seen, Shown, Sim, register::is_refused};
use crate::town::{CHIYODA, SAPPORO, scope};

/// What a schedule came to, for the sum of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Files that came into force.
    pub in_force: usize,
    /// Files that did not.
    pub not_in_force: usize,
    /// Answers of readers that were held against the register.
    pub readings: usize,
    /// Steps.
    pub steps: usize,
}

impl Verdict {
    /// Adds another.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            in_force: self.in_force + other.in_force,
            not_in_force: self.not_in_force + other.not_in_force,
            readings: self.readings + other.readings,
            steps: self.steps + other.steps,
        }
    }
}

impl Sim {
    /// All uploads of a municipality, by the owner's own hand.
    pub async fn uploads(&self, tenant: &str) -> Vec<Upload> {
        let store = self.adapters().store().unwrap();
        store
            .uploads(&scope(tenant), 100, None)
            .await
            .unwrap()
            .items
    }

    /// Holds everything against the model, once all has come to its end.
    pub async fn judge(&mut self) -> Result<Verdict> {
        let mut verdict = Verdict {
            readings: self.seen.len(),
            ..Verdict::default()
        };
        for tenant in [CHIYODA, SAPPORO] {
            let uploads = self.uploads(tenant).await;
            verdict.in_force += uploads
                .iter()
                .filter(|it| it.state == UploadState::InForce)
                .count();
            verdict.not_in_force += uploads
                .iter()
                .filter(|it| it.state != UploadState::InForce)
                .count();
            self.judge_tenant(tenant, &uploads)
                .await
                .with_context(|| tenant)?;
        }
        verdict.steps = self.told.lock().map_or(0, |told| told.len());
        Ok(verdict)
    }

    async fn judge_tenant(&self, tenant: &'static str, uploads: &[Upload]) -> Result<()> {
        let dropped = self
            .dropped
            .iter()
            .filter(|(file, _)| file.tenant == tenant);
        ensure!(
            uploads.len() == dropped.count(),
            "every dropped file is one upload"
        );
        for upload in uploads {
            self.judge_receipt(tenant, upload).await?;
        }
        let accepted = accepted(uploads)?;
        judge_order(uploads, &accepted)?;

        let mut register = Register::default();
        let mut generations = vec![Vec::new()];
        for upload in &accepted {
            let rows = self.rows_of(upload)?;
            let counts = register.apply(rows);
            ensure!(
                upload.rows == counts,
                "generation {:?}: {:?}, not {counts:?}",
                upload.generation,
                upload.rows
            );
            generations.push(register.in_force().collect());
        }
        let seen = self.seen.iter().filter(|seen| seen.tenant == tenant);
        for seen in seen {
            judge_reading(seen, &generations).with_context(|| format!("{seen:?}"))?;
        }
        let current = self.adapters().store()?.register(&scope(tenant)).await?;
        judge_current(&current, accepted.len(), &register)?;
        self.judge_items(tenant, &register).await
    }

    fn rows_of(&self, upload: &Upload) -> Result<&[crate::file::Row]> {
        let dropped = self
            .dropped
            .iter()
            .find(|(_, dropped)| dropped.key == upload.key && dropped.version == upload.version);
        let (file, _) = dropped.context("an upload of no dropped file")?;
        Ok(&file.rows)
    }

    async fn judge_receipt(&self, tenant: &str, upload: &Upload) -> Result<()> {
        let (scope, id) = (scope(tenant), upload.id);
        ensure!(upload.state.is_final(), "{id} is left {}", upload.state);
        let s3 = self.s3();
        let key = format!("outbox/{tenant}/uploads/{id}/receipt.json");
        let receipt = s3.get_object().bucket("drop").key(key).send().await?;
        let receipt: Value = serde_json::from_slice(&receipt.body.collect().await?.into_bytes())?;
        let expected: Value = serde_json::from_slice(&Receipt::of(&scope, upload).to_json())?;
        for (name, value) in expected.as_object().context("a receipt")? {
            // After a lost answer the receipt may bear the moment of the second try.
            if name == "moved_at" {
                continue;
            }
            let said = &receipt[name];
            ensure!(
                said == value,
                "the receipt of {id} says {name} {said}, not {value}"
            );
        }
        ensure!(
            upload.state == UploadState::Discarded || upload.rows.total() == upload.rows_checked,
            "rows in = rows out: {receipt:#}"
        );
        let rows = self.rows_of(upload)?;
        ensure!(
            upload.rows_checked == rows.len() as u64,
            "every row was checked"
        );
        let refused = rows.iter().filter(|row| is_refused(row)).count() as u64;
        ensure!(
            upload.has_errors == (refused > 0),
            "errors.csv is there when it must"
        );
        Ok(())
    }

    /// One item for each resident who was ever known, none that nobody knows of, and a hint to
    /// everybody in force from their coupon and from their birth date.
    async fn judge_items(&self, tenant: &str, register: &Register) -> Result<()> {
        let (keys, scope) = (self.keys(tenant).await?, scope(tenant));
        let mut items = BTreeSet::new();
        for item in self.items().await? {
            let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            items.insert((text("pk"), text("sk")));
        }
        let ours = |kind: &str| format!("T#{tenant}#{kind}#");
        let residents = items
            .iter()
            .filter(|(pk, _)| pk.starts_with(&ours("R")))
            .count();
        ensure!(
            residents == register.known(),
            "{residents} residents, not {}",
            register.known()
        );
        let in_force: Vec<Shown> = register.in_force().collect();
        for shown in &in_force {
            let tag = keys.resident_tag(&shown.number).to_string();
            let coupon = domain::CouponNumber::parse(shown.coupon.as_bytes())?;
            let coupon = format!("{}{}", ours("C"), keys.coupon_tag(coupon));
            let birth = format!("{}{}", ours("B"), keys.birth_tag(shown.birth_date.parse()?));
            for hint in [coupon, birth] {
                ensure!(
                    items.contains(&(hint, tag.clone())),
                    "no hint leads to {}",
                    shown.number
                );
            }
        }
        let tags: Vec<_> = in_force
            .iter()
            .map(|shown| keys.resident_tag(&shown.number))
            .collect();
        let read = self
            .adapters()
            .store()?
            .residents_by_tag(&scope, &keys, &tags)
            .await?;
        let mut read = read.residents.iter();
        ensure!(
            read.len() == in_force.len() && read.all(|it| it.status == Status::Registered),
            "somebody in force is not found"
        );
        Ok(())
    }

    async fn keys(&self, tenant: &str) -> Result<Arc<TenantKeys>> {
        let (adapters, scope) = (self.adapters(), scope(tenant));
        let state = adapters
            .store()?
            .tenant(&scope)
            .await?
            .context("a tenant")?;
        Ok(state
            .keys(&scope, &adapters.keys(), self.clock.now())
            .await?)
    }

    /// All items of the table.
    pub async fn items(&self) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut after = Value::Null;
        loop {
            let mut asked = json!({ "TableName": "records", "ConsistentRead": true });
            if !after.is_null() {
                asked["ExclusiveStartKey"] = after.take();
            }
            let answer = self
                .services
                .dynamodb
                .call("Scan", asked.to_string().into())
                .await;
            let mut answer: Value = serde_json::from_slice(answer.body())?;
            match answer["Items"].take() {
                Value::Array(some) => items.extend(some),
                _ => bail!("no items: {answer}"),
            }
            after = answer["LastEvaluatedKey"].take();
            if after.is_null() {
                return Ok(items);
            }
        }
    }
}

/// The accepted files by generation, which are 1, 2, 3 and so on.
fn accepted(uploads: &[Upload]) -> Result<Vec<&Upload>> {
    let mut accepted: Vec<&Upload> = uploads
        .iter()
        .filter(|it| it.generation.is_some())
        .collect();
    accepted.sort_by_key(|upload| upload.generation);
    for (number, upload) in (1..).zip(&accepted) {
        ensure!(
            upload.generation == Some(Generation::new(number)),
            "generation {number} is missing"
        );
        ensure!(
            upload.state == UploadState::InForce,
            "generation {number} is {}",
            upload.state
        );
    }
    Ok(accepted)
}

/// Older than what was accepted before, by the rule that files are judged by.
fn is_older(upload: &Upload, than: &[&Upload]) -> bool {
    let as_of = than.iter().filter_map(|it| it.as_of).max();
    match (as_of, upload.as_of) {
        (Some(known), Some(theirs)) if known != theirs => known > theirs,
        _ => than.iter().any(|it| it.dropped_at > upload.dropped_at),
    }
}

/// No file came after a newer one, and none was refused but for a reason.
fn judge_order(uploads: &[Upload], accepted: &[&Upload]) -> Result<()> {
    for place in 0..accepted.len() {
        let (before, upload) = (&accepted[..place], accepted[place]);
        ensure!(
            !is_older(upload, before),
            "generation {} is older than one before it",
            place + 1
        );
    }
    // What says once more what is in force is as new as what is accepted.
    let again = uploads
        .iter()
        .filter(|it| it.state == UploadState::NoChange);
    let again: Vec<_> = again.collect();
    for upload in uploads.iter().filter(|it| it.generation.is_none()) {
        match upload.state {
            UploadState::Refused => {
                let code = upload
                    .refusal
                    .as_ref()
                    .map_or("", |refusal| refusal.code.as_str());
                let before = |end: usize| accepted[..end].iter().copied();
                let mut known = again
                    .iter()
                    .map(std::slice::from_ref)
                    .chain([&[], &again[..]]);
                let stale = known.any(|again| {
                    (1..=accepted.len()).any(|end| {
                        let known: Vec<_> = before(end).chain(again.iter().copied()).collect();
                        is_older(upload, &known)
                    })
                });
                let stale = code == "STALE" && stale;
                ensure!(stale, "refused for {code}");
            }
            UploadState::NoChange => {
                let same = accepted.iter().any(|it| it.sha256 == upload.sha256);
                ensure!(same, "no change to nothing that was ever in force");
            }
            UploadState::Discarded => {}
            other => bail!("an upload without a generation is {other}"),
        }
    }
    Ok(())
}

/// A reader saw exactly one generation, and none older than what had been seen before.
fn judge_reading(seen: &Seen, generations: &[Vec<Shown>]) -> Result<()> {
    let Seen {
        question,
        generation,
        known_before,
        found,
        ..
    } = seen;
    ensure!(
        generation >= known_before,
        "generation {known_before} had been seen before"
    );
    let register = usize::try_from(*generation)
        .ok()
        .and_then(|it| generations.get(it));
    let register = register.context("a generation that never was")?;
    let meant = |shown: &&Shown| match question {
        Question::Born(date) => shown.birth_date.replace('-', "") == **date,
        Question::Coupon(coupon) => shown.coupon == *coupon,
        Question::Number(number) => shown.number == *number,
    };
    let expected: BTreeSet<&Shown> = register.iter().filter(meant).collect();
    ensure!(
        found.len() == expected.len(),
        "{} found, not {}",
        found.len(),
        expected.len()
    );
    let found: BTreeSet<&Shown> = found.iter().collect();
    ensure!(found == expected, "found {found:?}, not {expected:?}");
    Ok(())
}

fn judge_current(current: &Current, accepted: usize, register: &Register) -> Result<()> {
    let newest = Generation::new(accepted as u64);
    ensure!(current.loading.is_none(), "something is left loading");
    ensure!(
        current.issued == newest && current.generation() == newest,
        "{current:?}"
    );
    if let Some(in_force) = &current.in_force {
        ensure!(
            in_force.active == register.in_force().count() as u64,
            "active: {in_force:?}"
        );
        ensure!(
            in_force.entries == register.known() as u64,
            "entries: {in_force:?}"
        );
    }
    Ok(())
}
