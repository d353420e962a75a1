//! The holder's answer: whether the basis holds, what is given, and the entry that is written with it.

use crypto::{KeyLabel, NoncePool, OpenError, Place, ResidentTag, TenantKeys};
use domain::{Generation, TenantScope, TenantSettings};
use futures::future::try_join;
use invocations::{HolderAnswer, HolderAsk};
use jiff::Timestamp;
use store::{Answering, Consent, HolderOutcome, LogEvent, NewAnswer, answer_place};

use crate::{AnswerError, AnswerInquiry, asked::Asked, doses};

const SEALED: &str = "sealed";
const SCHEMA: u8 = 1;

/// Where the person is looked for.
pub(crate) struct Holding<'a> {
    pub(crate) scope: &'a TenantScope,
    pub(crate) keys: &'a TenantKeys,
    pub(crate) settings: &'a TenantSettings,
    /// In force a moment ago.
    pub(crate) generation: Generation,
}

/// What the holder makes of the question.
struct Decided {
    outcome: HolderOutcome,
    /// Records of whoever was asked about; the log names the first.
    residents: Vec<ResidentTag>,
    answer: HolderAnswer,
}

impl Decided {
    fn none(outcome: HolderOutcome, residents: Vec<ResidentTag>) -> Self {
        Self {
            outcome,
            residents,
            answer: HolderAnswer { doses: Vec::new() },
        }
    }
}

impl AnswerInquiry {
    /// `None` when the basis does not hold for this inquiry and person.
    pub(crate) async fn answer(
        &self,
        ask: &HolderAsk,
    ) -> Result<Option<HolderAnswer>, AnswerError> {
        let now = self.clock.now();
        let holder = ask.holder_scope();
        let consent = self.store.consent(&ask.asker_scope(), &ask.consent).await?;
        let Some(consent) = consent.filter(|consent| fits(consent, ask, now)) else {
            return Ok(None);
        };
        let (tenant, register) = (self.store.tenant(&holder), self.store.register(&holder));
        let (tenant, register) = try_join(tenant, register).await?;
        // Who has left holds nothing, and has no log.
        let Some(tenant) = tenant else {
            return Ok(Some(HolderAnswer { doses: Vec::new() }));
        };
        let keys = tenant.keys(&holder, &self.keys, now).await?;
        let place = Holding {
            scope: &holder,
            keys: &keys,
            settings: &tenant.settings,
            generation: register.generation(),
        };
        let asked = self.asked_about(ask, &place).await?;
        let decided = self.decide(ask, &consent, &place, &asked).await?;
        let sealed = seal(&keys, ask, &decided.answer);
        let doses = u32::try_from(decided.answer.doses.len()).unwrap_or(u32::MAX);
        let new = NewAnswer {
            asker: ask.asker,
            inquiry: ask.inquiry,
            basis_ends: consent.life.expires_at(),
            event: LogEvent::Answered {
                inquiry: ask.inquiry,
                asker: ask.asker,
                terms: consent.terms(),
                resident: decided.residents.first().copied(),
                outcome: decided.outcome,
                doses,
                protected: asked.iter().any(Asked::may_be_protected),
            },
            residents: &decided.residents,
            sealed: &sealed,
        };
        match self.store.record_answer(&holder, &new, now).await? {
            Answering::Written => Ok(Some(decided.answer)),
            Answering::Before(sealed) => Ok(Some(open(&keys, ask, &sealed)?)),
        }
    }

    async fn decide(
        &self,
        ask: &HolderAsk,
        consent: &Consent,
        holding: &Holding<'_>,
        asked: &[Asked],
    ) -> Result<Decided, AnswerError> {
        // They were asked about, by their number, and are entitled to know.
        let mut tags: Vec<_> = asked.iter().map(Asked::tag).collect();
        if !asked.iter().any(|it| it.was_born_on(ask.birth_date)) {
            return Ok(Decided::none(HolderOutcome::NoMatch, tags));
        }
        let protected = asked.iter().position(Asked::may_be_protected);
        if let Some(at) = protected
            && holding.settings.hold_protected
            && !self.is_released(ask, holding, &tags).await?
        {
            tags.swap(0, at);
            return Ok(Decided::none(HolderOutcome::Held, tags));
        }
        let mut doses = Vec::new();
        for record in asked {
            let of = record.items.doses(holding.keys, record.generation);
            let of = of.map_err(|error| AnswerError::from(error).of_record(record.tag()))?;
            doses.extend(doses::in_scope(&of, &consent.programmes));
        }
        if doses.is_empty() {
            return Ok(Decided::none(HolderOutcome::NoDoses, tags));
        }
        doses::put_together(&mut doses);
        Ok(Decided {
            outcome: HolderOutcome::Given,
            residents: tags,
            answer: HolderAnswer { doses },
        })
    }

    /// What was decided about one record of a person was decided about the person.
    async fn is_released(
        &self,
        ask: &HolderAsk,
        holding: &Holding<'_>,
        tags: &[ResidentTag],
    ) -> Result<bool, AnswerError> {
        let (scope, now) = (holding.scope, self.clock.now());
        for tag in tags {
            let released = self.store.is_released(scope, tag, ask.asker, now).await;
            if released.map_err(|error| AnswerError::from(error).of_record(*tag))? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The basis is claimed by this inquiry, holds, and is about this person; and nobody asks themselves.
fn fits(consent: &Consent, ask: &HolderAsk, now: Timestamp) -> bool {
    let person = ask.person.digest(ask.consent, ask.birth_date);
    ask.asker != ask.holder
        && consent.life.answer(ask.inquiry, now).is_ok()
        && consent.person.is(&person)
}

fn seal(keys: &TenantKeys, ask: &HolderAsk, answer: &HolderAnswer) -> Vec<u8> {
    let (pk, sk) = answer_place(&ask.holder_scope(), ask.asker, &ask.inquiry);
    let sealer = keys.sealer(KeyLabel::of(Generation::NONE));
    let plain = HolderAnswer::to_json(Some(answer));
    sealer.seal(
        &mut NoncePool::default(),
        &place(ask.holder.as_str(), &pk, sk),
        &plain,
    )
}

fn open(keys: &TenantKeys, ask: &HolderAsk, sealed: &[u8]) -> Result<HolderAnswer, OpenError> {
    let (pk, sk) = answer_place(&ask.holder_scope(), ask.asker, &ask.inquiry);
    let label = KeyLabel::of(Generation::NONE);
    let plain = keys.open_under(label, &place(ask.holder.as_str(), &pk, sk), sealed)?;
    HolderAnswer::from_json(&plain).map_err(|_| OpenError::UnknownForm)
}

fn place<'a>(tenant: &'a str, pk: &'a str, sk: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "records",
        pk: pk.as_bytes(),
        sk: sk.as_bytes(),
        attribute: SEALED,
        schema: SCHEMA,
    }
}
