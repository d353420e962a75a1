//! The one table that a run prints: Markdown that also reads well in a terminal.

use std::fmt;

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was measured.
    pub what: String,
    /// The figure with its unit.
    pub figure: String,
    /// What it should be, if that was set.
    pub target: Option<Target>,
    /// How it came about: rows, runs, spread.
    pub note: String,
}

/// A target, and whether the figure meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The target with its unit.
    pub text: String,
    /// Whether it is met.
    pub met: bool,
}

/// Figures under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    lines: Vec<Line>,
}

impl Table {
    /// Adds a figure without a target.
    pub fn add(&mut self, what: &str, figure: String, note: String) {
        self.lines.push(Line {
            what: what.to_owned(),
            figure,
            target: None,
            note,
        });
    }

    /// Adds a figure that should be at least so much.
    pub fn at_least(&mut self, what: &str, (value, least): (f64, f64), unit: Unit, note: String) {
        let target = Target {
            text: format!("≥ {}", unit.show(least)),
            met: value >= least,
        };
        let figure = unit.show(value);
        self.lines.push(Line {
            what: what.to_owned(),
            figure,
            target: Some(target),
            note,
        });
    }

    /// Adds a figure that should be at most so much.
    pub fn at_most(&mut self, what: &str, (value, most): (f64, f64), unit: Unit, note: String) {
        let target = Target {
            text: format!("≤ {}", unit.show(most)),
            met: value <= most,
        };
        let figure = unit.show(value);
        self.lines.push(Line {
            what: what.to_owned(),
            figure,
            target: Some(target),
            note,
        });
    }

    /// How many targets are missed.
    #[must_use]
    pub fn missed(&self) -> usize {
        let targets = self.lines.iter().filter_map(|line| line.target.as_ref());
        targets.filter(|target| !target.met).count()
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Rows for each second of CPU time.
    RowsPerSecond,
    /// Bytes, shown in units of 2^20.
    Megabytes,
    /// Seconds, shown in millionths.
    Microseconds,
    /// How many times as much.
    Times,
    /// Things.
    Count,
}

impl Unit {
    /// The value with its unit.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::RowsPerSecond => format!("{} rows/s", grouped(value)),
            Self::Megabytes => format!("{:.1} MB", value / f64::from(1 << 20)),
            Self::Microseconds => format!("{:.0} µs", value * 1e6),
            Self::Times => format!("{value:.1} ×"),
            Self::Count => grouped(value),
        }
    }
}

/// A whole number with a comma after each thousand.
#[must_use]
pub fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The middle one of several values; of an even number of them, the higher one of the middle two.
#[must_use]
pub fn median<T: Copy + PartialOrd>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    sorted.get(sorted.len() / 2).copied()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = ["", "figure", "target", "met", "how"].map(str::to_owned);
        let mut rows = vec![heading];
        for line in &self.lines {
            let (target, met) = match &line.target {
                Some(target) => (target.text.clone(), if target.met { "yes" } else { "NO" }),
                None => (String::new(), ""),
            };
            let cells = [&line.what, &line.figure, &target, met, &line.note];
            rows.push(cells.map(str::to_owned));
        }
        let width = |column: usize| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
        };
        let widths: Vec<usize> = (0..5).map(|column| width(column).unwrap_or(0)).collect();
        for (at, row) in rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if at == 0 {
                let rule = widths
                    .iter()
                    .map(|width| "-".repeat(width + 2))
                    .collect::<Vec<_>>();
                writeln!(f, "|{}|", rule.join("|"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, Unit, grouped, median};

    #[test]
    fn thousands_are_grouped() {
        for (value, shown) in [
            (0.0, "0"),
            (999.0, "999"),
            (1000.0, "1,000"),
            (3.7e6, "3,700,000"),
        ] {
            assert_eq!(grouped(value), shown);
        }
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(&[3, 1, 2]), Some(2));
        assert_eq!(median::<u8>(&[]), None);
    }

    #[test]
    fn a_missed_target_is_seen_and_counted() {
        let mut table = Table::default();
        table.at_least("fast", (2e6, 1e6), Unit::RowsPerSecond, "1 run".into());
        table.at_most(
            "big",
            (f64::from(200 << 20), f64::from(96 << 20)),
            Unit::Megabytes,
            String::new(),
        );
        assert_eq!(table.missed(), 1);
        let text = table.to_string();
        assert!(text.contains("2,000,000 rows/s"), "{text}");
        assert!(text.contains("| NO "), "{text}");
    }
}
