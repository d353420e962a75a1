//! Runs export-ledger on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start_on_all_processors(export_ledger::wire)
}
