//! Exports: asked for, published or failed; and how far the last one reached.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::{
    Date, DoseNumber, Encoding, ExportId, ExportOrigin, ExportScope, ExportState, ProgrammeCode,
    TenantScope,
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    PageOf, Store, StoreError,
    item::{Item, Map, as_stored, n, s, time},
    keys::{self, SCHEMA},
    transaction::Change,
    update_terms::UpdateTerms,
};

const LAST: &str = "LAST";
/// Behind every export, and before what else stands beside them.
const BEHIND_EXPORTS: &str = "F";

/// Whoever asks again meanwhile is given the export that they asked for, unless it ended. One that did not by then
/// was lost.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);
/// Others may ask at the same time this often.
const TRIES: u32 = 4;

/// An export of a municipality's doses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Who had it made.
    pub origin: ExportOrigin,
    /// The persons whose doses it is to hold.
    pub scope: ExportScope,
    /// Encoding in which its tables are written.
    pub encoding: Encoding,
    /// How it stands.
    pub state: ExportState,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was first taken to be made; `None` before.
    pub first_taken_at: Option<Timestamp>,
    /// When it came to its state.
    pub moved_at: Timestamp,
    /// Doses of the register in it, once it is published.
    pub doses: u64,
    /// Programmes it has tables of, once it is published.
    pub programmes: Vec<ProgrammeCode>,
    /// Why it failed: a code and what differs, in numbers.
    pub failure: Option<(String, String)>,
}

/// The last published export, and how far the last one of a night reached: what is asked for by hand may never be
/// taken in, so the next one of changes goes on from that of a night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastExport {
    /// Its id.
    pub id: ExportId,
    /// The last one of a night; `None` before the first.
    pub nightly: Option<ExportId>,
    /// What is noted as changed on this day in Japan or later may be missing in that one: the day of an hour before
    /// its reading began, for a change is noted under the time at which its work began. `None` before the first.
    pub day: Option<Date>,
    /// The highest number of a dose in the last one, by programme.
    pub most: BTreeMap<ProgrammeCode, DoseNumber>,
}

/// An export whose files are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub id: ExportId,
    /// How far it reached, as [`LastExport::day`] says, if it is one of a night.
    pub night: Option<Date>,
    /// The highest number of a dose in it, by programme.
    pub most: BTreeMap<ProgrammeCode, DoseNumber>,
    /// Doses of the register in it.
    pub doses: u64,
}

impl Store {
    /// Notes that an export is asked for. [`StoreError::Moved`] if it is noted already.
    pub async fn request_export(
        &self,
        scope: &TenantScope,
        export: &Export,
    ) -> Result<(), StoreError> {
        self.put_new(scope, requested(scope, export)).await
    }

    /// Notes that an export is asked for, unless one in the same scope and encoding that was asked for this way
    /// less than an hour before is under way: then that one is given, and nothing is noted. So whoever asks over
    /// and over again has the records read once.
    ///
    /// [`StoreError::Moved`] when others were first at each try.
    pub async fn ask_for_export(
        &self,
        scope: &TenantScope,
        export: &Export,
    ) -> Result<Option<Export>, StoreError> {
        let sk = keys::asked_export_sk(export.scope, export.encoding);
        for _ in 0..TRIES {
            let asked = self.get(scope, keys::exports(scope), &sk).await?;
            let last = asked.as_ref().and_then(|map| Item(map).maybe_text("id"));
            if let Some(last) = last {
                let id = last
                    .parse()
                    .map_err(|_| StoreError::Damaged { what: "id" })?;
                let known = self.export(scope, &id).await?;
                let known = known.filter(|it| it.is_under_way(export.requested_at));
                if known.is_some() {
                    return Ok(known);
                }
            }
            let last = last.map(str::to_owned);
            let writes = vec![
                self.put_new_in(requested(scope, export))?,
                self.last_asked_in(scope, export, Some(&export.id), last)?,
            ];
            match self.transact(scope, writes).await {
                Ok(()) => return Ok(None),
                Err(StoreError::Moved) => {}
                Err(StoreError::TryAgain { code }) if code == "TransactionConflict" => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Moved)
    }

    /// Lets the next who asks have an export of their own, for nobody was told to make this one.
    /// [`StoreError::Moved`] when another one was asked for since.
    pub async fn forget_asked_export(
        &self,
        scope: &TenantScope,
        export: &Export,
    ) -> Result<(), StoreError> {
        let last = Some(export.id.to_string());
        let nothing = self.last_asked_in(scope, export, None, last)?;
        self.transact(scope, vec![nothing]).await
    }

    /// Notes which export was asked for last in the scope and encoding of this one, if `before` is what is noted.
    fn last_asked_in(
        &self,
        scope: &TenantScope,
        export: &Export,
        id: Option<&ExportId>,
        before: Option<String>,
    ) -> Result<TransactWriteItem, StoreError> {
        let sk = keys::asked_export_sk(export.scope, export.encoding);
        let mut item = Map::from([
            ("pk".to_owned(), s(keys::exports(scope))),
            ("sk".to_owned(), s(sk)),
            ("v".to_owned(), n(SCHEMA)),
        ]);
        if let Some(id) = id {
            item.insert("id".to_owned(), s(id.to_string()));
        }
        match before {
            Some(before) => self.put_if_in(item, "id = :before", Some((":before", s(before)))),
            None => self.put_if_in(item, "attribute_not_exists(id)", None),
        }
    }

    /// An export, if it was ever asked for.
    pub async fn export(
        &self,
        scope: &TenantScope,
        id: &ExportId,
    ) -> Result<Option<Export>, StoreError> {
        let item = self
            .get(scope, keys::exports(scope), &keys::export_sk(id))
            .await?;
        item.map(|map| read(*id, Item(&map))).transpose()
    }

    /// The municipality's exports, those for the latest times first.
    pub async fn exports(
        &self,
        scope: &TenantScope,
        limit: u32,
        after: Option<String>,
    ) -> Result<PageOf<Export>, StoreError> {
        let after = after.filter(|after| after.as_str() < BEHIND_EXPORTS);
        let after = after.unwrap_or_else(|| BEHIND_EXPORTS.to_owned());
        let page = self.newest_first(scope, keys::exports(scope), limit, Some(after));
        page.await?.map(|map| {
            let id = Item(map).text("sk")?.strip_prefix(keys::EXPORT_PREFIX);
            let id = id.and_then(|id| id.parse().ok());
            read(id.ok_or(StoreError::Damaged { what: "sk" })?, Item(map))
        })
    }

    /// The last published export, and how far those of the nights reached; `None` before the first of all.
    pub async fn last_export(&self, scope: &TenantScope) -> Result<Option<LastExport>, StoreError> {
        let item = self.get(scope, keys::exports(scope), LAST).await?;
        item.map(|map| read_last(Item(&map))).transpose()
    }

    /// Takes an export for one invocation, which is ended by `until`, and notes when that first was. [`StoreError::Moved`] when another one
    /// has it until later than `now`, or it came to its end already.
    pub async fn claim_export(
        &self,
        scope: &TenantScope,
        id: &ExportId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(scope, Change {
            pk: keys::exports(scope),
            sk: &keys::export_sk(id),
            update: "SET held_until = :until, first_taken_at = if_not_exists(first_taken_at, :now)",
            condition: Some("#state = :requested AND (attribute_not_exists(held_until) OR held_until <= :now)"),
            names: &[("#state", "state")],
            values: vec![
                (":requested", s(ExportState::Requested.as_str())),
                (":until", time(until)),
                (":now", time(now)),
            ],
        })
        .await
    }

    /// Gives an export back that was taken until `until`, for another attempt. [`StoreError::Moved`] when it
    /// came to its end, or somebody else has it.
    pub async fn release_export(
        &self,
        scope: &TenantScope,
        id: &ExportId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(
            scope,
            Change {
                pk: keys::exports(scope),
                sk: &keys::export_sk(id),
                update: "REMOVE held_until",
                condition: Some("#state = :requested AND held_until = :until"),
                names: &[("#state", "state")],
                values: vec![
                    (":requested", s(ExportState::Requested.as_str())),
                    (":until", time(until)),
                ],
            },
        )
        .await
    }

    /// Notes that an export is published, and how far it reached if it is one of a night. [`StoreError::Moved`]
    /// when it came to its end already.
    pub async fn publish_export(
        &self,
        scope: &TenantScope,
        published: &Published,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let programmes = published.programmes();
        let sk = keys::export_sk(&published.id);
        let change = Change {
            pk: keys::exports(scope),
            sk: &sk,
            update: "SET #state = :published, moved_at = :now, doses = :doses, programmes = :programmes",
            condition: Some("#state = :requested"),
            names: &[("#state", "state")],
            values: vec![
                (":published", s(ExportState::Published.as_str())),
                (":requested", s(ExportState::Requested.as_str())),
                (":now", time(now)),
                (":doses", n(published.doses)),
                (":programmes", programmes),
            ],
        };
        let writes = vec![self.update_in(change)?, self.last_in(scope, published)?];
        self.transact(scope, writes).await
    }

    /// Notes it as the last one. How far the nights reached stays as it is if it is none of them, also if one is
    /// published at the same time.
    fn last_in(
        &self,
        scope: &TenantScope,
        published: &Published,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut sets = UpdateTerms::set();
        sets.put("v", n(SCHEMA));
        sets.put("id", s(published.id.to_string()));
        sets.put("programmes", published.programmes());
        let mut names: &[_] = &[];
        if let Some(day) = published.night {
            sets.put("nightly", s(published.id.to_string()));
            sets.put("#day", s(day.to_string()));
            names = &[("#day", "day")];
        }
        self.update_in(Change {
            pk: keys::exports(scope),
            sk: LAST,
            update: sets.update,
            condition: None,
            names,
            values: sets.values,
        })
    }

    /// Notes that an export cannot be published, and why. [`StoreError::Moved`] when it came to its end
    /// already.
    pub async fn fail_export(
        &self,
        scope: &TenantScope,
        id: &ExportId,
        (code, difference): (&str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(scope, Change {
            pk: keys::exports(scope),
            sk: &keys::export_sk(id),
            update: "SET #state = :failed, moved_at = :now, code = :code, difference = :difference",
            condition: Some("#state = :requested"),
            names: &[("#state", "state")],
            values: vec![
                (":failed", s(ExportState::Failed.as_str())),
                (":requested", s(ExportState::Requested.as_str())),
                (":now", time(now)),
                (":code", s(code)),
                (":difference", s(difference)),
            ],
        })
        .await
    }
}

impl Published {
    fn programmes(&self) -> AttributeValue {
        let most = self.most.iter();
        AttributeValue::M(most.map(|(of, most)| (of.to_string(), n(most))).collect())
    }
}

impl Export {
    /// One that is asked for now.
    #[must_use]
    pub fn requested(
        id: ExportId,
        origin: ExportOrigin,
        (scope, encoding): (ExportScope, Encoding),
        now: Timestamp,
    ) -> Self {
        let now = as_stored(now);
        Self {
            id,
            origin,
            scope,
            encoding,
            state: ExportState::Requested,
            requested_at: now,
            first_taken_at: None,
            moved_at: now,
            doses: 0,
            programmes: Vec::new(),
            failure: None,
        }
    }

    fn is_under_way(&self, now: Timestamp) -> bool {
        self.state == ExportState::Requested && now.duration_since(self.requested_at) < UNDER_WAY
    }
}

fn requested(scope: &TenantScope, export: &Export) -> Map {
    Map::from([
        ("pk".to_owned(), s(keys::exports(scope))),
        ("sk".to_owned(), s(keys::export_sk(&export.id))),
        ("v".to_owned(), n(SCHEMA)),
        ("origin".to_owned(), s(export.origin.as_str())),
        ("of".to_owned(), s(export.scope.as_str())),
        ("encoding".to_owned(), s(export.encoding.as_str())),
        ("state".to_owned(), s(ExportState::Requested.as_str())),
        ("requested_at".to_owned(), time(export.requested_at)),
        ("moved_at".to_owned(), time(export.requested_at)),
    ])
}

fn read(id: ExportId, item: Item<'_>) -> Result<Export, StoreError> {
    let code = item.maybe_text("code");
    let difference = item.maybe_text("difference").unwrap_or_default();
    Ok(Export {
        id,
        origin: item.word("origin")?,
        scope: item.word("of")?,
        encoding: item.word("encoding")?,
        state: item.word("state")?,
        requested_at: item.time("requested_at")?,
        first_taken_at: item.maybe_time("first_taken_at")?,
        moved_at: item.time("moved_at")?,
        doses: item.maybe_number("doses")?.unwrap_or(0),
        programmes: most(item)?.into_keys().collect(),
        failure: code.map(|code| (code.to_owned(), difference.to_owned())),
    })
}

fn read_last(item: Item<'_>) -> Result<LastExport, StoreError> {
    Ok(LastExport {
        id: item.word("id")?,
        nightly: item.maybe_word("nightly")?,
        day: item.maybe_word("day")?,
        most: most(item)?,
    })
}

fn most(item: Item<'_>) -> Result<BTreeMap<ProgrammeCode, DoseNumber>, StoreError> {
    let damaged = StoreError::Damaged { what: "programmes" };
    let counts = item.counts("programmes")?.into_iter();
    let most = counts.map(|(programme, most)| {
        let most = u8::try_from(most).ok().and_then(DoseNumber::new)?;
        Some((programme.parse().ok()?, most))
    });
    most.collect::<Option<_>>().ok_or(damaged)
}
