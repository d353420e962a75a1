//! The command `vrs`: what an operator or a municipality runs by hand.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use vrs::cli::{Cli, Command};
use vrs::{commands, demo};

#[tokio::main]
async fn main() -> ExitCode {
    // What the hints say to type is what was typed.
    let vrs = std::env::args().next().unwrap_or_else(|| "vrs".to_owned());
    match run(Cli::parse().command, &vrs).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even this cannot be written, the exit code still tells.
            let _ = writeln!(io::stderr(), "vrs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, vrs: &str) -> Result<()> {
    let mut out = io::stdout();
    match command {
        Command::Demo => demo::run(vrs, demo::RESIDENTS, &mut out).await,
        Command::Serve(asked) => commands::serve::run(asked, vrs, &mut out).await,
        Command::Token(asked) => commands::token::run(asked, &mut out).await,
        Command::Tenant(asked) => commands::tenant::run(asked, &mut out).await,
        Command::Evidence(asked) => commands::evidence::run(&asked, &mut out),
        Command::Log(asked) => commands::log::run(asked, &mut out).await,
        Command::Index(asked) => commands::index::run(asked, &mut out).await,
        Command::Generate(asked) => commands::generate::run(asked, &mut out),
        Command::Recover(asked) => commands::recover::run(asked, &mut out).await,
        Command::Upload(asked) => commands::upload::run(asked, &mut out).await,
    }
}
