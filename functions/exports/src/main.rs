//! Runs exports on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(exports::wire)
}
