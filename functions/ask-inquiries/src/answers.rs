//! The answers as a file for the municipality.

use std::collections::BTreeMap;

use asking::{Found, FoundDose};
use domain::{Encoding, ProductCode, TenantCode, programme};
use layouts::SafeCsvError;
use layouts::inquiries::{AnsweredDose, AnswersWriter};
use objects::ObjectName;

use crate::{
    AskInquiries, AskInquiriesError,
    file::{Work, not_as_checked},
};

impl AskInquiries {
    /// Writes the answers in the order of the file and in its encoding, or in UTF-8 if that lacks a
    /// character, which a lot of another municipality's may have; they replace what a worker before has
    /// written.
    pub(crate) async fn write_answers(
        &self,
        work: &Work<'_>,
        answers: &BTreeMap<u32, (String, Found)>,
    ) -> Result<(), AskInquiriesError> {
        let encoding = work.upload.encoding.ok_or(not_as_checked("encoding"))?;
        let csv = match csv(answers, encoding) {
            Err(AskInquiriesError::Answers(SafeCsvError::NotEncodable { .. })) => {
                csv(answers, Encoding::Utf8 { bom: true })
            }
            csv => csv,
        };
        let name = ObjectName::Answers(work.upload.id);
        let mut object = self.drop.writer(work.scope, &name);
        object.write(&csv?).await?;
        object.finish().await?;
        Ok(())
    }
}

fn csv(
    answers: &BTreeMap<u32, (String, Found)>,
    encoding: Encoding,
) -> Result<Vec<u8>, AskInquiriesError> {
    let doses = answers.values().flat_map(|(_, found)| found.doses());
    let most = doses.map(|dose| dose.number).max().unwrap_or_default();
    let mut csv = AnswersWriter::new(Vec::new(), encoding, most)?;
    for (reference, found) in answers.values() {
        let doses: Option<Vec<_>> = found.doses().iter().map(answered).collect();
        let doses = doses.ok_or(not_as_checked("an answer"))?;
        csv.answer(reference, &doses)?;
    }
    Ok(csv.finish()?)
}

/// `None` for what no holder of ours answers.
fn answered(dose: &FoundDose) -> Option<AnsweredDose<'_>> {
    let code: ProductCode = dose.product.parse().ok()?;
    let known = programme(dose.programme.parse().ok()?)?;
    Some(AnsweredDose {
        programme: &dose.programme,
        number: dose.number,
        given_on: dose.given_on.parse().ok()?,
        holder: TenantCode::parse(&dose.holder).ok()?,
        // The tables keep every vaccine they ever had.
        maker: known.product(code)?.maker(),
        lot: &dose.lot,
    })
}
