//! Runs settings on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(settings::wire)
}
