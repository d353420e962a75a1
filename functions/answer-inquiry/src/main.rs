//! Wires answer-inquiry to AWS: settings, adapters, run.

use std::sync::Arc;

use answer_inquiry::AnswerInquiry;
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let function = Arc::new(AnswerInquiry::new(
        adapters.store()?,
        adapters.keys(),
        adapters.clock(),
    ));
    Ok(Handler::call(move |event| {
        let function = Arc::clone(&function);
        async move { function.handle(event).await }
    }))
}
