//! The local stack under load: doses that come in all day beside residents files, and a file of inquiries.

pub mod doses;
pub mod inquiries;

use std::fmt;
use std::time::Duration;

/// How long things took, in ascending order.
#[derive(Clone, Copy, Debug)]
pub struct Latencies<'a>(pub &'a [Duration]);

impl Latencies<'_> {
    /// What so many of a thousand do not exceed.
    #[must_use]
    pub fn per_mille(&self, share: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0
            .get(last * share / 1_000)
            .copied()
            .unwrap_or_default()
    }
}

impl fmt::Display for Latencies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |share| self.per_mille(share).as_secs_f64() * 1_000.0;
        let [half, most, nearly_all, all_but_one, longest] = [500, 900, 990, 999, 1_000].map(ms);
        write!(
            f,
            "p50 {half:.1} ms, p90 {most:.1} ms, p99 {nearly_all:.1} ms, p99.9 {all_but_one:.1} ms, longest {longest:.1} ms"
        )
    }
}
