//! The functions of the template by the name of their package, built in process.

mod called;
mod queued;
mod within;

use anyhow::{Result, bail};
use runtime::{Adapters, Handler};

/// Every package that can be built here; a test holds the list against template and folders.
pub const PACKAGES: [&str; 14] = [
    "answer-inquiry",
    "ask-inquiries",
    "consents",
    "doses",
    "export-ledger",
    "exports",
    "index-holders",
    "inquiries",
    "load-chunk",
    "load-doses",
    "receive-upload",
    "residents",
    "settings",
    "uploads",
];

/// Builds a function as its `main.rs` does.
pub fn build(package: &str, adapters: &Adapters) -> Result<Handler> {
    match package {
        "receive-upload" => queued::receive_upload(adapters),
        "load-chunk" => queued::load_chunk(adapters),
        "load-doses" => queued::load_doses(adapters),
        "ask-inquiries" => queued::ask_inquiries(adapters),
        "export-ledger" => queued::export_ledger(adapters),
        "answer-inquiry" => within::answer_inquiry(adapters),
        "index-holders" => within::index_holders(adapters),
        "consents" => called::consents(adapters),
        "doses" => called::doses(adapters),
        "exports" => called::exports(adapters),
        "inquiries" => called::inquiries(adapters),
        "residents" => called::residents(adapters),
        "settings" => called::settings(adapters),
        "uploads" => called::uploads(adapters),
        other => bail!("the local stack has no function {other}"),
    }
}
