//! The functions of the template by the name of their package, wired as they are deployed, in process.

use anyhow::{Result, bail};
use runtime::{Adapters, Handler};

/// How a function is put together.
pub type Wire = fn(&Adapters) -> Result<Handler, runtime::Error>;

/// Every package that can be run here; a test holds the list against template and folders.
pub const FUNCTIONS: [(&str, Wire); 14] = [
    ("answer-inquiry", answer_inquiry::wire),
    ("ask-inquiries", ask_inquiries::wire),
    ("consents", consents::wire),
    ("doses", doses::wire),
    ("export-ledger", export_ledger::wire),
    ("exports", exports::wire),
    ("index-holders", index_holders::wire),
    ("inquiries", inquiries::wire),
    ("load-chunk", load_chunk::wire),
    ("load-doses", load_doses::wire),
    ("receive-upload", receive_upload::wire),
    ("residents", residents::wire),
    ("settings", settings::wire),
    ("uploads", uploads::wire),
];

/// Wires one of them.
pub fn build(package: &str, adapters: &Adapters) -> Result<Handler> {
    let mut functions = FUNCTIONS.iter();
    let Some((_, wire)) = functions.find(|(name, _)| *name == package) else {
        bail!("the local stack has no function {package}");
    };
    Ok(wire(adapters)?)
}
