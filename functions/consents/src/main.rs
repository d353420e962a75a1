//! Runs consents on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(consents::wire)
}
