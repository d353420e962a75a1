use crypto::{PersonTag, Sha256};
use domain::{
    Basis, ConsentId, ConsentLife, Date, EvidenceKind, MyNumber, ProgrammeCode, Purpose, StaffTag,
};
use jiff::{Span, Timestamp};
use store::{Consent, Evidence};

/// A basis that is to be recorded, its parts checked by the rules of [`Basis`]. No `Debug`: it names a
/// person.
pub struct NewBasis {
    /// In the reading of the law of today.
    pub basis: &'static Basis,
    /// What is asked for.
    pub purpose: Purpose,
    /// The programmes, each once, in ascending order.
    pub programmes: Vec<ProgrammeCode>,
    /// Number of the form or decision.
    pub number: String,
    /// SHA-256 of the form's scan.
    pub scan: Option<[u8; 32]>,
    /// The day on which the form was signed; or on which it was decided, where that is known.
    pub signed_on: Option<Date>,
    /// How long it is to hold, if less than it may.
    pub days: Option<u8>,
    /// About whom.
    pub my_number: MyNumber,
    /// About whom.
    pub birth_date: Date,
}

impl NewBasis {
    /// As it will be stored: of the person, only what binds it to them.
    #[must_use]
    pub fn consent(
        &self,
        id: ConsentId,
        person: &PersonTag,
        recorder: StaffTag,
        now: Timestamp,
    ) -> Consent {
        let kind = self.basis.evidence();
        let once = match kind {
            EvidenceKind::ScannedForm => Sha256::of_parts(&[&b"form"[..], self.number.as_bytes()]),
            EvidenceKind::Decision => person.evidence_digest(&self.number, self.birth_date),
        };
        Consent {
            id,
            basis: self.basis.code().to_owned(),
            purpose: self.purpose,
            programmes: self.programmes.clone(),
            evidence: Evidence {
                kind,
                number: self.number.clone(),
                scan: self.scan,
                signed_on: self.signed_on,
                once,
            },
            person: person.digest(id, self.birth_date),
            life: self.life(self.signed_on, recorder, now),
            recorded_at: now,
            approved_by: None,
        }
    }

    fn life(&self, signed_on: Option<Date>, recorder: StaffTag, now: Timestamp) -> ConsentLife {
        let life = ConsentLife::recorded(self.basis, recorder, now, self.days);
        let last_day = signed_on.map(|day| self.last_day_from(day));
        last_day.map_or(life, |day| life.to_the_end_of(day))
    }

    /// The last day on which one may ask, by the day of the form.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        self.signed_on.map(|day| self.last_day_from(day))
    }

    fn last_day_from(&self, signed_on: Date) -> Date {
        let longest = self.basis.last_day(signed_on);
        let days = self.days.map(|days| Span::new().days(days));
        let wanted = days.and_then(|days| signed_on.checked_add(days).ok());
        wanted.map_or(longest, |wanted| wanted.min(longest))
    }

    /// Whether a recorded one ends when this one would, had it been recorded then; without a term of its own,
    /// it ends when that one does.
    fn ends_with(&self, recorded: &Consent) -> bool {
        let signed_on = self.signed_on.or(recorded.evidence.signed_on);
        let life = self.life(signed_on, recorded.life.recorder(), recorded.recorded_at);
        self.days.is_none() || life.expires_at() == recorded.life.expires_at()
    }

    /// Whether a recorded one is about this person.
    #[must_use]
    pub fn is_about(&self, recorded: &Consent, person: &PersonTag) -> bool {
        let digest = person.digest(recorded.id, self.birth_date);
        recorded.person.is(&digest)
    }

    /// Whether a recorded one says the same, so that this is a repeat of it. A scan, or a day, that one of them
    /// does not name is none that differs.
    #[must_use]
    pub fn is(&self, recorded: &Consent, person: &PersonTag) -> bool {
        let evidence = &recorded.evidence;
        recorded.basis == self.basis.code()
            && recorded.purpose == self.purpose
            && recorded.programmes == self.programmes
            && evidence.number == self.number
            && alike(evidence.scan, self.scan)
            && alike(evidence.signed_on, self.signed_on)
            && self.ends_with(recorded)
            && self.is_about(recorded, person)
    }
}

/// Nothing is said against what is not known.
fn alike<T: PartialEq>(before: Option<T>, now: Option<T>) -> bool {
    before.zip(now).is_none_or(|(before, now)| before == now)
}
