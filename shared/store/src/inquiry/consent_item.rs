use aws_sdk_dynamodb::types::AttributeValue;
use crypto::PersonDigest;
use domain::{
    ConsentId, ConsentLife, Date, EvidenceKind, InquiryId, ProgrammeCode, Purpose, StaffTag, Stage,
    TenantScope,
};
use jiff::Timestamp;

use crate::{
    StoreError,
    item::{Item, Map, as_stored, b, bytes, n, s, time},
    keys::{self, SCHEMA},
};

/// A recorded legal basis. Nothing in it says who the person is.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// Code of the basis.
    pub basis: String,
    /// What is asked for.
    pub purpose: Purpose,
    /// Programmes of which doses may be given.
    pub programmes: Vec<ProgrammeCode>,
    /// What proves it.
    pub evidence: Evidence,
    /// Binds it to the person.
    pub person: PersonDigest,
    /// How far it has come.
    pub life: ConsentLife,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who approved it, where that is needed.
    pub approved_by: Option<StaffTag>,
}

/// What proves a basis. The document itself stays with the municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Kind of the document.
    pub kind: EvidenceKind,
    /// Its number.
    pub number: String,
    /// SHA-256 of its scan.
    pub scan: Option<[u8; 32]>,
    /// The day on which it was signed or decided.
    pub signed_on: Option<Date>,
    /// SHA-256 of what it may be recorded for only once: a form as such, a decision for one person.
    pub once: [u8; 32],
}

pub(crate) const STAGES: [(&str, Stage); 3] = [
    ("draft", Stage::Draft),
    ("granted", Stage::Granted),
    ("revoked", Stage::Revoked),
];

pub(crate) fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Draft => "draft",
        Stage::Granted => "granted",
        Stage::Claimed(_) => "claimed",
        Stage::Answered(_) => "answered",
        Stage::Revoked => "revoked",
    }
}

/// Programmes as one text.
pub(crate) fn programme_words(programmes: &[ProgrammeCode]) -> String {
    let words: Vec<_> = programmes.iter().map(ToString::to_string).collect();
    words.join(" ")
}

impl Consent {
    pub(crate) fn to_item(&self, scope: &TenantScope) -> Map {
        let mut pairs = vec![
            ("pk", s(keys::consents(scope))),
            ("sk", s(self.id.to_string())),
            ("v", n(SCHEMA)),
            ("basis", s(&self.basis)),
            ("purpose", s(self.purpose.as_str())),
            ("programmes", s(programme_words(&self.programmes))),
            ("evidence", s(evidence_word(self.evidence.kind))),
            ("evidence_number", s(&self.evidence.number)),
            ("evidence_once", b(&self.evidence.once)),
            ("person", b(self.person.as_bytes())),
            ("stage", s(stage_word(self.life.stage()))),
            ("recorder", b(self.life.recorder().as_bytes())),
            ("recorded_at", time(self.recorded_at)),
            ("expires_at", time(self.life.expires_at())),
        ];
        if let Some(scan) = &self.evidence.scan {
            pairs.push(("scan", b(scan)));
        }
        if let Some(day) = &self.evidence.signed_on {
            pairs.push(("signed_on", s(day.to_string())));
        }
        if let Some(approver) = &self.approved_by {
            pairs.push(("approver", b(approver.as_bytes())));
        }
        let own = |(name, value): (&str, AttributeValue)| (name.to_owned(), value);
        pairs.into_iter().map(own).collect()
    }

    pub(crate) fn read(map: &Map) -> Result<Self, StoreError> {
        let item = Item(map);
        let damaged = |what| StoreError::Damaged { what };
        let programmes = item.text("programmes")?.split(' ').map(str::parse);
        let kind = match item.text("evidence")? {
            "scanned_form" => EvidenceKind::ScannedForm,
            "decision" => EvidenceKind::Decision,
            _ => return Err(damaged("evidence")),
        };
        let signed_on = item.maybe_text("signed_on").map(str::parse).transpose();
        let scan = item.maybe_bytes("scan").map(bytes).transpose();
        let approver = item.maybe_bytes("approver").map(bytes).transpose();
        let recorder = StaffTag::from_bytes(bytes(item.bytes("recorder")?)?);
        let life = ConsentLife::stored(read_stage(item)?, recorder, item.time("expires_at")?);
        Ok(Self {
            id: item.text("sk")?.parse().map_err(|_| damaged("consent"))?,
            basis: item.text("basis")?.to_owned(),
            purpose: item
                .text("purpose")?
                .parse()
                .map_err(|_| damaged("purpose"))?,
            programmes: programmes
                .collect::<Result<_, _>>()
                .map_err(|_| damaged("programmes"))?,
            evidence: Evidence {
                kind,
                number: item.text("evidence_number")?.to_owned(),
                scan: scan?,
                signed_on: signed_on.map_err(|_| damaged("signed_on"))?,
                once: bytes(item.bytes("evidence_once")?)?,
            },
            person: PersonDigest::from_bytes(bytes(item.bytes("person")?)?),
            life,
            recorded_at: item.time("recorded_at")?,
            approved_by: approver?.map(StaffTag::from_bytes),
        })
    }

    /// As it reads back, its times cut to what is stored.
    #[must_use]
    pub fn stored(self) -> Self {
        let (life, recorded_at) = (self.life, as_stored(self.recorded_at));
        let expires = as_stored(life.expires_at());
        Self {
            life: ConsentLife::stored(life.stage(), life.recorder(), expires),
            recorded_at,
            ..self
        }
    }
}

fn evidence_word(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::ScannedForm => "scanned_form",
        EvidenceKind::Decision => "decision",
    }
}

fn read_stage(item: Item<'_>) -> Result<Stage, StoreError> {
    let damaged = || StoreError::Damaged { what: "stage" };
    let word = item.text("stage")?;
    if let Some((_, stage)) = STAGES.into_iter().find(|(name, _)| *name == word) {
        return Ok(stage);
    }
    let inquiry: InquiryId = item.text("inquiry")?.parse().map_err(|_| damaged())?;
    match word {
        "claimed" => Ok(Stage::Claimed(inquiry)),
        "answered" => Ok(Stage::Answered(inquiry)),
        _ => Err(damaged()),
    }
}
