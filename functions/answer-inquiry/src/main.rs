//! Runs answer-inquiry on Lambda.

fn main() -> Result<(), runtime::Error> {
    runtime::start(answer_inquiry::wire)
}
