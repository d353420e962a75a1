use std::fmt;

use thiserror::Error;

use super::{DoseNumber, ProgrammeCode, programme};
use crate::{CouponNumber, TenantCode, TenantCodeError};

/// What a coupon pays for (券種別).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CouponKind {
    /// 1, 予診のみ: the interview was held, and nothing was given.
    InterviewOnly,
    /// 2, 接種.
    Vaccination,
}

/// The line under a coupon (接種券), printed in OCR-B and in the QR code: kind 1, dose number 1, municipality code 6,
/// coupon number 10. Only the municipality code has a check digit, so a line that reads well can still be
/// misread. `Debug` does not show the coupon number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CouponLine {
    /// What the coupon pays for.
    pub kind: CouponKind,
    /// The dose it was sent for.
    pub number: DoseNumber,
    /// Who issued it.
    pub municipality: TenantCode,
    /// 券番号.
    pub coupon: CouponNumber,
}

/// Why something is not the line of a coupon. Carries nothing of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum CouponLineError {
    /// Not 18 characters: a digit was lost or read twice.
    #[error("a coupon line has 18 digits")]
    Length,
    /// Something else than the digits 0 to 9: full-width digits, O for 0, l for 1, blanks.
    #[error("a coupon line has the digits 0 to 9 only")]
    NotDigits,
    /// The first digit is neither 1 nor 2.
    #[error("a coupon line begins with 1 or 2")]
    Kind,
    /// The second digit is 0, or above the doses of the programme.
    #[error("the programme has no dose of the number in the coupon line")]
    DoseNumber,
    /// The check digit of the municipality code is wrong.
    #[error("the check digit of the municipality code is wrong")]
    CheckDigit,
    /// No municipality has the code.
    #[error("no municipality has the code in the coupon line")]
    UnknownMunicipality,
    /// The coupon is for an interview only: nothing was given.
    #[error("the coupon is for an interview only")]
    InterviewOnly,
}

impl CouponLine {
    /// The programme whose coupons have this line.
    pub const PROGRAMME: ProgrammeCode = ProgrammeCode::COVID19;

    /// Reads 18 ASCII digits. Nothing is folded, padded or guessed: what a camera or a person took for
    /// something else than a digit has to be looked at again.
    pub fn parse(text: &str) -> Result<Self, CouponLineError> {
        if text.chars().count() != 18 {
            return Err(CouponLineError::Length);
        }
        let digits: &[u8; 18] = text
            .as_bytes()
            .try_into()
            .map_err(|_| CouponLineError::NotDigits)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(CouponLineError::NotDigits);
        }
        let [kind, number, ..] = *digits;
        let kind = match kind {
            b'1' => CouponKind::InterviewOnly,
            b'2' => CouponKind::Vaccination,
            _ => return Err(CouponLineError::Kind),
        };
        let most = programme(Self::PROGRAMME).map(super::Programme::most);
        let number = DoseNumber::new(number - b'0')
            .filter(|&number| most.is_some_and(|most| number <= most))
            .ok_or(CouponLineError::DoseNumber)?;
        let (municipality, coupon) = (text.get(2..8), digits.get(8..));
        let municipality =
            TenantCode::parse(municipality.unwrap_or_default()).map_err(|error| match error {
                TenantCodeError::Unknown => CouponLineError::UnknownMunicipality,
                TenantCodeError::CheckDigit
                | TenantCodeError::Length
                | TenantCodeError::NotDigits => CouponLineError::CheckDigit,
            })?;
        let coupon = CouponNumber::parse(coupon.unwrap_or_default())
            .map_err(|_| CouponLineError::NotDigits)?;
        Ok(Self {
            kind,
            number,
            municipality,
            coupon,
        })
    }

    /// The same, and the coupon must be one for a vaccination: what a dose is recorded from.
    pub fn parse_vaccination(text: &str) -> Result<Self, CouponLineError> {
        let line = Self::parse(text)?;
        match line.kind {
            CouponKind::Vaccination => Ok(line),
            CouponKind::InterviewOnly => Err(CouponLineError::InterviewOnly),
        }
    }
}

impl CouponLineError {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Length,
        Self::NotDigits,
        Self::Kind,
        Self::DoseNumber,
        Self::CheckDigit,
        Self::UnknownMunicipality,
        Self::InterviewOnly,
    ];

    /// The code it is shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Length => "coupon-line-length",
            Self::NotDigits => "coupon-line-not-digits",
            Self::Kind => "coupon-line-kind",
            Self::DoseNumber => "coupon-line-dose-number",
            Self::CheckDigit => "coupon-line-check-digit",
            Self::UnknownMunicipality => "coupon-line-municipality",
            Self::InterviewOnly => "coupon-line-interview-only",
        }
    }

    /// For whoever stands in the venue: what is wrong, what to do.
    #[must_use]
    pub const fn text_ja(self) -> &'static str {
        match self {
            Self::Length => "接種券の番号が18桁ではありません。もう一度読み取ってください。",
            Self::NotDigits => {
                "接種券の番号に半角数字以外の文字(全角数字、英字のOやlなど)があります。もう一度読み取ってください。"
            }
            Self::Kind => {
                "接種券の番号の1桁目(券種別)が1でも2でもありません。もう一度読み取ってください。"
            }
            Self::DoseNumber => {
                "接種券の番号の2桁目(接種回)がこの予防接種にありません。もう一度読み取ってください。"
            }
            Self::CheckDigit => {
                "接種券の番号の自治体コードの検査数字が合いません。もう一度読み取ってください。"
            }
            Self::UnknownMunicipality => {
                "接種券の番号の自治体コードに当たる自治体がありません。もう一度読み取ってください。"
            }
            Self::InterviewOnly => {
                "予診のみの接種券です。接種した場合は接種用の接種券を読み取ってください。"
            }
        }
    }
}

impl fmt::Display for CouponKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InterviewOnly => "interview-only",
            Self::Vaccination => "vaccination",
        })
    }
}
