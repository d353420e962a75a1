//! Runs load-chunk on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(load_chunk::wire)
}
