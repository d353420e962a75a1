//! What sends messages at set times.

use anyhow::{Context as _, Result, bail};
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::fields::Fields;

/// A rule of `EventBridge` that sends one message to one queue.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its id in the template.
    pub id: String,
    /// Times at which it fires.
    pub times: Times,
    /// ARN of the queue.
    pub queue: String,
    /// The message.
    pub input: String,
}

/// When a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Every day at this time in UTC.
    Daily {
        /// 0 to 23.
        hour: i8,
        /// 0 to 59.
        minute: i8,
    },
    /// Again and again after this time.
    Every(SignedDuration),
}

impl Times {
    /// Reads `cron(0 17 * * ? *)`, every day at a time, or `rate(5 minutes)`.
    fn parse(expression: &str) -> Result<Self> {
        let (kind, rest) = expression.split_once('(').context("is no expression")?;
        let inside = rest.strip_suffix(')').context("is not closed")?;
        let parts: Vec<_> = inside.split_ascii_whitespace().collect();
        match (kind, parts.as_slice()) {
            ("cron", [minute, hour, "*", "*", "?", "*"]) => {
                let (hour, minute) = (hour.parse()?, minute.parse()?);
                if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
                    bail!("is no time of the day");
                }
                Ok(Self::Daily { hour, minute })
            }
            ("rate", [count, unit]) => {
                let count: i64 = count.parse()?;
                let unit = match unit.trim_end_matches('s') {
                    "minute" => SignedDuration::from_mins(count),
                    "hour" => SignedDuration::from_hours(count),
                    "day" => SignedDuration::from_hours(24 * count),
                    _ => bail!("has an unknown unit"),
                };
                if count < 1 {
                    bail!("never comes");
                }
                Ok(Self::Every(unit))
            }
            _ => bail!("is neither every day at a time nor a rate; the local stack knows no other"),
        }
    }

    /// The first time after `now`.
    #[must_use]
    pub fn next_after(self, now: Timestamp) -> Timestamp {
        let next = match self {
            Self::Every(pause) => now.checked_add(pause).ok(),
            Self::Daily { hour, minute } => {
                let today = TimeZone::UTC.to_datetime(now).date();
                let at = time(hour, minute, 0, 0);
                let on = |day: jiff::civil::Date| TimeZone::UTC.to_timestamp(day.to_datetime(at));
                let todays = on(today).ok().filter(|it| *it > now);
                todays.or_else(|| on(today.tomorrow().ok()?).ok())
            }
        };
        next.unwrap_or(Timestamp::MAX)
    }
}

pub(super) fn schedule(id: &str, mut fields: Fields) -> Result<Schedule> {
    fields.without_effect(&[("Description", "for people")]);
    fields.only("State", "ENABLED")?;
    let expression = fields.text("ScheduleExpression")?;
    let times = Times::parse(&expression);
    let times = times.map_err(|error| fields.refuse("ScheduleExpression", error))?;
    let targets = fields.groups("Targets")?;
    let [mut target] = <[Fields; 1]>::try_from(targets)
        .map_err(|_| fields.refuse("Targets", "should be one queue"))?;
    target.without_effect(&[("Id", "there is one target only")]);
    let queue = target.text("Arn")?;
    let input = target.text("Input")?;
    target.finish()?;
    fields.finish()?;
    Ok(Schedule {
        id: id.to_owned(),
        times,
        queue,
        input,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read() {
        let daily = |hour, minute| Times::Daily { hour, minute };
        let every = |minutes| Times::Every(SignedDuration::from_mins(minutes));
        let cases = [
            ("cron(0 17 * * ? *)", daily(17, 0)),
            ("cron(5 0 * * ? *)", daily(0, 5)),
            ("rate(1 minute)", every(1)),
            ("rate(2 hours)", every(120)),
            ("rate(1 day)", every(1_440)),
        ];
        for (expression, times) in cases {
            assert_eq!(Times::parse(expression).unwrap(), times, "{expression}");
        }
        for expression in [
            "",
            "cron(0 17 * * ? *",
            "cron(0 24 * * ? *)",
            "cron(60 1 * * ? *)",
            "cron(0 17 1 * ? *)",
            "cron(*/5 * * * ? *)",
            "rate(0 minutes)",
            "rate(1 week)",
            "at(2021-04-01T00:00:00)",
        ] {
            assert!(Times::parse(expression).is_err(), "{expression}");
        }
    }

    #[test]
    fn the_next_time_lies_always_ahead() {
        let times = Times::Daily {
            hour: 17,
            minute: 0,
        };
        let cases = [
            ("2021-04-12T00:00:00Z", "2021-04-12T17:00:00Z"),
            ("2021-04-12T16:59:59Z", "2021-04-12T17:00:00Z"),
            ("2021-04-12T17:00:00Z", "2021-04-13T17:00:00Z"),
            ("2021-12-31T23:00:00Z", "2022-01-01T17:00:00Z"),
        ];
        for (now, next) in cases {
            let (now, next): (Timestamp, Timestamp) = (now.parse().unwrap(), next.parse().unwrap());
            assert_eq!(times.next_after(now), next);
        }
        let now: Timestamp = "2021-04-12T00:00:00Z".parse().unwrap();
        let hourly = Times::Every(SignedDuration::from_hours(1));
        assert_eq!(hourly.next_after(now).to_string(), "2021-04-12T01:00:00Z");
    }
}
