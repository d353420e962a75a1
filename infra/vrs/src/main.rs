//! The command `vrs`: what an operator or a municipality runs by hand.

use std::io;

use anyhow::Result;
use clap::Parser as _;
use vrs::cli::{Cli, Command};
use vrs::commands;

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Generate(asked) => commands::generate::run(asked, &mut io::stdout().lock()),
        _ => anyhow::bail!("not yet"),
    }
}
