use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use local::{Listeners, LocalStack, Options, Urls};
use tokio::sync::oneshot;
use tracing::level_filters::LevelFilter;

use crate::cli;

/// Runs the stack until Ctrl-C; `vrs` is what to type for this program. Fails when a second Ctrl-C does not
/// wait for what is under way.
pub async fn run(asked: cli::Serve, vrs: &str, out: &mut dyn Write) -> Result<()> {
    let cli::Serve {
        data,
        api,
        s3,
        dynamodb,
    } = asked;
    let listeners = Listeners::bind(api, s3, dynamodb).await;
    let listeners = listeners.context(
        "cannot take the ports that are asked for; --api, --s3 and --dynamodb name others",
    )?;
    let urls = listeners.urls()?;
    log_into(&data)?;
    let options = Options {
        data: Some(data.clone()),
        urls: urls.clone(),
        ..Options::default()
    };
    let stack = LocalStack::start(options)
        .with_context(|| format!("cannot open the stack in {}", data.display()))?;
    let stack = Arc::new(stack);
    let mut stops = Stops::new()?;
    write!(out, "{}", what_next(vrs, &data, &urls))?;
    out.flush()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = async move {
        let until = async { drop(stopped.await) };
        Arc::clone(&stack).serve(listeners, until).await?;
        if let Some(stack) = Arc::into_inner(stack) {
            stack.stop().await;
        }
        Ok(())
    };
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended,
        () = stops.next() => {}
    }
    writeln!(
        out,
        "\nStopping: what is under way comes to its end. Ctrl-C once more does not wait for it."
    )?;
    out.flush()?;
    drop(stop);
    tokio::select! {
        ended = serving => ended?,
        () = stops.next() => bail!("ended at once; what was under way goes on at the next start"),
    }
    writeln!(out, "Stopped. What was not done goes on at the next start.")?;
    Ok(())
}

/// The lines that the functions would log on AWS go into a file beside the data.
fn log_into(data: &Path) -> Result<()> {
    std::fs::create_dir_all(data).with_context(|| {
        format!(
            "cannot make the folder {}; --data names another",
            data.display()
        )
    })?;
    let file = data.join("log.jsonl");
    let log = OpenOptions::new().create(true).append(true).open(&file);
    let log = log.with_context(|| format!("cannot write {}", file.display()))?;
    let lines = runtime::subscriber(LevelFilter::INFO, Arc::new(runtime::system_clock), log);
    tracing::subscriber::set_global_default(lines).context("there is a log already")?;
    runtime::quiet_panics();
    Ok(())
}

/// Ctrl-C, and the signal with which a service manager ends a process.
struct Stops {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Stops {
    /// What comes from now on is kept until it is asked for.
    fn new() -> Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signals: {
                use tokio::signal::unix::{SignalKind, signal};
                [
                    signal(SignalKind::interrupt())?,
                    signal(SignalKind::terminate())?,
                ]
            },
        })
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without a signal there is nothing to wait for but the end of the process.
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn what_next(vrs: &str, data: &Path, urls: &Urls) -> String {
    let Urls { api, s3, dynamodb } = urls;
    let elsewhere = |flag: &str, url: &str, usual: &str| {
        if url == usual {
            String::new()
        } else {
            format!(" --{flag} {url}")
        }
    };
    let usual = Urls::default();
    let at_api = elsewhere("api", api, &usual.api);
    let at_s3 = elsewhere("s3", s3, &usual.s3);
    let at_dynamodb = elsewhere("dynamodb", dynamodb, &usual.dynamodb);
    let data = data.display();
    format!(
        r#"
The stack is up, and kept in {data}/ (log: {data}/log.jsonl). Ctrl-C ends it.

   API {api}    S3 {s3}    DynamoDB, SQS, KMS {dynamodb}

In another terminal, a municipality takes part and drops a synthetic register:

   {vrs} tenant add 131016{at_dynamodb}
   {vrs} generate --tenant 131016 --residents 20000 --seed 1
   {vrs} upload residents_20210401.csv --tenant 131016{at_api}{at_s3}

The console, in a browser (the sign-in page takes any person and role): {api}/

The same drop with the AWS command line:

   export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=ap-northeast-1
   aws s3 cp residents_20210401.csv s3://drop/inbox/131016/residents/ --endpoint-url {s3}
   aws s3 ls s3://drop/outbox/131016/ --recursive --endpoint-url {s3}

The API:

   TOKEN=$({vrs} token --tenant 131016 --role read register{at_api})
   curl -H "Authorization: Bearer $TOKEN" {api}/uploads
   curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
     -d '{{"birth_date": "1992-11-30", "name": "こじま"}}' {api}/residents/search

"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_ports_stand_in_what_to_type() {
        let usual = what_next("vrs", Path::new(".data"), &Urls::default());
        assert!(usual.contains("vrs tenant add 131016\n") && usual.contains("kept in .data/"));
        let urls = Urls {
            dynamodb: "http://127.0.0.1:8001".to_owned(),
            ..Urls::default()
        };
        let other = what_next("vrs", Path::new("D"), &urls);
        assert!(other.contains("vrs tenant add 131016 --dynamodb http://127.0.0.1:8001\n"));
    }
}
