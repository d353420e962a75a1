//! What happened to the residents between the first file and the second.

use domain::{Date, Movement};

use super::chance::Chance;
use super::lexicon::Reasons;
use super::person::{Name, People, Person, days_before};

const PURPOSE_FATE: u64 = 11;

/// What the second file says of a resident, against the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The same as the first.
    Same,
    /// Moved within the municipality: 異動日 and 異動事由 are others.
    Moved,
    /// Has another surname or, a foreign resident, another name.
    Renamed,
    /// Has a coupon with another number.
    NewCoupon,
    /// Moved away or died: 異動区分 2.
    Removed,
    /// Was not in the first file: born, or moved in.
    Added,
}

impl Fate {
    /// What happens to those residents of the first file to whom something happens. One in five of
    /// them leaves, so that even a file in which everything changed removes less than a fifth.
    pub(super) fn draw(seed: u64, index: u64) -> Self {
        match Chance::of(seed, PURPOSE_FATE, index).below(100) {
            0..50 => Self::Moved,
            50..65 => Self::Renamed,
            65..82 => Self::NewCoupon,
            _ => Self::Removed,
        }
    }

    /// Makes the person into what the second file, of `today`, says.
    pub(super) fn befall<'a>(
        self,
        person: &mut Person<'a>,
        people: &'a People,
        index: u64,
        today: Date,
    ) {
        let Reasons {
            born,
            moved_in,
            moved_within,
            moved_away,
            died,
            married,
            coupon_again,
        } = &people.lexicon.reasons;
        let mut chance = Chance::of(person.number, PURPOSE_FATE, index);
        let reason = match self {
            Self::Same => return,
            Self::Moved => moved_within,
            Self::Renamed => {
                person.name = another(person.name, people, &mut chance);
                married
            }
            Self::NewCoupon => {
                person.coupon = Some(people.coupon_again(index));
                coupon_again
            }
            Self::Removed => {
                person.movement = Movement::Remove;
                if chance.once_in(4) { died } else { moved_away }
            }
            Self::Added if chance.once_in(4) => {
                person.birth_date = days_before(today, chance.below(30));
                person.coupon = None;
                born
            }
            Self::Added => moved_in,
        };
        person.moved_on = Some(today);
        person.reason = Some(reason);
    }
}

/// A name that is not the one given.
fn another<'a>(name: Name<'a>, people: &'a People, chance: &mut Chance) -> Name<'a> {
    loop {
        let other = match name {
            Name::Japanese { given, .. } => Name::Japanese {
                family: chance.favoured(&people.lexicon.surnames),
                given,
            },
            Name::Foreign(_) => Name::Foreign(chance.any(&people.lexicon.foreign)),
        };
        let same = match (name, other) {
            (Name::Japanese { family: old, .. }, Name::Japanese { family: new, .. })
            | (Name::Foreign(old), Name::Foreign(new)) => old.text == new.text,
            _ => false,
        };
        if !same {
            return other;
        }
    }
}
