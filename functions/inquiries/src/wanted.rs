//! What an inquiry says.

use api::{Code, Fault, Fields, Problem};
use domain::{ConsentId, Date, InquiryId, MyNumber, ProgrammeCode, Purpose};
use jiff::{SignedDuration, Timestamp};
use store::Consent;

const ID_LIMIT: usize = 40;
const WORD_LIMIT: usize = 40;
const PROGRAMMES_LIMIT: usize = 200;
/// By so much a caller's clock may be wrong.
const LEEWAY: SignedDuration = SignedDuration::from_hours(1);

/// An inquiry as it comes in, well formed.
pub(crate) struct Wanted {
    /// The id under which it can be repeated; given here or made.
    pub(crate) inquiry: Option<InquiryId>,
    pub(crate) consent: ConsentId,
    pub(crate) my_number: MyNumber,
    pub(crate) birth_date: Date,
    purpose: Option<Purpose>,
    programmes: Option<Vec<ProgrammeCode>>,
}

impl Wanted {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, Problem> {
        let inquiry = fields.optional_text("inquiry", ID_LIMIT)?;
        let consent = fields.text("consent", ID_LIMIT)?;
        let purpose = fields.optional_text("purpose", WORD_LIMIT)?;
        let programmes = fields.optional_text("programmes", PROGRAMMES_LIMIT)?;
        let my_number = fields.my_number("my_number")?;
        let birth_date = fields.date("birth_date")?;
        fields.done()?;
        let inquiry = inquiry.map(|text| text.expose().parse()).transpose();
        let consent = consent.expose().parse();
        let purpose = purpose.map(|text| text.expose().parse()).transpose();
        let programmes = programmes.map(|text| text.expose().split(' ').map(str::parse).collect());
        let programmes: Option<Result<_, _>> = programmes;
        Ok(Self {
            inquiry: inquiry.map_err(|_| Problem::invalid("inquiry", Fault::Id))?,
            consent: consent.map_err(|_| Problem::invalid("consent", Fault::Id))?,
            my_number,
            birth_date,
            purpose: purpose.map_err(|_| Problem::invalid("purpose", Fault::Purpose))?,
            programmes: programmes
                .transpose()
                .map_err(|_| Problem::invalid("programmes", Fault::Programmes))?,
        })
    }

    /// By the time in its id an inquiry has its place among the others: one that says another time than that
    /// between its basis and now would stand where nobody looks.
    pub(crate) fn is_of_its_time(&self, consent: &Consent, now: Timestamp) -> Result<(), Problem> {
        let Some(made_at) = self.inquiry.map(|inquiry| inquiry.made_at()) else {
            return Ok(());
        };
        if (consent.recorded_at - LEEWAY..=now + LEEWAY).contains(&made_at) {
            Ok(())
        } else {
            Err(Problem::invalid("inquiry", Fault::Id))
        }
    }

    /// Whoever says for what they ask must not say more than was recorded.
    pub(crate) fn is_within(&self, consent: &Consent) -> Result<(), Problem> {
        let programmes = self.programmes.iter().flatten();
        let within = self.purpose.is_none_or(|it| it == consent.purpose)
            && programmes
                .into_iter()
                .all(|programme| consent.programmes.contains(programme));
        if within {
            Ok(())
        } else {
            Err(Problem::new(Code::ScopeExceeded))
        }
    }
}
