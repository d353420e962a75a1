//! The coupon that a body names: by the line under it, or by its number and municipality.

use api::{Code, Fault, Fields, Problem};
use domain::{
    CouponLine, CouponLineError, CouponNumber, DoseNumber, ProgrammeCode, Sensitive, TenantCode,
    TenantScope, municipality,
};

/// Room for a line that has too many digits.
const LINE_LIMIT: usize = 40;
const SHORT_LIMIT: usize = 20;

/// A coupon as it was given.
pub(crate) enum GivenCoupon {
    Line(Sensitive<String>),
    Number {
        coupon: Sensitive<String>,
        municipality: Sensitive<String>,
    },
}

/// A coupon of the caller's municipality.
pub(crate) struct OwnCoupon {
    pub(crate) number: CouponNumber,
    /// What the line says of the dose.
    pub(crate) dose: Option<(ProgrammeCode, DoseNumber)>,
}

impl GivenCoupon {
    pub(crate) fn take(fields: &mut Fields) -> Result<Self, Problem> {
        match fields.optional_text("line", LINE_LIMIT)? {
            Some(line) => Ok(Self::Line(line)),
            None => Ok(Self::Number {
                coupon: fields.text("coupon", SHORT_LIMIT)?,
                municipality: fields.text("municipality", SHORT_LIMIT)?,
            }),
        }
    }

    /// The coupon, if the caller's municipality issued it. One of another is refused by that one's name.
    pub(crate) fn own(&self, scope: &TenantScope) -> Result<OwnCoupon, Problem> {
        let (code, own) = match self {
            Self::Line(line) => {
                let line = CouponLine::parse_vaccination(line.expose());
                let line = line.map_err(|error| Problem::invalid("line", fault(error)))?;
                let dose = Some((CouponLine::PROGRAMME, line.number));
                let number = line.coupon;
                (line.municipality, OwnCoupon { number, dose })
            }
            Self::Number {
                coupon,
                municipality,
            } => {
                let code = TenantCode::parse(municipality.expose());
                let code =
                    code.map_err(|_| Problem::invalid("municipality", Fault::Municipality))?;
                let number = CouponNumber::parse(coupon.expose().as_bytes());
                let number = number.map_err(|_| Problem::invalid("coupon", Fault::CouponNumber))?;
                (code, OwnCoupon { number, dose: None })
            }
        };
        if code == scope.code() {
            Ok(own)
        } else {
            Err(elsewhere(code))
        }
    }
}

fn elsewhere(code: TenantCode) -> Problem {
    let name = municipality(code).map_or("", |it| it.name());
    let of = serde_json::json!({ "code": code.as_str(), "name": name });
    Problem::new(Code::CouponElsewhere).with("municipality", of)
}

const fn fault(error: CouponLineError) -> Fault {
    match error {
        CouponLineError::Length => Fault::LineLength,
        CouponLineError::NotDigits => Fault::LineDigits,
        CouponLineError::Kind => Fault::LineKind,
        CouponLineError::DoseNumber => Fault::LineDoseNumber,
        CouponLineError::CheckDigit => Fault::LineCheckDigit,
        CouponLineError::UnknownMunicipality => Fault::LineMunicipality,
        CouponLineError::InterviewOnly => Fault::LineInterviewOnly,
    }
}
