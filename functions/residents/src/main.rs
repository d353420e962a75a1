//! Runs residents on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(residents::wire)
}
