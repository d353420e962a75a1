#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod branch;
mod digest;
mod keyring;
mod kms;
mod mark;
mod nonces;
mod person;
mod place;
mod seal;
mod tags;

pub use branch::{BranchKey, WrappedKey};
pub use digest::Sha256;
pub use keyring::{Keyring, TenantKeys};
pub use kms::{Kms, KmsError};
pub use mark::DropMark;
pub use nonces::{NoncePool, random_bytes, random_seed};
pub use person::{PersonDigest, PersonTag, PersonTags, staff_tag};
pub use place::Place;
pub use seal::{KeyLabel, OpenError, SEALED_OVERHEAD, Sealer};
pub use tags::{Fingerprint, ResidentTag, Tag, TagError};
