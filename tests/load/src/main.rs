//! `cargo run --release -p load`: doses come in at a steady rate while residents files are loaded, on the
//! local stack; prints how long each took.

#![expect(clippy::print_stdout, reason = "a command whose output is its table")]

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use load::{Plan, run};

/// Records doses at a steady rate beside loads of residents, and prints latencies.
#[derive(Parser)]
struct Arguments {
    /// Doses in a second
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Minutes for which they come
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Residents in each of the files that are loaded meanwhile
    #[arg(long, default_value_t = 20_000)]
    residents: u32,
}

fn main() -> Result<ExitCode> {
    let Arguments {
        rate,
        minutes,
        residents,
    } = Arguments::parse();
    let plan = Plan {
        rate,
        time: Duration::from_secs(minutes * 60),
        residents,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let seen = runtime.block_on(run(plan))?;
    println!("{seen}");
    Ok(if seen.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
