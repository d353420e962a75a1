//! Wires ask-inquiries to AWS: settings, adapters, run.

use std::sync::Arc;

use ask_inquiries::{AskInquiries, AskInquiriesError};
use asking::Asking;
use runtime::{Adapters, Error, Handler};

fn main() -> Result<(), Error> {
    runtime::start(wire)
}

fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let asking = Asking::new(
        adapters.store()?,
        adapters.holder_index()?,
        adapters.person_tags()?,
        adapters.holders()?,
        adapters.clock(),
    )
    .in_turn();
    let function = Arc::new(AskInquiries::new(
        adapters.store()?,
        asking,
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.inquiries()?,
        adapters.clock(),
    ));
    let handler = Handler::queue(move |body: String, deadline| {
        let function = Arc::clone(&function);
        async move { function.handle(&body, deadline).await }
    });
    let handler = handler.passing(AskInquiriesError::is_passing);
    Ok(handler.retried_by(adapters.retry("INQUIRIES_QUEUE_URL")?))
}
