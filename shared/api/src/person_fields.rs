//! Fields that tell a person, read strictly: what is doubtful is refused, never mended.

use domain::{Date, MyNumber, parse_date};

use crate::{Fault, Fields, Problem};

/// Longer texts are refused before they are read any further.
const NUMBER_LIMIT: usize = 20;
/// Room for any form of a date, `令和 3年 4月 1日`.
const DATE_LIMIT: usize = 30;

impl Fields {
    /// A My Number: twelve ASCII digits. A lost zero is not put back.
    pub fn my_number(&mut self, name: &str) -> Result<MyNumber, Problem> {
        let text = self.text(name, NUMBER_LIMIT)?;
        let number = MyNumber::parse(text.expose().as_bytes());
        number.map_err(|_| Problem::invalid(name, Fault::MyNumber))
    }

    /// A date in any form that files may have.
    pub fn date(&mut self, name: &str) -> Result<Date, Problem> {
        let text = self.text(name, DATE_LIMIT)?;
        parse_date(text.expose().trim()).map_err(|_| Problem::invalid(name, Fault::Date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_as_it_must_be_written_or_not_at_all() {
        let read = |value: &str| {
            let mut fields = Fields::parse(format!("{{\"n\":\"{value}\"}}").as_bytes()).unwrap();
            fields.my_number("n")
        };
        assert!(read("983205673214").is_ok());
        for wrong in [
            "98320567321",
            "0983205673214",
            "983205673215",
            "９８３２０５６７３２１４",
            "9832-0567-3214",
            " 983205673214",
            "9.83206E+11",
            "O83205673214",
        ] {
            let problem = read(wrong).unwrap_err();
            assert_eq!(problem.fault(), Some(Fault::MyNumber), "{wrong}");
        }
    }
}
