//! Runs inquiries on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(inquiries::wire)
}
