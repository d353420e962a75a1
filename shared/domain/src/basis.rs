use std::str::FromStr;
use std::sync::LazyLock;

use jiff::{Span, civil::Date};

use crate::{MyNumber, ProgrammeCode, programme, words};

/// What the law lets a municipality ask on, one reading of it a line. A new reading is a new line
/// with its first day; a reading that ended keeps its line and gets a last day.
const TABLE: &str = include_str!("../data/bases.csv");

/// No basis holds longer than this, whatever the table says.
pub const LONGEST_DAYS: u8 = 14;

static BASES: LazyLock<Vec<Basis>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(Basis::from_line).collect());

/// What a municipality wants to know doses for (照会目的).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To vaccinate somebody who moved in.
    Vaccination,
    /// To complete the immunisation ledger.
    Ledger,
    /// To issue a certificate.
    Certificate,
}

/// What proves that a basis is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// A signed form: its number, and the SHA-256 of its scan. The scan stays with the municipality.
    ScannedForm,
    /// A decision of the municipality: its number.
    Decision,
}

/// A legal basis of an inquiry (照会根拠), in one reading of the law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    code: &'static str,
    from: Date,
    until: Option<Date>,
    ja: &'static str,
    en: &'static str,
    evidence: EvidenceKind,
    second_person: bool,
    longest_days: u8,
    purposes: Vec<Purpose>,
    /// `None`: all of them.
    programmes: Option<Vec<ProgrammeCode>>,
    counted_as: &'static str,
}

words!(Purpose {
    Vaccination = "VACCINATION",
    Ledger = "LEDGER",
    Certificate = "CERTIFICATE",
});

impl Basis {
    fn from_line(line: &'static str) -> Option<Self> {
        let cells: Vec<_> = line.split(',').collect();
        let &[
            code,
            from,
            until,
            ja,
            en,
            evidence,
            second_person,
            days,
            purposes,
            programmes,
            counted_as,
        ] = cells.as_slice()
        else {
            return None;
        };
        let until = if until.is_empty() {
            None
        } else {
            Some(until.parse().ok()?)
        };
        let programmes = match programmes {
            "*" => None,
            list => Some(list_of(list)?),
        };
        Some(Self {
            code,
            from: from.parse().ok()?,
            until,
            ja,
            en,
            evidence: match evidence {
                "SCANNED_FORM" => EvidenceKind::ScannedForm,
                "DECISION" => EvidenceKind::Decision,
                _ => return None,
            },
            second_person: match second_person {
                "yes" => true,
                "no" => false,
                _ => return None,
            },
            longest_days: days.parse().ok().filter(|days| *days <= LONGEST_DAYS)?,
            purposes: list_of(purposes)?,
            programmes,
            counted_as,
        })
    }

    /// Its stable code, such as `CONSENT`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Its name in Japanese.
    #[must_use]
    pub const fn ja(&self) -> &'static str {
        self.ja
    }

    /// Its name in English.
    #[must_use]
    pub const fn en(&self) -> &'static str {
        self.en
    }

    /// What must prove it.
    #[must_use]
    pub const fn evidence(&self) -> EvidenceKind {
        self.evidence
    }

    /// Whether another person than the one who recorded it has to approve it.
    #[must_use]
    pub const fn needs_second_person(&self) -> bool {
        self.second_person
    }

    /// How many days it holds at most, never more than [`LONGEST_DAYS`].
    #[must_use]
    pub(crate) const fn longest_days(&self) -> u8 {
        self.longest_days
    }

    /// The last day on which one may ask on a form that was signed that day.
    #[must_use]
    pub fn last_day(&self, signed_on: Date) -> Date {
        let days = Span::new().days(self.longest_days);
        signed_on.checked_add(days).unwrap_or(Date::MAX)
    }

    /// The word under which inquiries on it are counted: those without consent apart.
    #[must_use]
    pub const fn counted_as(&self) -> &'static str {
        self.counted_as
    }

    /// Whether one may ask for this purpose on it.
    #[must_use]
    pub fn serves(&self, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose)
    }

    /// Whether one may ask for doses of this programme on it.
    #[must_use]
    pub fn covers(&self, programme: &ProgrammeCode) -> bool {
        let listed = self.programmes.as_ref();
        listed.is_none_or(|listed| listed.contains(programme))
    }

    /// Programmes as a form or file writes them: codes with blanks between, each known and covered. Each
    /// once, in ascending order; `None` if one is not.
    #[must_use]
    pub fn programmes_as_written(&self, text: &str) -> Option<Vec<ProgrammeCode>> {
        let mut codes: Vec<ProgrammeCode> = list_of(text)?;
        codes.sort_unstable();
        codes.dedup();
        let fit = |code: &ProgrammeCode| programme(*code).is_some() && self.covers(code);
        codes.iter().all(fit).then_some(codes)
    }

    fn is_in_force(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// Words between blanks, all of them known.
fn list_of<T: FromStr>(list: &str) -> Option<Vec<T>> {
    list.split(' ').map(|word| word.parse().ok()).collect()
}

/// The basis with this code as the law is read on a day; `None` if there is none on that day.
#[must_use]
pub fn basis(code: &str, on: Date) -> Option<&'static Basis> {
    bases()
        .iter()
        .find(|each| each.code == code && each.is_in_force(on))
}

/// A number of a form or decision has at most so many characters.
pub const MOST_EVIDENCE_NUMBER: usize = 40;

/// Whether the number of a form or decision may be written so: letters, digits and a few signs. One in which
/// a My Number stands is refused, though it would fit.
#[must_use]
pub fn is_evidence_number(text: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let short = !text.is_empty() && text.len() <= MOST_EVIDENCE_NUMBER;
    short && text.bytes().all(safe) && !names_a_person(text)
}

/// Whether a My Number stands in it: among digits without a break, or in neighbouring groups of digits that
/// are twelve together, as it is written on the card.
fn names_a_person(text: &str) -> bool {
    const DIGITS: usize = 12;
    let is_one = |digits: &[u8]| MyNumber::parse(digits).is_ok();
    let groups = text.split(|it: char| !it.is_ascii_digit());
    let groups: Vec<&[u8]> = groups
        .map(str::as_bytes)
        .filter(|it| !it.is_empty())
        .collect();
    let unbroken = groups.iter().any(|group| group.windows(DIGITS).any(is_one));
    let grouped = (0..groups.len()).any(|from| {
        (from + 1..=groups.len()).any(|to| {
            let together = groups[from..to].concat();
            together.len() == DIGITS && is_one(&together)
        })
    });
    unbroken || grouped
}

/// Every reading there is or was.
#[must_use]
pub fn bases() -> &'static [Basis] {
    &BASES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_evidence_is_short_plain_and_no_my_number() {
        let longest = "F".repeat(40);
        for good in [
            longest.as_str(),
            "F-1",
            "R3/0412_7",
            "a.b",
            "98320567321",
            "2021-0412-000123-5",
        ] {
            assert!(is_evidence_number(good), "{good}");
        }
        let long = "F".repeat(41);
        for bad in [
            "",
            "同意書1",
            "F 1",
            "983205673214",
            "9832-0567-3214",
            "983205673214-1",
            "1983205673214",
            "F9832.0567.3214/2",
            &long,
        ] {
            assert!(!is_evidence_number(bad), "{bad}");
        }
    }

    #[test]
    fn programmes_are_read_once_each_and_only_known_ones() {
        let basis = basis("CONSENT", on("2021-06-01")).unwrap();
        let read = |text| basis.programmes_as_written(text);
        assert_eq!(read("COVID19 COVID19"), Some(vec![ProgrammeCode::COVID19]));
        for bad in ["", "COVID19  COVID19", "covid19", "COVID19,COVID19", "NONE"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    fn on(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn every_line_of_the_table_is_a_basis() {
        assert_eq!(bases().len(), TABLE.lines().count() - 1);
        for (n, each) in bases().iter().enumerate() {
            assert!(each.longest_days() > 0 && each.longest_days() <= LONGEST_DAYS);
            assert!(!each.ja().is_ascii() && each.en().is_ascii());
            assert!(!each.purposes.is_empty());
            // Two readings of one code never hold on the same day.
            for other in &bases()[n + 1..] {
                let apart = |a: &Basis, b: &Basis| a.until.is_some_and(|until| until < b.from);
                assert!(each.code != other.code || apart(each, other) || apart(other, each));
            }
        }
    }

    #[test]
    fn whoever_asks_without_consent_needs_a_second_person_and_is_counted_apart() {
        for each in bases() {
            let consent = each.code() == "CONSENT";
            assert_eq!(each.needs_second_person(), !consent);
            assert_eq!(each.counted_as() == "consent", consent);
        }
    }

    #[test]
    fn a_basis_holds_from_its_first_day() {
        let hard = "CONSENT_HARD_TO_OBTAIN";
        assert!(basis(hard, on("2021-12-13")).is_none());
        assert!(basis(hard, on("2021-12-14")).is_some());
        assert!(basis("CONSENT", on("2021-04-12")).is_some());
        assert!(basis("consent", on("2021-04-12")).is_none());
    }

    #[test]
    fn a_basis_serves_its_purposes_only() {
        let hard = basis("CONSENT_HARD_TO_OBTAIN", on("2022-01-01")).unwrap();
        assert!(hard.serves(Purpose::Vaccination) && !hard.serves(Purpose::Certificate));
        assert!(hard.covers(&ProgrammeCode::COVID19));
        for purpose in Purpose::ALL {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
        }
    }
}
