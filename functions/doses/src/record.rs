//! A dose that a venue records.

use api::{Code, Fault, Fields, Problem, Request, Response, Role};
use crypto::TenantKeys;
use domain::{
    Date, Dose, DoseNumber, FindingCode, LotNumber, LotNumberError, PhysicianName, ProductCode,
    ProgrammeCode, Sensitive, ShortText, ShortTextError, VenueName, parse_date, read_product,
};
use jiff::Timestamp;
use recording::{Correction, Incoming, Second, Whom};
use store::{Once, Source};

use crate::{
    Doses, answer,
    coupon::{GivenCoupon, OwnCoupon},
    token::{self, TOKEN_LIMIT},
};

/// Room for any form of a date, `令和 3年 4月 1日`, and for blanks around digits.
const DATE_LIMIT: usize = 30;
/// Room for a name of a vaccine as it is printed.
const PRODUCT_LIMIT: usize = 40;
const SHORT_LIMIT: usize = 20;
const VENUE_LIMIT: usize = 30;
const PHYSICIAN_LIMIT: usize = 20;

/// What was given to a person, as a body says it.
pub(crate) struct Given {
    on: Sensitive<String>,
    product: Sensitive<String>,
    lot: Sensitive<String>,
    venue: Option<Sensitive<String>>,
    physician: Option<Sensitive<String>>,
}

/// A body of `POST /doses`, field by field.
struct Body {
    coupon: GivenCoupon,
    programme: Option<Sensitive<String>>,
    number: Option<Sensitive<String>>,
    given: Given,
    birth_date: Option<Sensitive<String>>,
    token: Option<Sensitive<String>>,
}

impl Doses {
    pub(crate) async fn record(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Doses)?;
        let body = Body::read(request.fields()?)?;
        let key = request.idempotency_key()?;
        let coupon = body.coupon.own(request.caller().scope())?;
        let dose = body.dose(&coupon)?;
        let now = self.clock.now();
        let municipality = self.municipalities.of(request.caller().scope(), now);
        let municipality = municipality.await?;
        let keys = &municipality.keys;
        let by = request.caller().subject();
        let once = Once::new(keys, by, key, request.body());
        let area = municipality.area();
        let Some(second) = body.second(keys, &coupon, now)? else {
            // A repeat may come when its lookup is over: what it did is done.
            let before = self.recorder.remembered(&area, &once).await?;
            return answer::outcome(before.ok_or(Problem::new(Code::LookupExpired))?);
        };
        let incoming = Incoming {
            second,
            whom: Whom::Coupon(coupon.number),
            dose,
            by: by.to_owned().into(),
            source: Source::Api,
            once: Some(once),
        };
        answer::outcome(self.recorder.record(&area, &incoming, now).await?)
    }
}

impl Body {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let coupon = GivenCoupon::take(&mut fields)?;
        // A line says them itself.
        let (programme, number) = match coupon {
            GivenCoupon::Line(_) => (None, None),
            GivenCoupon::Number { .. } => (
                fields.optional_text("programme", SHORT_LIMIT)?,
                Some(fields.text("number", SHORT_LIMIT)?),
            ),
        };
        let given = Given::take(&mut fields)?;
        let birth_date = fields.optional_text("birth_date", DATE_LIMIT)?;
        let token = match birth_date {
            Some(_) => None,
            None => fields.optional_text("token", TOKEN_LIMIT)?,
        };
        fields.done()?;
        if birth_date.is_none() && token.is_none() {
            return Err(Problem::at(Code::FieldMissing, "birth_date"));
        }
        Ok(Self {
            coupon,
            programme,
            number,
            given,
            birth_date,
            token,
        })
    }

    fn dose(&self, coupon: &OwnCoupon) -> Result<Dose, Problem> {
        let (programme, number) = match (coupon.dose, &self.number) {
            (Some(of_line), _) => of_line,
            (None, number) => (
                programme(self.programme.as_ref())?,
                dose_number("number", number.as_ref())?,
            ),
        };
        let correction = self.given.read(programme)?;
        Ok(Dose {
            programme,
            number,
            given_on: correction.given_on,
            product: correction.product,
            lot: correction.lot,
            venue: correction.venue,
            physician: correction.physician,
            coupon: Some(coupon.number),
        })
    }

    /// `None` when the token shows nobody: it is too old, or of another coupon.
    fn second(
        &self,
        keys: &TenantKeys,
        coupon: &OwnCoupon,
        now: Timestamp,
    ) -> Result<Option<Second>, Problem> {
        if let Some(born) = &self.birth_date {
            return Ok(Some(Second::BirthDate(date("birth_date", born)?)));
        }
        let tag = keys.coupon_tag(coupon.number);
        let token = self.token.as_ref();
        let seen = token.and_then(|token| token::open(keys, &tag, token.expose(), now));
        Ok(seen.map(Second::Seen))
    }
}

impl Given {
    pub(crate) fn take(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            on: fields.text("given_on", DATE_LIMIT)?,
            product: fields.text("product", PRODUCT_LIMIT)?,
            lot: fields.text("lot", 2 * LotNumber::MOST)?,
            venue: fields.optional_text("venue", VENUE_LIMIT)?,
            physician: fields.optional_text("physician", PHYSICIAN_LIMIT)?,
        })
    }

    pub(crate) fn read(&self, programme: ProgrammeCode) -> Result<Correction, Problem> {
        Ok(Correction {
            given_on: date("given_on", &self.on)?,
            product: product(programme, &self.product)?,
            lot: LotNumber::parse(self.lot.expose())
                .map_err(|error| Problem::invalid("lot", lot_fault(error)))?,
            venue: short("venue", self.venue.as_ref())? as Option<VenueName>,
            physician: short("physician", self.physician.as_ref())? as Option<PhysicianName>,
        })
    }
}

fn date(name: &str, text: &Sensitive<String>) -> Result<Date, Problem> {
    parse_date(text.expose().trim()).map_err(|_| Problem::invalid(name, Fault::Date))
}

fn programme(text: Option<&Sensitive<String>>) -> Result<ProgrammeCode, Problem> {
    let Some(text) = text else {
        return Ok(ProgrammeCode::COVID19);
    };
    let code = text.expose().parse();
    code.map_err(|_| answer::refused(vec![FindingCode::UnknownProgramme.into()]))
}

pub(crate) fn dose_number(
    name: &str,
    text: Option<&Sensitive<String>>,
) -> Result<DoseNumber, Problem> {
    let number = text.and_then(|text| text.expose().parse().ok());
    number.ok_or_else(|| Problem::invalid(name, Fault::DoseNumber))
}

fn product(programme: ProgrammeCode, text: &Sensitive<String>) -> Result<ProductCode, Problem> {
    let product = read_product(programme, text.expose());
    product.map_err(|code| answer::refused(vec![code.into()]))
}

fn short<const MOST: usize>(
    name: &str,
    text: Option<&Sensitive<String>>,
) -> Result<Option<ShortText<MOST>>, Problem> {
    let text = text.map(|text| ShortText::parse(text.expose()));
    text.transpose()
        .map_err(|error| Problem::invalid(name, short_fault(error)))
}

const fn lot_fault(error: LotNumberError) -> Fault {
    match error {
        LotNumberError::Empty | LotNumberError::Unseen => Fault::Blank,
        LotNumberError::Long => Fault::TooLong,
    }
}

const fn short_fault(error: ShortTextError) -> Fault {
    match error {
        ShortTextError::Empty | ShortTextError::Unseen => Fault::Blank,
        ShortTextError::Long => Fault::TooLong,
    }
}
