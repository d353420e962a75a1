//! Runs load-doses on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(load_doses::wire)
}
