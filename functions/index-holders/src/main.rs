//! Runs index-holders on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(index_holders::wire)
}
