//! Runs export-ledger on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(export_ledger::wire)
}
