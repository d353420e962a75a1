//! Manifests that nobody can need any more.

use domain::{Generation, TenantScope};
use objects::{ObjectName, ObjectsError};
use store::ManifestPlace;

use crate::LoadChunk;

impl LoadChunk {
    /// After the switch to `generation`: deletes the manifests of earlier generations, those of
    /// merges that came to nothing among them, but not `before`, which was in force until now. What
    /// began before the switch may still read that one, and nothing older: a check or a load that
    /// did would be two switches late, finds that the object is gone, and begins anew.
    ///
    /// Whoever is late with this deletes nothing that came into force since: those manifests are of
    /// this generation or later ones. What stays undone is done after the next switch, so trouble is
    /// noted and holds up nobody.
    pub(crate) async fn delete_lapsed_manifests(
        &self,
        scope: &TenantScope,
        before: Option<&ManifestPlace>,
        generation: Generation,
    ) {
        let before = before.map(|at| ObjectName::Manifest(at.generation, at.merge));
        let deleted = async {
            let all = self.work.manifests(scope).await?;
            for name in all
                .iter()
                .filter(|name| has_lapsed(**name, before, generation))
            {
                self.work.delete(scope, name).await?;
            }
            Ok::<_, ObjectsError>(())
        };
        if let Err(error) = deleted.await {
            tracing::warn!(
                code = "MANIFESTS_NOT_DELETED",
                error = error.to_string(),
                "old manifests stay until after the next switch"
            );
        }
    }
}

fn has_lapsed(name: ObjectName, before: Option<ObjectName>, generation: Generation) -> bool {
    match name {
        ObjectName::Manifest(of, _) => of < generation && Some(name) != before,
        ObjectName::Receipt(_)
        | ObjectName::Errors(_)
        | ObjectName::Answers(_)
        | ObjectName::Refused(_)
        | ObjectName::Rows(..)
        | ObjectName::Share(..)
        | ObjectName::Export(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(generation: u64, merge: u32) -> ObjectName {
        ObjectName::Manifest(Generation::new(generation), merge)
    }

    #[test]
    fn what_is_in_force_what_was_before_and_what_comes_after_stays() {
        let lapsed = |name| has_lapsed(name, Some(manifest(4, 7)), Generation::new(6));
        let lapse = [
            manifest(3, 5),
            manifest(4, 6),
            manifest(4, 8),
            manifest(5, 9),
        ];
        let stay = [
            manifest(4, 7),
            manifest(6, 10),
            manifest(6, 11),
            manifest(7, 12),
        ];
        assert!(lapse.into_iter().all(lapsed));
        assert!(!stay.into_iter().any(lapsed));
    }
}
