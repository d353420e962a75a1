use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::token::token;
use crate::cli;
use crate::drop_folder::{DropFolder, Dropped, Receipts};
use crate::http::Api;
use crate::receipt::{Receipt, Rows};
use crate::registry::on_this_machine;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A failing message is tried for about twenty minutes; what stands still for longer has been given up.
const STANDSTILL: Duration = Duration::from_mins(30);
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
    let cannot = || format!("cannot drop {}", file.display());
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .with_context(cannot)?;
    let body = ByteStream::from_path(&file).await.with_context(cannot)?;
    let bar = ProgressBar::no_length();
    bar.set_style(style("{spinner} {msg}")?);
    let receipt = if aws {
        let folder = DropFolder::on_aws(&bucket, tenant).await;
        let dropped = folder.put(kind, name, body).await.with_context(cannot)?;
        follow(&folder, &dropped, |receipt| show(&bar, receipt)).await?
    } else {
        let api = Api::new(&at.api)?;
        let api = api.with_token(token(&api, tenant, &["read", "register"]).await?);
        let folder = DropFolder::new(s3_client(&s3), &bucket, tenant);
        let dropped = folder.put(kind, name, body).await.with_context(cannot)?;
        follow(&api, &dropped, |receipt| show(&bar, receipt)).await?
    };
    bar.finish_and_clear();

    receipt.print(out, "", REASONS)?;
    if receipt.errors_file {
        let errors = format!("outbox/{tenant}/uploads/{}/errors.csv", receipt.id);
        writeln!(out, "エラー一覧: s3://{bucket}/{errors}")?;
    }
    match receipt.state.as_str() {
        "in_force" | "no_change" => Ok(()),
        "held" => bail!(
            "held: POST {}/uploads/{}/confirm or /discard",
            if aws { "<ApiUrl>" } else { &at.api },
            receipt.id
        ),
        state => bail!("the file ended as {state}"),
    }
}

/// S3 of a stack on this machine.
pub(crate) fn s3_client(endpoint: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&on_this_machine(endpoint));
    aws_sdk_s3::Client::from_conf(config.force_path_style(true).build())
}

/// How far a file was, and since when.
struct Progress {
    at: Option<(String, Rows)>,
    since: Instant,
}

impl Progress {
    /// Whether the file has been at the same point for too long.
    fn stands_still(&mut self, receipt: &Receipt, now: Instant) -> bool {
        let at = Some((receipt.state.clone(), receipt.rows));
        if self.at != at {
            (self.at, self.since) = (at, now);
        }
        now.duration_since(self.since) > STANDSTILL
    }
}

/// Follows a dropped file until nothing happens to it any more, or a person has to decide.
///
/// Fails when the file has stood still for so long that its messages lie among the dead letters.
pub(crate) async fn follow(
    at: &impl Receipts,
    dropped: &Dropped,
    mut seen: impl FnMut(&Receipt),
) -> Result<Receipt> {
    let mut receipt = find(at, dropped).await?;
    let mut progress = Progress {
        at: None,
        since: Instant::now(),
    };
    loop {
        seen(&receipt);
        if receipt.ended || receipt.held.is_some() {
            return Ok(receipt);
        }
        if progress.stands_still(&receipt, Instant::now()) {
            let (id, state) = (&receipt.id, &receipt.state);
            bail!(
                "upload {id} has been `{state}` for half an hour without a step: something fails again and \
                 again. The log says what; once it is mended, move the dead letters back to their queue"
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
        rows.accounted()
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
    fn only_a_file_that_makes_no_step_for_long_stands_still() {
        let begun = Instant::now();
        let mut progress = Progress {
            at: None,
            since: begun,
        };
        let mut after = |minutes: u64, state: &str, new: u64| {
            let now = begun + Duration::from_secs(60 * minutes);
            progress.stands_still(&receipt(state, new), now)
        };
        assert!(!after(0, "waiting", 0));
        assert!(!after(29, "waiting", 0));
        assert!(!after(31, "loading", 0));
        assert!(!after(60, "loading", 3));
        assert!(!after(90, "loading", 3));
        assert!(after(91, "loading", 3));
    }
}
