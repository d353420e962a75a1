//! Reading everybody's doses, person after person.

use std::collections::HashSet;
use std::sync::Arc;

use crypto::TenantKeys;
use domain::{
    Date, DoseNumber, ExportId, ExportScope, ProgrammeCode, TenantScope, japan_date, programmes,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use store::{DoseCounts, DoseList, Export, Listed, PersonDoses};

use crate::export::Widths;
use crate::files::{Files, Shape};
use crate::people::People;
use crate::{ExportError, ExportLedger};

/// Days asked for at once: most have nobody, and there are thousands.
const DAYS_AT_ONCE: usize = 16;
/// Tags of a page.
const PAGE: u32 = 1_000;
/// Waiting doses of a page: as many as one call brings.
const WAITING_PAGE: u32 = 100;
/// How often the columns may turn out to be too few or too many.
const SHAPES: u32 = 100;

/// What is to be exported, and for whom.
pub(crate) struct Job<'j> {
    pub(crate) scope: &'j TenantScope,
    pub(crate) keys: Arc<TenantKeys>,
    pub(crate) asked: &'j Export,
    /// Changes from this day on; `None` for everybody.
    pub(crate) since: Option<Date>,
    /// The export of a night that these changes are counted from.
    pub(crate) continues: Option<ExportId>,
    /// What changed before this day in Japan was there to be read: that of an hour before the reading began.
    pub(crate) day: Date,
    pub(crate) begun_at: Timestamp,
    /// When the reading must have ended.
    pub(crate) ends_at: Timestamp,
}

/// Why a pass over the records came to no end.
enum PassError {
    /// A dose has no columns: begin again with more.
    Narrow(ProgrammeCode, DoseNumber),
    Other(ExportError),
}

impl<E: Into<ExportError>> From<E> for PassError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl Job<'_> {
    /// The days up to `last` on which one may have.
    fn days(&self, last: Date) -> impl Iterator<Item = Date> + use<> {
        let days = std::iter::successors(Some(self.first_day()), |day| day.tomorrow().ok());
        days.take_while(move |day| *day <= last)
    }

    /// The first day on which a dose that is to be exported may have changed: none was before its
    /// programme.
    fn first_day(&self) -> Date {
        let first = programmes().iter().map(domain::Programme::first_day).min();
        self.since.or(first).unwrap_or(self.day)
    }

    fn shape(&self, widths: &Widths) -> Shape {
        Shape {
            export: self.asked.id,
            scope: self.asked.scope,
            encoding: self.asked.encoding,
            widths: widths.clone(),
        }
    }
}

impl ExportLedger {
    /// Reads the records and writes the files, which are not there before they are finished.
    ///
    /// A table has columns for as many doses as occur, which is known at its end only. So it is begun
    /// with as many as the last export had; if these are too few or too many it is begun again, which
    /// happens once for each number that is new to a municipality. In an export of changes too many are none:
    /// whose doses changed have fewer than others every night.
    pub(crate) async fn write(
        &self,
        job: &Job<'_>,
        widths: &mut Widths,
    ) -> Result<(Files, DoseCounts), ExportError> {
        for _ in 0..SHAPES {
            let mut files = Files::begin(&self.drop, job.scope, job.shape(widths))?;
            match self.pass(job, &mut files).await {
                Ok(counts) if files.are_wide_enough() => return Ok((files, counts)),
                Ok(_) => *widths = files.wanted(),
                Err(PassError::Narrow(programme, number)) => {
                    widths.insert(programme, number);
                }
                Err(PassError::Other(error)) => {
                    files.abort().await;
                    return Err(error);
                }
            }
            files.abort().await;
        }
        Err(ExportError::Moving)
    }

    async fn pass(&self, job: &Job<'_>, files: &mut Files) -> Result<DoseCounts, PassError> {
        let mut counts = DoseCounts::default();
        let people = Arc::new(People {
            store: self.store.clone(),
            scope: job.scope.clone(),
            keys: Arc::clone(&job.keys),
            processors: self.processors,
            generation: self.store.register(job.scope).await?.generation(),
        });
        // A person whose doses changed on several days is named on each of them.
        let mut done = HashSet::new();
        // It may be another day than that on which the first pass began.
        let today = japan_date(self.clock.now());
        let mut days = stream::iter(job.days(today))
            .map(|day| async move {
                let page = self.store.touched(job.scope, day, PAGE, None).await;
                page.map(|page| (day, page))
            })
            .buffered(DAYS_AT_ONCE);
        while let Some((day, mut page)) = days.try_next().await? {
            loop {
                self.in_time(job, done.len())?;
                let new = std::mem::take(&mut page.residents).into_iter();
                let new: Vec<_> = new.filter(|tag| done.insert(*tag)).collect();
                let mut shares = people.read(&new);
                while let Some(share) = shares.try_next().await? {
                    for person in &share {
                        count(person, &mut counts);
                        person_in(files, person).await?;
                    }
                }
                let Some(after) = page.next else { break };
                let next = self.store.touched(job.scope, day, PAGE, Some(&after));
                page = next.await?;
            }
        }
        self.waiting(job, files, done.len(), &mut counts).await?;
        Ok(counts)
    }

    /// Whether there is time for another page, after so many persons.
    fn in_time(&self, job: &Job<'_>, persons: usize) -> Result<(), ExportError> {
        if self.clock.now() < job.ends_at {
            return Ok(());
        }
        Err(ExportError::OutOfTime {
            persons: persons as u64,
        })
    }

    async fn waiting(
        &self,
        job: &Job<'_>,
        files: &mut Files,
        persons: usize,
        counts: &mut DoseCounts,
    ) -> Result<(), PassError> {
        let mut after = None;
        loop {
            self.in_time(job, persons)?;
            let page = self.store.dose_list(
                job.scope,
                &job.keys,
                DoseList::Waiting,
                WAITING_PAGE,
                after.as_deref(),
            );
            let page = page.await?;
            for entry in &page.entries {
                if let Listed::Waiting(waiting) = entry {
                    counts.waiting += 1;
                    narrow(files, waiting.dose.programme, waiting.dose.number)?;
                    files.waiting(&waiting.dose, waiting.entry.at).await?;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

fn count(person: &PersonDoses, counts: &mut DoseCounts) {
    for dose in &person.doses {
        counts.add_dose(dose, 1);
    }
    let open = person.newcomers.iter().filter(|it| it.settled.is_none());
    counts.conflict += i64::try_from(open.count()).unwrap_or(i64::MAX);
}

async fn person_in(files: &mut Files, person: &PersonDoses) -> Result<(), PassError> {
    for dose in &person.doses {
        if files.holds(dose) {
            narrow(files, dose.dose.programme, dose.dose.number)?;
        } else if files.scope() == ExportScope::Changed {
            // There is a table in which it can be said that it is not in force any more.
            narrow(files, dose.dose.programme, DoseNumber::FIRST)?;
        }
    }
    if files.wants(person) {
        files.person(person).await?;
    }
    Ok(())
}

/// Fails if the table of the programme has no columns for the dose.
fn narrow(files: &Files, programme: ProgrammeCode, number: DoseNumber) -> Result<(), PassError> {
    let width = files.widths().get(&programme);
    if width.is_some_and(|width| number <= *width) {
        Ok(())
    } else {
        Err(PassError::Narrow(programme, number))
    }
}

impl Files {
    /// Whether the tables, which had columns for all that was written, may stay as they are.
    fn are_wide_enough(&self) -> bool {
        self.wanted() == *self.widths()
    }

    /// The tables that there should be, by what was written into those that there are.
    fn wanted(&self) -> Widths {
        let seen = self.seen();
        match self.scope() {
            ExportScope::Full => seen,
            ExportScope::Changed => {
                let of_widths = |(programme, width): (ProgrammeCode, DoseNumber)| {
                    let kept = self.widths().get(&programme).copied();
                    (programme, kept.map_or(width, |kept| kept.max(width)))
                };
                seen.into_iter().map(of_widths).collect()
            }
        }
    }

    /// Whether the export has something to say of a person.
    fn wants(&self, person: &PersonDoses) -> bool {
        match self.scope() {
            ExportScope::Full => person.doses.iter().any(|dose| self.holds(dose)),
            ExportScope::Changed => true,
        }
    }
}
