//! The command `vrs`: what an operator or a municipality runs by hand.

use std::io;

use anyhow::Result;
use clap::Parser as _;
use vrs::cli::{Cli, Command};
use vrs::commands;

#[tokio::main]
async fn main() -> Result<()> {
    let mut out = io::stdout();
    match Cli::parse().command {
        Command::Generate(asked) => commands::generate::run(asked, &mut out),
        Command::Token(asked) => commands::token::run(asked, &mut out).await,
        Command::Tenant(asked) => commands::tenant::run(asked, &mut out).await,
        Command::Upload(asked) => commands::upload::run(asked, &mut out).await,
        _ => anyhow::bail!("not yet"),
    }
}
