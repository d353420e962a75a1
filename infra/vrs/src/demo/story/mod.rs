//! What the demonstration does, chapter by chapter.

mod doses;
mod export;
mod files;
mod moving;
mod office;
mod venue;

use anyhow::Result;
use domain::{TenantCode, TenantSettings};

use super::page::Page;
use super::sealed;
use super::world::{World, name_of};
use crate::generate::{Encoding, Percent, ResidentsFile, Spec};

/// A municipality with its first file.
pub(super) struct Town {
    pub(super) code: TenantCode,
    pub(super) first: ResidentsFile,
    spec: Spec,
}

impl Town {
    fn new(code: &str, residents: u32, adjust: impl FnOnce(Spec) -> Spec) -> Result<Self> {
        let code = code.parse()?;
        let spec = adjust(Spec::new(code, residents, 1));
        Ok(Self {
            code,
            first: ResidentsFile::new(spec),
            spec,
        })
    }

    fn called(&self) -> String {
        format!("{} ({})", name_of(self.code), self.code)
    }
}

pub(super) async fn tell(page: &mut Page<'_>, world: &World, residents: u32) -> Result<()> {
    let chiyoda = Town::new("131016", residents, |spec| spec)?;
    let tono = Town::new("032085", residents, |spec| Spec {
        encoding: Encoding::Cp932,
        defects: Percent::new(2),
        ..spec
    })?;
    take_part(page, world, [&chiyoda, &tono]).await?;
    let (first, refused) = files::first(page, world, &chiyoda, &tono).await?;
    files::mend(page, world, &tono, &refused).await?;
    doses::file(page, world, &chiyoda).await?;
    let next = files::next(&chiyoda);
    doses::wait(page, world, &chiyoda, &next).await?;
    let second = files::next_day(page, world, &chiyoda, &first).await?;
    doses::attached(page, world, &chiyoda, &second).await?;
    let corrected = venue::tell(page, world, [&chiyoda, &tono], &second).await?;
    export::tell(page, world, &chiyoda, &second, &corrected).await?;
    office::search(page, world, &chiyoda, &second).await?;
    office::apart(page, world, [&chiyoda, &tono], &second, &first).await?;
    moving::tell(page, world, [&chiyoda, &tono], &second).await?;
    sealed::tell(page, world, [&chiyoda, &tono]).await
}

async fn take_part(page: &mut Page<'_>, world: &World, towns: [&Town; 2]) -> Result<()> {
    page.chapter("Two municipalities take part, each with a key and a folder of its own")?;
    for town in towns {
        world
            .registry
            .add(town.code, &TenantSettings::default())
            .await?;
        let settings = world.registry.settings(town.code).await?;
        page.check(
            settings.is_some(),
            "a municipality that was entered takes part",
        )?;
        let folder = format!("s3://drop/inbox/{}/residents/", town.code);
        page.columns(&[(&town.called(), 24), (&folder, 0)])?;
    }
    Ok(())
}
