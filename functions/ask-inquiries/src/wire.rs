//! Wires ask-inquiries to AWS: settings, adapters, what it does with what triggers it.

use asking::Asking;
use runtime::{Adapters, Error, Handler};

use crate::{AskInquiries, AskInquiriesError};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let asking = Asking::new(
        adapters.store()?.patient(),
        adapters.holder_index()?,
        adapters.person_tags()?,
        adapters.holders()?,
        adapters.clock(),
    )
    .in_turn();
    let function = AskInquiries {
        store: adapters.store()?.patient(),
        asking,
        drop: adapters.drop_bucket()?,
        work: adapters.work_bucket()?,
        queue: adapters.inquiries()?,
        clock: adapters.clock(),
    };
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(AskInquiriesError::is_passing);
    Ok(handler.retried_by(adapters.retry("INQUIRIES_QUEUE_URL")?))
}
