//! Runs uploads on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(uploads::wire)
}
