//! Runs doses on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(doses::wire)
}
