//! Wires load-doses to AWS: settings, adapters, what it does with what triggers it.

use recording::Recorder;
use runtime::{Adapters, Error, Handler};

use crate::{LoadDoses, LoadDosesError};

/// The function as it is deployed, over the adapters that its settings name.
pub fn wire(adapters: &Adapters) -> Result<Handler, Error> {
    let store = adapters.store()?.patient();
    let function = LoadDoses {
        recorder: Recorder::new(store.clone()),
        store,
        drop: adapters.drop_bucket()?,
        work: adapters.work_bucket()?,
        doses: adapters.doses()?,
        keys: adapters.keys(),
        clock: adapters.clock(),
    };
    let handler = Handler::queue(function, |function, body, deadline| {
        Box::pin(function.handle(body, deadline))
    });
    let handler = handler.passing(LoadDosesError::is_passing);
    Ok(handler.retried_by(adapters.retry("DOSES_QUEUE_URL")?))
}
