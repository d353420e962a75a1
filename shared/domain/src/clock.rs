use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// Where the time comes from. Any `Fn() -> Timestamp` is a clock, so a test passes a closure.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// Japan has kept UTC+9 without summer time since 1951, so no time zone database is needed.
pub(crate) const JAPAN: Offset = Offset::constant(9);

/// The day it is in Japan at that instant.
#[must_use]
pub fn japan_date(instant: Timestamp) -> Date {
    japan_time(instant).date()
}

/// What the clocks of Japan show at that instant.
#[must_use]
pub fn japan_time(instant: Timestamp) -> DateTime {
    JAPAN.to_datetime(instant)
}

/// The first instant after a day in Japan; the end of time for the last day there is.
#[must_use]
pub(crate) fn end_of_day(day: Date) -> Timestamp {
    let midnight = day.tomorrow().map(|next| next.at(0, 0, 0, 0));
    let end = midnight.and_then(|midnight| JAPAN.to_timestamp(midnight));
    end.unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_begins_at_fifteen_hours_utc() {
        let last_second: Timestamp = "2021-04-11T14:59:59Z".parse().unwrap();
        let midnight: Timestamp = "2021-04-11T15:00:00Z".parse().unwrap();
        assert_eq!(japan_date(last_second).to_string(), "2021-04-11");
        assert_eq!(japan_date(midnight).to_string(), "2021-04-12");
        assert_eq!(japan_time(midnight).to_string(), "2021-04-12T00:00:00");
    }

    #[test]
    fn a_closure_is_a_clock() {
        let clock: &dyn Clock = &|| Timestamp::UNIX_EPOCH;
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
    }
}
