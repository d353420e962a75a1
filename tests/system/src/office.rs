//! The doses of one municipality, through the project's own recorder.

use std::sync::Arc;

use crypto::{ResidentTag, TenantKeys};
use domain::{
    CouponNumber, Date, Dose, DoseNumber, KnownLots, LotNumber, ProgrammeCode, TenantScope,
};
use jiff::Timestamp;
use recording::{Area, Incoming, Outcome, Recorder, Second, Whom};
use store::{DoseCounts, DoseList, Listed, PersonDoses, Source};

use crate::{
    file::Row,
    town::{Town, scope},
};

/// Where doses of a municipality are recorded.
pub struct Office {
    /// The recorder, with the rights of the stack's owner.
    pub recorder: Recorder,
    /// The municipality's keys.
    pub keys: Arc<TenantKeys>,
    /// The lots that were delivered to it.
    pub lots: KnownLots,
    scope: TenantScope,
    clock: Arc<dyn domain::Clock>,
}

impl Office {
    /// The office of a municipality of the town.
    pub async fn of(town: &Town, code: &str) -> Self {
        let adapters = town.stack.adapters();
        let (store, scope) = (town.store(), scope(code));
        let tenant = store.tenant(&scope).await.unwrap().unwrap();
        let now = adapters.clock().now();
        let keys = tenant.keys(&scope, &adapters.keys(), now).await.unwrap();
        Self {
            recorder: Recorder::new(store),
            keys,
            lots: tenant.settings.lots,
            scope,
            clock: adapters.clock(),
        }
    }

    /// For whom things are done here.
    #[must_use]
    pub fn area(&self) -> Area<'_> {
        Area {
            scope: &self.scope,
            keys: &self.keys,
            lots: &self.lots,
        }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Records a dose.
    pub async fn record(&self, incoming: &Incoming) -> Outcome {
        let area = self.area();
        let recorded = self.recorder.record(&area, incoming, self.now());
        recorded.await.unwrap()
    }

    /// Whom a row of a residents file is about.
    #[must_use]
    pub fn tag(&self, row: &Row) -> ResidentTag {
        self.keys.resident_tag(row.cell("個別宛名番号"))
    }

    /// The person of a row, and their doses.
    pub async fn doses(&self, row: &Row) -> PersonDoses {
        let store = self.recorder.store();
        let register = store.register(&self.scope).await.unwrap();
        let (tag, generation) = (self.tag(row), register.generation());
        let doses = store.person_doses(&self.scope, &self.keys, &tag, generation);
        doses.await.unwrap()
    }

    /// How many doses there are of each kind.
    pub async fn counts(&self) -> DoseCounts {
        let counts = self.recorder.store().dose_counts(&self.scope);
        counts.await.unwrap()
    }

    /// All entries of a list, read in parts of two.
    pub async fn list(&self, list: DoseList) -> Vec<Listed> {
        let mut entries = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let store = self.recorder.store();
            let page = store.dose_list(&self.scope, &self.keys, list, 2, after.as_deref());
            let page = page.await.unwrap();
            entries.extend(page.entries);
            after = page.next;
            if after.is_none() {
                return entries;
            }
        }
    }

    /// Attaches what waits, as after a residents file.
    pub async fn attach(&self) -> u64 {
        let mut after: Option<String> = None;
        let mut attached = 0;
        loop {
            let area = self.area();
            let some = self
                .recorder
                .attach_some(&area, 3, after.as_deref(), &*self.clock);
            let (counts, next) = some.await.unwrap();
            attached += counts.total() - counts.waiting;
            after = next;
            if after.is_none() {
                return attached;
            }
        }
    }
}

/// A first dose of the person of a row, named by their coupon, with their birth date.
#[must_use]
pub fn first_dose(row: &Row) -> Incoming {
    let coupon = CouponNumber::parse(row.cell("券番号").as_bytes()).unwrap();
    let born = domain::parse_date(row.cell("生年月日")).unwrap();
    Incoming {
        dose: Dose {
            programme: ProgrammeCode::COVID19,
            number: DoseNumber::FIRST,
            given_on: Date::constant(2021, 3, 1),
            product: "COMIRNATY".parse().unwrap(),
            lot: LotNumber::parse("EP2163").unwrap(),
            venue: None,
            physician: None,
            coupon: Some(coupon),
        },
        whom: Whom::Coupon(coupon),
        second: Second::BirthDate(born),
        by: String::from("nurse").into(),
        source: Source::Api,
        once: None,
    }
}
