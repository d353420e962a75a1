//! The main job on synthetic files, in a fresh stack: what it prints was checked just before.

mod count;
mod page;
mod sealed;
mod story;
mod world;

use std::future::pending;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::time::timeout;

use page::Page;
use world::World;

/// Residents in each first file.
pub const RESIDENTS: u32 = 6_000;

/// Ten times what it takes: a file that does not come to its end must not hold it up forever.
const LIMIT: Duration = Duration::from_mins(2);

/// Shows the demonstration with registers of so many `residents`; `vrs` is what to type for this program.
/// Fails at the first check that does not hold.
pub async fn run(vrs: &str, residents: u32, out: &mut dyn Write) -> Result<()> {
    let began = Instant::now();
    let mut page = Page::new(out);
    page.title("Open VRS: residents files of two municipalities, from drop to register in force")?;
    page.line(
        "A fresh stack in memory: the functions and the template that go to AWS. All people are",
    )?;
    page.line("synthetic. Each statement below was checked before it was printed.")?;
    let (world, listeners) = World::start().await?;
    let stack = Arc::clone(&world.stack);
    tokio::select! {
        served = stack.serve(listeners, pending()) => {
            served?;
            bail!("the stack stopped answering");
        }
        told = timeout(LIMIT, story::tell(&mut page, &world, residents)) => told.context("it takes too long")??,
    }
    let seconds = began.elapsed().as_secs_f64();
    page.title(&format!(
        "All {} checks held, in {seconds:.1} s.",
        page.checked
    ))?;
    page.line("Where to look next")?;
    for (type_this, what) in [
        (
            format!("{vrs} serve"),
            "the same stack on ports, kept in a folder",
        ),
        (
            format!("{vrs} --help"),
            "synthetic files of any size, tokens, uploads",
        ),
        (
            "functions/receive-upload/src/lib.rs".to_owned(),
            "how a file is received",
        ),
        (
            "infra/template.yaml, infra/api.yaml".to_owned(),
            "what is deployed, what can be called",
        ),
        ("README.md".to_owned(), "everything else"),
    ] {
        page.columns(&[("", 2), (&type_this, 46), (what, 0)])?;
    }
    Ok(())
}
