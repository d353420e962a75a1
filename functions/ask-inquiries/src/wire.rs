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
    let function = AskInquiries::new(
        adapters.store()?.patient(),
        asking,
        adapters.drop_bucket()?,
        adapters.work_bucket()?,
        adapters.inquiries()?,
        adapters.clock(),
    );
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(AskInquiriesError::is_passing);
    Ok(handler.retried_by(adapters.retry("INQUIRIES_QUEUE_URL")?))
}
