use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use domain::TenantCode;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::token::token;
use crate::cli;
use crate::http::Api;
use crate::receipt::Receipt;
use crate::registry::on_this_machine;

/// The bucket of a running `vrs serve` into which files are dropped.
pub(crate) const DROP_BUCKET: &str = "drop";

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Looks for a dropped file before giving up: a minute.
const LOOKS: u32 = 600;
/// Kinds of refusal and notice that are listed.
const REASONS: usize = 20;

/// An object as it was dropped: which version of which key.
pub(crate) struct Dropped {
    pub(crate) key: String,
    pub(crate) version: String,
}

/// Drops the file and follows it. Prints its receipt; fails unless the file came into force or said what
/// is in force already.
pub async fn run(asked: cli::Upload, out: &mut dyn Write) -> Result<()> {
    let cli::Upload {
        file,
        tenant,
        s3,
        at,
    } = asked;
    let api = Api::new(&at.api)?;
    let api = api.with_token(token(&api, tenant, &["read", "register"]).await?);
    let config = aws_sdk_s3::config::Builder::from(&on_this_machine(&s3)).force_path_style(true);
    let s3 = aws_sdk_s3::Client::from_conf(config.build());
    let dropped = drop_file(&s3, tenant, &file).await?;

    let bar = ProgressBar::no_length();
    bar.set_style(style("{spinner} {msg}")?);
    let receipt = follow(&api, &dropped, |receipt| show(&bar, receipt)).await?;
    bar.finish_and_clear();

    receipt.print(out, "", REASONS)?;
    if receipt.errors_file {
        let errors = format!("outbox/{tenant}/uploads/{}/errors.csv", receipt.id);
        writeln!(out, "エラー一覧: s3://{DROP_BUCKET}/{errors}")?;
    }
    match receipt.state.as_str() {
        "in_force" | "no_change" => Ok(()),
        "held" => bail!(
            "held: POST {}/uploads/{}/confirm or /discard",
            at.api,
            receipt.id
        ),
        state => bail!("the file ended as {state}"),
    }
}

/// Puts the file into the municipality's inbox under its own name.
async fn drop_file(s3: &aws_sdk_s3::Client, tenant: TenantCode, file: &Path) -> Result<Dropped> {
    let cannot = || format!("cannot drop {}", file.display());
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .with_context(cannot)?;
    let key = format!("inbox/{tenant}/residents/{name}");
    let body = ByteStream::from_path(file).await.with_context(cannot)?;
    let put = s3
        .put_object()
        .bucket(DROP_BUCKET)
        .key(&key)
        .body(body)
        .send();
    let answer = put.await.with_context(cannot)?;
    let version = answer
        .version_id()
        .context("the bucket keeps no versions")?
        .to_owned();
    Ok(Dropped { key, version })
}

/// Follows a dropped file until nothing happens to it any more, or a person has to decide.
pub(crate) async fn follow(
    api: &Api,
    dropped: &Dropped,
    mut seen: impl FnMut(&Receipt),
) -> Result<Receipt> {
    let id = find(api, dropped).await?;
    let path = format!("/uploads/{id}");
    loop {
        let receipt = Receipt::read(&api.get(&path).await?.ok()?)?;
        seen(&receipt);
        if receipt.ended || receipt.held.is_some() {
            return Ok(receipt);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The id under which a dropped file is known, once it is.
async fn find(api: &Api, Dropped { key, version }: &Dropped) -> Result<String> {
    for _ in 0..LOOKS {
        let list = api.get("/uploads").await?.ok()?;
        let uploads = list.get("uploads").and_then(Value::as_array);
        let ours = uploads.into_iter().flatten().find(|upload| {
            upload.get("key").is_some_and(|it| it == key.as_str())
                && upload
                    .get("version")
                    .is_some_and(|it| it == version.as_str())
        });
        if let Some(id) = ours
            .and_then(|upload| upload.get("id"))
            .and_then(Value::as_str)
        {
            return Ok(id.to_owned());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("the dropped file did not show up for a minute; does the municipality take part?")
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
