//! How sealed content is laid out: parts of known length, and parts that say theirs.

use domain::{CouponNumber, OwnedText, Text};
use jiff::civil::Date;

/// Bytes end too early, or say something that was never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut;

pub(crate) fn write_date(date: Date, out: &mut Vec<u8>) {
    out.extend_from_slice(&date.year().to_be_bytes());
    out.extend_from_slice(&date.month().to_be_bytes());
    out.extend_from_slice(&date.day().to_be_bytes());
}

/// Fields hold at most 4 KB, so two bytes of length are enough; longer ones cannot get here.
pub(crate) fn write_bytes(value: &[u8], out: &mut Vec<u8>) {
    let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(value.get(..usize::from(len)).unwrap_or(value));
}

pub(crate) fn write_text(text: &Text<'_>, out: &mut Vec<u8>) {
    write_bytes(text.utf8.as_bytes(), out);
    write_bytes(text.original.unwrap_or_default(), out);
}

/// Reads in the order in which it was written.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Cut> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Cut> {
        self.take(N)?.try_into().map_err(|_| Cut)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Cut> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    pub(crate) fn date(&mut self) -> Result<Date, Cut> {
        let year = i16::from_be_bytes(self.array()?);
        let (month, day) = (
            i8::from_be_bytes(self.array()?),
            i8::from_be_bytes(self.array()?),
        );
        Date::new(year, month, day).map_err(|_| Cut)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Cut> {
        let len = u16::from_be_bytes(self.array()?);
        self.take(usize::from(len))
    }

    pub(crate) fn str(&mut self) -> Result<&'a str, Cut> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Cut)
    }

    pub(crate) fn string(&mut self) -> Result<String, Cut> {
        self.str().map(str::to_owned)
    }

    pub(crate) fn text(&mut self) -> Result<OwnedText, Cut> {
        let utf8 = self.string()?.into();
        let original = self.bytes()?;
        let original = (!original.is_empty()).then(|| original.to_vec().into());
        Ok(OwnedText { utf8, original })
    }

    pub(crate) fn coupon(&mut self) -> Result<CouponNumber, Cut> {
        CouponNumber::from_u64(u64::from_be_bytes(self.array()?)).map_err(|_| Cut)
    }
}
