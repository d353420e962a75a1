//! Pages of keys and versions. Pure.

use std::ops::Bound;
use std::sync::Arc;

use super::index::{BucketIndex, Version};

/// What a listing asks for.
pub(super) struct Query<'a> {
    pub(super) prefix: &'a str,
    /// Keys that go on after the prefix up to this text are shown as one.
    pub(super) delimiter: Option<&'a str>,
    /// At most so many keys, versions and groups together.
    pub(super) limit: usize,
}

impl Query<'_> {
    /// The group that a key is shown as, if it is not shown itself.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let end = self.prefix.len() + key.get(self.prefix.len()..)?.find(delimiter)?;
        key.get(..end + delimiter.len())
    }
}

/// One page.
pub(super) struct Page {
    pub(super) versions: Vec<Arc<Version>>,
    pub(super) groups: Vec<String>,
    /// Set when there is more: where the page ended.
    pub(super) more: Option<Mark>,
}

/// The last entry of a page: a group, or a key with the version that ended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) key: String,
    /// None: after all versions of the key.
    pub(super) sequence: Option<u64>,
}

/// The objects in force, by key. `after` is a key or a group of an earlier page.
pub(super) fn objects(index: &BucketIndex, query: &Query<'_>, after: Option<&str>) -> Page {
    let after = after.map(|key| Mark {
        key: key.to_owned(),
        sequence: None,
    });
    page(index, query, after.as_ref(), |versions| {
        let newest = versions.last().filter(|version| version.object().is_some());
        newest.into_iter().cloned().collect()
    })
}

/// All versions and delete markers: by key, the newest first.
pub(super) fn versions(index: &BucketIndex, query: &Query<'_>, after: Option<&Mark>) -> Page {
    page(index, query, after, |versions| {
        versions.iter().rev().cloned().collect()
    })
}

fn page(
    index: &BucketIndex,
    query: &Query<'_>,
    after: Option<&Mark>,
    shown: impl Fn(&[Arc<Version>]) -> Vec<Arc<Version>>,
) -> Page {
    let from = match after {
        Some(mark) if mark.key.as_str() > query.prefix => mark.key.as_str(),
        _ => query.prefix,
    };
    let mut page = Page {
        versions: Vec::new(),
        groups: Vec::new(),
        more: None,
    };
    let mut last = None;
    let range = (Bound::Included(from), Bound::Unbounded);
    for (key, versions) in index.keys.range::<str, _>(range) {
        if !key.starts_with(query.prefix) {
            break;
        }
        let group = query.group(key);
        let name = group.unwrap_or(key);
        // A group that ended the last page is over, though keys in it sort behind its name.
        let over = after.filter(|mark| name <= mark.key.as_str());
        let within = over.filter(|mark| group.is_none() && name == mark.key);
        let from_version = within.and_then(|mark| mark.sequence);
        if over.is_some() && from_version.is_none() {
            continue;
        }
        for version in shown(versions) {
            if from_version.is_some_and(|sequence| version.sequence >= sequence) {
                continue;
            }
            if group.is_some() && page.groups.last().map(String::as_str) == group {
                break;
            }
            if page.versions.len() + page.groups.len() == query.limit {
                page.more = last;
                return page;
            }
            if let Some(group) = group {
                page.groups.push(group.to_owned());
                last = Some(Mark {
                    key: group.to_owned(),
                    sequence: None,
                });
            } else {
                last = Some(Mark {
                    key: key.clone(),
                    sequence: Some(version.sequence),
                });
                page.versions.push(version);
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::index::Entry;
    use super::*;

    fn index(keys: &[&str]) -> BucketIndex {
        let mut index = BucketIndex::new(true, Timestamp::UNIX_EPOCH);
        for (sequence, key) in (1..).zip(keys) {
            index.insert(Arc::new(Version {
                key: (*key).to_owned(),
                sequence,
                created: Timestamp::UNIX_EPOCH,
                modified: Timestamp::UNIX_EPOCH,
                entry: Entry::DeleteMarker,
            }));
        }
        index
    }

    fn all_pages(index: &BucketIndex, query: &Query<'_>) -> Vec<String> {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = versions(index, query, after.as_ref());
            assert!(page.versions.len() + page.groups.len() <= query.limit);
            seen.extend(
                page.versions
                    .iter()
                    .map(|v| format!("{}@{}", v.key, v.sequence)),
            );
            seen.extend(page.groups);
            match page.more {
                Some(mark) => after = Some(mark),
                None => return seen,
            }
        }
    }

    #[test]
    fn pages_of_any_size_show_the_same_entries() {
        let index = index(&["a/1", "a/2", "a/1", "b", "b/x", "c/1", "c/2", "b", "d"]);
        for (prefix, delimiter, entries) in [
            (
                "",
                None,
                &["a/1@3", "a/1@1", "a/2@2", "b@8", "b@4", "b/x@5"][..],
            ),
            ("", Some("/"), &["a/", "b@8", "b@4", "b/", "c/", "d@9"]),
            ("a/", Some("/"), &["a/1@3", "a/1@1", "a/2@2"]),
            ("b", Some("/"), &["b@8", "b@4", "b/"]),
            ("zz", None, &[]),
        ] {
            let mut expected: Vec<_> = entries.iter().map(|&entry| entry.to_owned()).collect();
            if prefix.is_empty() && delimiter.is_none() {
                expected.extend(["c/1@6", "c/2@7", "d@9"].map(str::to_owned));
            }
            expected.sort();
            for limit in 1..10 {
                let mut seen = all_pages(
                    &index,
                    &Query {
                        prefix,
                        delimiter,
                        limit,
                    },
                );
                seen.sort();
                assert_eq!(seen, expected, "prefix {prefix:?}, limit {limit}");
            }
        }
    }
}
