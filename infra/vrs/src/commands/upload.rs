use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_s3::primitives::ByteStream;
use domain::{FileKind, TenantScope, without_my_numbers};
use indicatif::{ProgressBar, ProgressStyle};
use objects::InboxKey;
use tokio::time::Instant;

use super::token::token;
use crate::cli;
use crate::drop_folder::{DropFolder, Dropped, Receipts};
use crate::http::Api;
use crate::patience::PATIENCE;
use crate::reach::s3_on_this_machine;
use crate::receipt::{Receipt, Rows};

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Where no steps are seen, a large file is at the same point for as long as it loads.
const NO_NEWS: Duration = Duration::from_hours(6);
/// Kinds of refusal and notice that are listed.
const REASONS: usize = 20;

/// Drops the file and follows it. Prints its receipt; fails unless the file came into force or said what
/// is in force already.
pub async fn run(asked: cli::Upload, out: &mut dyn Write) -> Result<()> {
    let cli::Upload {
        file,
        kind,
        tenant,
        s3,
        at,
        aws,
        bucket,
    } = asked;
    let cannot = || {
        let file = file.display().to_string();
        format!("cannot drop {}", without_my_numbers(&file))
    };
    let name = name_of(&file).with_context(cannot)?;
    // What is wrong here is told before anybody is asked.
    InboxKey::for_drop(&TenantScope::for_operator(tenant), kind, name).with_context(cannot)?;
    let body = ByteStream::from_path(&file).await.with_context(cannot)?;
    let bar = ProgressBar::no_length();
    bar.set_style(style("{spinner} {msg}")?);
    let receipt = if aws {
        let folder = DropFolder::on_aws(&bucket, tenant).await?;
        let dropped = folder.put(kind, name, body).await.with_context(cannot)?;
        follow(&folder, &dropped, |receipt| show(&bar, receipt)).await?
    } else {
        let api = Api::new(&at.api)?;
        let api = api.with_token(token(&api, tenant, &["read", "register"]).await?);
        // Whoever does not take part is told before anything is dropped.
        api.get("/uploads?limit=1").await?.ok()?;
        let folder = DropFolder::new(s3_on_this_machine(&s3).await?, &bucket, tenant);
        let dropped = folder.put(kind, name, body).await.with_context(cannot)?;
        follow(&api, &dropped, |receipt| show(&bar, receipt)).await?
    };
    bar.finish_and_clear();

    receipt.print(out, "", REASONS)?;
    for (title, place) in beside(&receipt) {
        writeln!(out, "{title}: s3://{bucket}/{place}")?;
    }
    match receipt.state.as_str() {
        "in_force" | "no_change" => Ok(()),
        "held" => bail!(
            "held until the municipality decides, in the console or by POST {}/uploads/{}/confirm or /discard",
            if aws { "<ApiUrl>" } else { &at.api },
            receipt.id
        ),
        state => bail!("the file ended as {state}; its receipt above says why, and what to do"),
    }
}

/// Files of the municipality that go with the receipt: what each is called, and where in the bucket it lies.
fn beside(receipt: &Receipt) -> Vec<(&'static str, String)> {
    let (code, id) = (&receipt.municipality.code, &receipt.id);
    let mut files = Vec::new();
    if receipt.kind == FileKind::Inquiries.as_str() && receipt.state == "in_force" {
        let answers = format!("outbox/{code}/inquiries/{id}/answers.csv");
        files.push(("結果のファイル", answers));
    }
    if receipt.errors_file {
        let errors = format!("outbox/{code}/uploads/{id}/errors.csv");
        files.push(("エラー一覧", errors));
    }
    files
}

/// The name under which a file is dropped that can be read.
fn name_of(file: &Path) -> Result<&str> {
    let is_file = File::open(file)?.metadata()?.is_file();
    ensure!(is_file, "it is no file; name the CSV itself");
    let name = file.file_name().and_then(OsStr::to_str);
    name.context("its name is not UTF-8: rename it")
}

/// How far a file was, and since when.
struct Progress {
    at: Option<(String, Rows, Option<u64>)>,
    since: Instant,
}

impl Progress {
    /// How long the file has been at the same point.
    fn stands_still(&mut self, receipt: &Receipt, now: Instant) -> Duration {
        let at = Some((receipt.state.clone(), receipt.rows, receipt.under_way));
        if self.at != at {
            (self.at, self.since) = (at, now);
        }
        now.duration_since(self.since)
    }
}

/// Follows a dropped file until nothing happens to it any more, or a person has to decide.
///
/// Fails when the file has stood still for so long that its message would have been tried again, were its
/// function killed; where no steps are seen, only when there is no final receipt for hours.
pub(crate) async fn follow(
    at: &impl Receipts,
    dropped: &Dropped,
    seen: impl FnMut(&Receipt),
) -> Result<Receipt> {
    let receipt = find(at, dropped).await?;
    until_end(at, receipt, seen).await
}

async fn until_end(
    at: &impl Receipts,
    mut receipt: Receipt,
    mut seen: impl FnMut(&Receipt),
) -> Result<Receipt> {
    let mut progress = Progress {
        at: None,
        since: Instant::now(),
    };
    loop {
        seen(&receipt);
        if receipt.ended || receipt.held.is_some() {
            return Ok(receipt);
        }
        let still = progress.stands_still(&receipt, Instant::now());
        let (id, state) = (&receipt.id, &receipt.state);
        if at.sees_steps() && still > PATIENCE {
            bail!(
                "upload {id} has been `{state}` for {} minutes without a step: something fails again and \
                 again, or another file of the municipality comes first and takes long. The log says what; \
                 once it is mended, a message that the queue still holds comes again by itself, and dead \
                 letters are moved back to their queue",
                PATIENCE.as_secs() / 60
            );
        }
        if still > NO_NEWS {
            let code = &receipt.municipality.code;
            bail!(
                "upload {id} has no final receipt yet: it has been `{state}` for six hours, and may still be \
                 loading. Look at outbox/{code}/uploads/{id}/receipt.json in the drop bucket, or ask \
                 GET /uploads/{id}; the file must not be dropped again for that"
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
        receipt = at.read(&receipt.id).await?;
    }
}

/// The receipt of a dropped file, once there is one.
async fn find(at: &impl Receipts, dropped: &Dropped) -> Result<Receipt> {
    let (begun, patience) = (Instant::now(), at.patience());
    while begun.elapsed() < patience {
        if let Some(receipt) = at.find(dropped).await? {
            return Ok(receipt);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!(
        "there is no receipt of the dropped file after {} s; does the municipality take part?",
        patience.as_secs()
    )
}

fn show(bar: &ProgressBar, receipt: &Receipt) {
    let rows = receipt.rows;
    if receipt.state != "checking" && bar.length().is_none() {
        bar.set_length(rows.total);
        if let Ok(style) = style("{bar:40} {human_pos} / {human_len}  {msg}") {
            bar.set_style(style);
        }
    }
    bar.set_message(receipt.state_text.ja.clone());
    bar.set_position(if bar.length().is_some() {
        rows.accounted() + receipt.under_way.unwrap_or_default()
    } else {
        rows.total
    });
}

fn style(template: &str) -> Result<ProgressStyle> {
    Ok(ProgressStyle::with_template(template)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn receipt(state: &str, new: u64) -> Receipt {
        let rows = json!({
            "in": 9, "new": new, "changed": 0, "unchanged": 0, "removed": 0, "recorded": 0,
            "review": 0, "conflict": 0, "waiting": 0, "refused": 0,
        });
        let words = json!({"ja": "", "en": ""});
        let receipt = json!({
            "id": "u", "file": "f", "kind": "residents", "version": "v", "state": state, "state_text": words, "ended": false,
            "municipality": {"code": "131016", "name": "千代田区"}, "rows": rows,
            "refused_by": [], "notices": [], "errors_file": false,
        });
        Receipt::read(&receipt).unwrap()
    }

    #[test]
    fn it_is_said_where_answers_and_errors_lie() {
        let mut receipt = receipt("in_force", 9);
        assert!(beside(&receipt).is_empty());
        receipt.errors_file = true;
        let place = "outbox/131016/uploads/u/errors.csv";
        let errors = ("エラー一覧", place.to_owned());
        assert_eq!(beside(&receipt), std::slice::from_ref(&errors));
        receipt.kind = "inquiries".to_owned();
        let place = "outbox/131016/inquiries/u/answers.csv";
        let answers = ("結果のファイル", place.to_owned());
        assert_eq!(beside(&receipt), [answers, errors.clone()]);
        // They are there once every row was asked.
        receipt.state = "loading".to_owned();
        assert_eq!(beside(&receipt), [errors]);
    }

    #[test]
    fn only_a_file_that_makes_no_step_for_long_stands_still() {
        let begun = Instant::now();
        let mut progress = Progress {
            at: None,
            since: begun,
        };
        let mut after = |minutes: u64, state: &str, new: u64| {
            let now = begun + Duration::from_secs(60 * minutes);
            progress.stands_still(&receipt(state, new), now) > PATIENCE
        };
        assert!(!after(0, "waiting", 0));
        assert!(!after(74, "waiting", 0));
        assert!(!after(76, "loading", 0));
        assert!(!after(150, "loading", 3));
        assert!(!after(225, "loading", 3));
        assert!(after(226, "loading", 3));
    }

    /// The waiting for a file that loads for so long, without a step that is seen.
    struct Loading {
        sees_steps: bool,
        ends: Instant,
        receipt: Receipt,
    }

    impl Receipts for Loading {
        fn patience(&self) -> Duration {
            LOOK_EVERY
        }

        fn sees_steps(&self) -> bool {
            self.sees_steps
        }

        async fn find(&self, _: &Dropped) -> Result<Option<Receipt>> {
            Ok(None)
        }

        async fn read(&self, _: &str) -> Result<Receipt> {
            let mut receipt = self.receipt.clone();
            receipt.ended = Instant::now() >= self.ends;
            Ok(receipt)
        }
    }

    async fn load(hours: u64, sees_steps: bool) -> Result<Receipt> {
        let loading = Loading {
            sees_steps,
            ends: Instant::now() + Duration::from_hours(hours),
            receipt: receipt("loading", 0),
        };
        until_end(&loading, receipt("waiting", 0), |_| ()).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_whose_steps_are_not_seen_loads_for_hours() {
        assert!(load(2, false).await.unwrap().ended);
        let begun = Instant::now();
        let stopped = load(7, false).await.unwrap_err().to_string();
        assert_eq!(begun.elapsed().as_secs() / 3600, 6);
        assert!(stopped.contains("no final receipt yet"), "{stopped}");
        let place = "outbox/131016/uploads/u/receipt.json";
        assert!(stopped.contains(place), "{stopped}");
        assert!(!stopped.contains("dead letters"), "{stopped}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_whose_steps_are_seen_is_given_up_once_its_message_was_tried_again() {
        let begun = Instant::now();
        let stopped = load(2, true).await.unwrap_err().to_string();
        assert_eq!(begun.elapsed().as_secs() / 60, 75);
        assert!(stopped.contains("dead letters"), "{stopped}");
    }
}
