//! The command `vrs`: what an operator or a municipality runs by hand.

use std::io;

use anyhow::Result;
use clap::Parser as _;
use vrs::cli::{Cli, Command};
use vrs::{commands, demo};

#[tokio::main]
async fn main() -> Result<()> {
    // What the hints say to type is what was typed.
    let vrs = std::env::args().next().unwrap_or_else(|| "vrs".to_owned());
    let mut out = io::stdout();
    match Cli::parse().command {
        Command::Demo => demo::run(&vrs, &mut out).await,
        Command::Serve(asked) => commands::serve::run(asked, &vrs, &mut out).await,
        Command::Token(asked) => commands::token::run(asked, &mut out).await,
        Command::Tenant(asked) => commands::tenant::run(asked, &mut out).await,
        Command::Generate(asked) => commands::generate::run(asked, &mut out),
        Command::Upload(asked) => commands::upload::run(asked, &mut out).await,
    }
}
