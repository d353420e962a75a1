//! What staff have to look at, as JSON or as CSV, and how much of it there is.

use api::{Fault, PageLimits, Problem, Request, Response, Role};
use domain::{Dose, Encoding, FindingCode, japan_time, programme};
use layouts::{SafeCsvError, SafeCsvWriter};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{DoseId, DoseKey, DoseList, Listed, NewcomerKey};

use crate::{Doses, answer, answer::ShownDose};

const COLUMNS: [&str; 14] = [
    "ID",
    "状態",
    "一覧登録日時",
    "対象者ID",
    "券番号",
    "予防接種",
    "接種回",
    "接種日",
    "ワクチンメーカー",
    "ロット番号",
    "接種会場名",
    "接種医師名",
    "指摘コード",
    "指摘内容",
];

#[derive(Serialize)]
struct Page {
    entries: Vec<Shown>,
    next: Option<String>,
}

/// One entry of a list.
#[derive(Serialize)]
struct Shown {
    id: String,
    /// `None` while nobody is known to have the coupon.
    resident: Option<String>,
    /// Since when it is in the list.
    since: String,
    revision: Option<u32>,
    locked: bool,
    #[serde(flatten)]
    dose: ShownDose,
    findings: Vec<Value>,
}

/// What a list says of an entry, whatever it is.
struct Entry<'a> {
    id: DoseId,
    since: jiff::Timestamp,
    revision: Option<u32>,
    locked: bool,
    dose: &'a Dose,
    findings: &'a [FindingCode],
}

impl Doses {
    pub(crate) async fn list(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        let page = request.page_of(&["state"], PageLimits::USUAL)?;
        let list = request.query("state").and_then(|it| it.parse().ok());
        let list: DoseList =
            list.ok_or_else(|| Problem::invalid_query("state", Fault::DoseList))?;
        let now = self.clock.now();
        let scope = request.caller().scope();
        let municipality = self.municipalities.of(scope, now).await?;
        let store = self.recorder.store();
        let keys = &municipality.keys;
        let found = store.dose_list(scope, keys, list, page.limit, page.after.as_deref());
        let found = found.await?;
        let next = found.next.map(|position| request.cursor(&position));
        let entries: Vec<_> = found.entries.iter().map(|it| Entry::of(it, list)).collect();
        if request.wants_csv() {
            let body = csv(list, &entries).map_err(|error| Problem::internal(&error))?;
            let response = Response::csv("doses.csv", body);
            return Ok(match next {
                None => response,
                Some(next) => {
                    let state = list.as_str();
                    let limit = page.limit;
                    let link =
                        format!("</doses?state={state}&limit={limit}&after={next}>; rel=\"next\"");
                    response.followed_by(link)
                }
            });
        }
        Ok(Response::json(&Page {
            entries: entries.iter().map(Entry::shown).collect(),
            next,
        }))
    }

    pub(crate) async fn counts(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Read)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        self.municipalities.of(scope, self.clock.now()).await?;
        let counts = self.recorder.store().dose_counts(scope).await?;
        let parts = counts.parts().into_iter();
        let shown: Map<_, _> = parts
            .map(|(name, count)| (name.to_owned(), Value::from(count)))
            .collect();
        Ok(Response::json(&shown))
    }
}

impl<'a> Entry<'a> {
    fn of(listed: &'a Listed, list: DoseList) -> Self {
        match listed {
            Listed::Dose(resident, dose) => {
                let since = match list {
                    DoseList::Locked => dose.locked_since,
                    DoseList::Review | DoseList::Conflict | DoseList::Waiting => dose.review_since,
                };
                Self {
                    id: DoseId::Dose(dose.key(*resident)),
                    since: since.unwrap_or(dose.entry.at),
                    revision: Some(dose.revision),
                    locked: dose.locked,
                    dose: &dose.dose,
                    findings: &dose.findings,
                }
            }
            Listed::Newcomer(resident, newcomer) => Self {
                id: DoseId::Newcomer(NewcomerKey {
                    dose: DoseKey::of(*resident, &newcomer.dose),
                    id: newcomer.id,
                }),
                since: newcomer.entry.at,
                revision: None,
                locked: false,
                dose: &newcomer.dose,
                findings: &newcomer.findings,
            },
            Listed::Waiting(waiting) => Self {
                id: DoseId::Waiting(waiting.key),
                since: waiting.entry.at,
                revision: None,
                locked: false,
                dose: &waiting.dose,
                findings: &waiting.findings,
            },
        }
    }

    fn resident(&self) -> Option<String> {
        match self.id {
            DoseId::Dose(key) => Some(key.resident.to_string()),
            DoseId::Newcomer(key) => Some(key.dose.resident.to_string()),
            DoseId::Waiting(_) => None,
        }
    }

    fn shown(&self) -> Shown {
        Shown {
            id: self.id.to_string(),
            resident: self.resident(),
            since: self.since.to_string(),
            revision: self.revision,
            locked: self.locked,
            dose: ShownDose::of(self.dose),
            findings: answer::codes(self.findings),
        }
    }

    fn cells(&self, list: DoseList) -> [String; COLUMNS.len()] {
        let dose = self.dose;
        let since = japan_time(self.since);
        let product = programme(dose.programme).and_then(|it| it.product(dose.product));
        let coupon = dose.coupon.map(domain::CouponNumber::expose_digits);
        let joined = |text: fn(FindingCode) -> &'static str, between: &str| {
            let texts: Vec<_> = self.findings.iter().map(|code| text(*code)).collect();
            texts.join(between)
        };
        [
            self.id.to_string(),
            words(list).to_owned(),
            format!("{} {:02}:{:02}", since.date(), since.hour(), since.minute()),
            self.resident().unwrap_or_default(),
            coupon.map_or_else(String::new, |it| it.into_iter().map(char::from).collect()),
            dose.programme.to_string(),
            dose.number.to_string(),
            dose.given_on.to_string(),
            product.map_or_else(|| dose.product.to_string(), |it| it.maker().to_owned()),
            dose.lot.to_string(),
            dose.venue.as_ref().map_or("", |it| it.expose()).to_owned(),
            dose.physician
                .as_ref()
                .map_or("", |it| it.expose())
                .to_owned(),
            joined(FindingCode::as_str, " "),
            joined(FindingCode::text_ja, ""),
        ]
    }
}

const fn words(list: DoseList) -> &'static str {
    match list {
        DoseList::Review => "要確認",
        DoseList::Conflict => "食い違い",
        DoseList::Waiting => "登録待ち",
        DoseList::Locked => "ロック中",
    }
}

fn csv(list: DoseList, entries: &[Entry<'_>]) -> Result<Vec<u8>, SafeCsvError> {
    let mut out = Vec::new();
    let mut csv = SafeCsvWriter::new(&mut out, Encoding::Utf8 { bom: true })?;
    csv.row(0, COLUMNS)?;
    for (row, entry) in (1..).zip(entries) {
        let cells = entry.cells(list);
        csv.row(row, cells.iter().map(String::as_str))?;
    }
    csv.finish()?;
    Ok(out)
}
