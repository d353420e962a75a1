//! Runs ask-inquiries on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(ask_inquiries::wire)
}
