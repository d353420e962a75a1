//! Runs receive-upload on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(receive_upload::wire)
}
