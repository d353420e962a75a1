//! What must be so at the end of a life, whatever happened in it.

use std::collections::BTreeMap;

use domain::{ConsentId, ConsentState};
use serde_json::json;
use store::LogEvent;
use system::town::{CHIYODA, SAPPORO};

use super::super::world::scope;
use super::{Heard, Hears, Life, Seen};

impl Life {
    /// The model: one basis is one answer, and what was begun can be ended by whoever began it.
    pub(super) async fn judge(&self) {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        self.end(&mut seen).await;
        self.is_one_answer(&seen);
        refusals_are_known(&seen);
        self.logs_agree(&seen).await;
    }

    /// What stands granted or claimed is answered once its own inquiry comes again, in good weather.
    async fn end(&self, seen: &mut Seen) {
        let town = &self.stage.world.town;
        let id: ConsentId = self.consent.parse().unwrap();
        let stored = town.store().consent(&scope(CHIYODA), &id).await.unwrap();
        let now = town.stack.adapters().clock().now();
        let state = stored.unwrap().life.state(now);
        if !matches!(state, ConsentState::Granted | ConsentState::Claimed) {
            return;
        }
        for inquiry in 0..self.ids.len() {
            seen.heard.push(self.heard(inquiry, false).await);
        }
        let ended = seen.answered().next().is_some();
        assert!(ended, "it can be ended: {seen:#?}");
    }

    fn is_one_answer(&self, seen: &Seen) {
        let Some(first) = seen.answered().next() else {
            return;
        };
        assert!(!seen.revoked, "revoked, and answered: {seen:#?}");
        for heard in seen.answered() {
            assert_eq!(heard.inquiry, first.inquiry, "one inquiry: {seen:#?}");
            assert_eq!(
                heard.body, first.body,
                "the same answer each time: {seen:#?}"
            );
            assert!(!heard.asked_late, "asked after the end: {seen:#?}");
            let lots = heard.body["doses"].as_array().unwrap().iter();
            let lots: Vec<_> = lots.map(|dose| dose["lot"].as_str().unwrap()).collect();
            let hears = self.hears;
            let right = match hears {
                Hears::Never => lots.is_empty(),
                Hears::Before => lots == ["EP2163"],
                Hears::Meanwhile => lots.is_empty() || lots == ["EP2163"],
            };
            assert!(right, "what the holder has, as {hears:?}: {lots:?}");
        }
    }

    async fn logs_agree(&self, seen: &Seen) {
        let mut kinds: BTreeMap<(usize, &str, &str), u32> = BTreeMap::new();
        for code in [CHIYODA, SAPPORO] {
            for entry in self.stage.world.newest_entries(code).await {
                let of = entry.event.fact("inquiry");
                let of = self.ids.iter().position(|id| of.as_ref() == Some(id));
                if let Some(of) = of {
                    *kinds.entry((of, code, entry.event.kind())).or_default() += 1;
                }
                if let LogEvent::Answered { asker, .. } = &entry.event {
                    assert_eq!((asker.as_str(), code), (CHIYODA, SAPPORO));
                }
            }
        }
        assert!(
            kinds.values().all(|count| *count == 1),
            "no second entry: {kinds:?}"
        );
        if let Some(heard) = seen.answered().next() {
            let has = |code, kind| kinds.contains_key(&(heard.inquiry, code, kind));
            assert!(
                has(CHIYODA, "asked") && has(CHIYODA, "concluded"),
                "{kinds:?}"
            );
            let empty = heard.body["doses"] == json!([]);
            assert!(empty || has(SAPPORO, "answered"), "{kinds:?}");
        }
        let askers = kinds.keys().filter(|(_, _, kind)| *kind == "asked").count();
        assert!(askers <= 1, "one inquiry has claimed it: {kinds:?}");
    }
}

impl Seen {
    fn answered(&self) -> impl Iterator<Item = &Heard> {
        self.heard.iter().filter(|it| it.status == 200)
    }
}

fn refusals_are_known(seen: &Seen) {
    for refused in seen.heard.iter().filter(|it| it.status != 200) {
        let code = refused.body["code"].as_str().unwrap_or("died");
        let known = [
            "CONSENT_NOT_APPROVED",
            "CONSENT_USED",
            "CONSENT_REVOKED",
            "CONSENT_EXPIRED",
            "TRY_AGAIN",
            "died",
        ];
        assert!(known.contains(&code), "{code}: {seen:#?}");
    }
}
