//! The load of three files, in every interleaving within bounds: it holds, it ends, and it holds
//! because of its safeguards.

#![expect(
    clippy::print_stdout,
    reason = "what was visited is part of the result"
)]

mod ending;
mod holding;
mod weakened;

use model::register::{Content, FILES, File, Row};

const FIRST: Row = Row::Register(Content::First);
const SECOND: Row = Row::Register(Content::Second);

/// Somebody is removed and returns as they were; somebody else stays as they are, then changes.
const RETURN: [File; FILES] = [[FIRST, FIRST], [Row::Remove, FIRST], [FIRST, SECOND]];

/// Files that do not mention everybody, and the removal of somebody nobody knows.
const PARTIAL: [File; FILES] = [
    [FIRST, Row::Remove],
    [Row::NotMentioned, FIRST],
    [SECOND, Row::Remove],
];
