use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use domain::{FileKind, TenantCode};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::token::token;
use crate::cli;
use crate::http::Api;
use crate::receipt::Receipt;
use crate::registry::on_this_machine;

/// The bucket of a running `vrs serve` into which files are dropped.
pub(crate) const DROP_BUCKET: &str = "drop";

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Looks for a dropped file before giving up: a minute.
const LOOKS: u32 = 300;
/// Kinds of refusal and notice that are listed.
const REASONS: usize = 20;

/// A file as it was dropped.
pub(crate) struct Dropped {
    file: String,
    /// Of the object.
    version: String,
}

/// Drops the file and follows it. Prints its receipt; fails unless the file came into force or said what
/// is in force already.
pub async fn run(asked: cli::Upload, out: &mut dyn Write) -> Result<()> {
    let cli::Upload {
        file,
        kind,
        tenant,
        s3,
        at,
    } = asked;
    let api = Api::new(&at.api)?;
    let api = api.with_token(token(&api, tenant, &["read", "register"]).await?);
    let cannot = || format!("cannot drop {}", file.display());
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .with_context(cannot)?;
    let body = ByteStream::from_path(&file).await.with_context(cannot)?;
    let dropped = drop_bytes(&s3_client(&s3), tenant, kind, name, body)
        .await
        .with_context(cannot)?;

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

/// S3 of a stack on this machine.
pub(crate) fn s3_client(endpoint: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&on_this_machine(endpoint));
    aws_sdk_s3::Client::from_conf(config.force_path_style(true).build())
}

/// Puts a file into the municipality's inbox under this name.
pub(crate) async fn drop_bytes(
    s3: &aws_sdk_s3::Client,
    tenant: TenantCode,
    kind: FileKind,
    name: &str,
    body: ByteStream,
) -> Result<Dropped> {
    let key = format!("inbox/{tenant}/{kind}/{name}");
    let answer = s3
        .put_object()
        .bucket(DROP_BUCKET)
        .key(key)
        .body(body)
        .send()
        .await?;
    let version = answer
        .version_id()
        .context("the bucket keeps no versions")?
        .to_owned();
    Ok(Dropped {
        file: name.to_owned(),
        version,
    })
}

/// Follows a dropped file until nothing happens to it any more, or a person has to decide.
pub(crate) async fn follow(
    api: &Api,
    dropped: &Dropped,
    mut seen: impl FnMut(&Receipt),
) -> Result<Receipt> {
    let mut receipt = find(api, dropped).await?;
    loop {
        seen(&receipt);
        if receipt.ended || receipt.held.is_some() {
            return Ok(receipt);
        }
        tokio::time::sleep(LOOK_EVERY).await;
        receipt = read(api, &receipt.id).await?;
    }
}

/// The dropped file in the list of uploads, once it shows up there.
async fn find(api: &Api, dropped: &Dropped) -> Result<Receipt> {
    for _ in 0..LOOKS {
        let list = api.get("/uploads").await?.ok()?;
        let listed = list
            .get("uploads")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        // The same name may have been dropped before; only the version tells them apart.
        for upload in listed.filter(|it| it["file"] == dropped.file.as_str()) {
            let receipt = read(api, upload["id"].as_str().unwrap_or_default()).await?;
            if receipt.version == dropped.version {
                return Ok(receipt);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("the dropped file did not show up for a minute; does the municipality take part?")
}

async fn read(api: &Api, id: &str) -> Result<Receipt> {
    Receipt::read(&api.get(&format!("/uploads/{id}")).await?.ok()?)
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
