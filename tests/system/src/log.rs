//! What functions log, caught to be read.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tracing::{level_filters::LevelFilter, subscriber::DefaultGuard};

/// Lines, as they would be in CloudWatch. Clones share them.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Catches what is logged on this thread from `level` on, until the guard is dropped.
    #[must_use]
    pub fn catch(level: LevelFilter) -> (Self, DefaultGuard) {
        let log = Self::default();
        let clock = Arc::new(|| Timestamp::UNIX_EPOCH);
        let lines = runtime::subscriber(level, clock, log.clone());
        let guard = tracing::subscriber::set_default(lines);
        (log, guard)
    }

    /// All lines so far.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(bytes.clone()).expect("lines are text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
