//! `cargo run --release -p load -- doses` and `-- inquiries`: the local stack under load; prints how long
//! things took.

#![expect(clippy::print_stdout, reason = "a command whose output is its table")]

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use load::{doses, inquiries};

/// Puts the local stack under load.
#[derive(Parser)]
enum Command {
    /// Records doses at a steady rate beside loads of residents
    Doses {
        /// Doses in a second
        #[arg(long, default_value_t = 50)]
        rate: u32,
        /// Minutes for which they come
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        /// Residents in each of the files that are loaded meanwhile
        #[arg(long, default_value_t = 20_000)]
        residents: u32,
    },
    /// Asks three municipalities about everybody of a file, and about some one by one
    Inquiries {
        /// Rows of the file
        #[arg(long, default_value_t = 2_000)]
        rows: u32,
        /// Inquiries over the API
        #[arg(long, default_value_t = 200)]
        single: u32,
    },
}

fn main() -> Result<ExitCode> {
    let command = Command::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let is_sound = match command {
        Command::Doses {
            rate,
            minutes,
            residents,
        } => {
            let plan = doses::Plan {
                rate,
                time: Duration::from_secs(minutes * 60),
                residents,
            };
            let seen = runtime.block_on(doses::run(plan))?;
            println!("{seen}");
            seen.is_sound()
        }
        Command::Inquiries { rows, single } => {
            let plan = inquiries::Plan { rows, single };
            let seen = runtime.block_on(inquiries::run(plan))?;
            println!("{seen}");
            seen.is_sound(plan)
        }
    };
    Ok(if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
