use std::fmt;
use std::str::FromStr;

/// A share from 0 to 100 percent, exact to a thousandth of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u32);

/// Not a number from 0 to 100 with at most three decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPercent;

const WHOLE: u32 = 100_000;

impl Percent {
    /// `percent` of a hundred; more than 100 counts as 100.
    #[must_use]
    pub fn new(percent: u32) -> Self {
        Self(percent.saturating_mul(1000).min(WHOLE))
    }

    /// That share of `all`, rounded to the nearest.
    #[must_use]
    pub fn of(self, all: u64) -> u64 {
        (all * u64::from(self.0) + u64::from(WHOLE / 2)) / u64::from(WHOLE)
    }

    /// Whether it is nothing at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Percent {
    type Err = NotAPercent;

    fn from_str(text: &str) -> Result<Self, NotAPercent> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 3 || whole.len() > 3 {
            return Err(NotAPercent);
        }
        let thousandths: u32 = format!("{whole}{decimals:0<3}")
            .parse()
            .map_err(|_| NotAPercent)?;
        if thousandths > WHOLE {
            Err(NotAPercent)
        } else {
            Ok(Self(thousandths))
        }
    }
}

impl fmt::Display for NotAPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a percentage is a number from 0 to 100 with at most three decimals")
    }
}

impl std::error::Error for NotAPercent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read() {
        for (text, of_200_000) in [
            ("0", 0),
            ("100", 200_000),
            ("1", 2000),
            ("0.5", 1000),
            ("0.001", 2),
            ("12.25", 24_500),
        ] {
            assert_eq!(
                text.parse::<Percent>().map(|it| it.of(200_000)),
                Ok(of_200_000),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in [
            "", ".5", "5.", "101", "-1", "1e1", "0.0001", "1000", "100.1", " 1", "NaN",
        ] {
            assert_eq!(text.parse::<Percent>(), Err(NotAPercent), "{text}");
        }
    }
}
