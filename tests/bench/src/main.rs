//! `cargo run --release -p bench`: measures everything and prints one table.

#![expect(clippy::print_stdout, reason = "a command whose output is its table")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use bench::cost::{JAPAN, TOKYO, arithmetic};
use bench::rival::Outcome;
use bench::suite::{Extent, Part, Places, Suite, TODAY, check_once};
use clap::{Parser, Subcommand};

/// Measures speed, memory and cost of Open VRS and prints one table.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// How often each figure is taken; the median is shown
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Smaller files: quicker, and rougher figures
    #[arg(long)]
    quick: bool,
}

#[derive(Subcommand)]
enum Command {
    /// What AWS would charge for 126 million residents, with the arithmetic
    Cost,
    /// Checks a file; prints rows and CPU time in nanoseconds (used by the bench itself)
    #[command(hide = true)]
    Check { file: PathBuf },
    /// Loads a file the usual way (used by the bench itself)
    #[command(hide = true)]
    LoadUsual { file: PathBuf },
    /// Sends finished bodies and nothing else (used by the bench itself)
    #[command(hide = true)]
    SendFinished { calls: u64 },
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Cost) => print!("{}", arithmetic(&TOKYO, &JAPAN)?),
        Some(Command::Check { file }) => {
            let (rows, cpu) = check_once(file)?;
            println!("{rows} {}", cpu.as_nanos());
        }
        Some(Command::LoadUsual { file }) => print_outcome(bench::rival::usual::load(file, TODAY))?,
        Some(Command::SendFinished { calls }) => print_outcome(bench::rival::floor::send(*calls))?,
        None => {
            let table = Suite::new(places()?, extent(&arguments)).run()?;
            println!("{table}");
            if table.missed() > 0 {
                println!("{} targets missed", table.missed());
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn extent(arguments: &Arguments) -> Extent {
    let all = [
        Part::Check,
        Part::Load,
        Part::Nightly,
        Part::Doses,
        Part::Inquiries,
        Part::Exports,
        Part::Memory,
        Part::Start,
    ];
    let parts = if arguments.only.is_empty() {
        all.to_vec()
    } else {
        arguments.only.clone()
    };
    let runs = arguments.runs.max(1);
    if arguments.quick {
        let memory = vec![200_000];
        return Extent {
            parts,
            runs,
            rows: 200_000,
            loaded: 50_000,
            python: 5_000,
            doses: (4_000, 1_000),
            inquiries: 300,
            exported: 20_000,
            memory,
            starts: 5,
        };
    }
    let memory = vec![1_000_000, 3_700_000];
    Extent {
        parts,
        runs,
        rows: 1_000_000,
        loaded: 300_000,
        python: 20_000,
        doses: (20_000, 3_000),
        inquiries: 1_000,
        exported: 200_000,
        memory,
        starts: 20,
    }
}

fn places() -> Result<Places> {
    let itself = std::env::current_exe()?;
    let binaries = itself
        .parent()
        .context("a program in no folder")?
        .to_owned();
    let target = binaries
        .parent()
        .context("a program in no target folder")?
        .to_owned();
    let files = target.join("bench-files");
    Ok(Places {
        itself,
        binaries,
        target,
        files,
    })
}

fn print_outcome(job: impl Future<Output = Result<Outcome>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!("{}", serde_json::to_string(&runtime.block_on(job)?)?);
    Ok(())
}
