#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod branch;
mod digest;
mod keyring;
mod kms;
mod nonces;
mod place;
mod seal;
mod tags;

pub use branch::{BranchKey, WrappedKey};
pub use digest::Sha256;
pub use keyring::{Keyring, TenantKeys};
pub use kms::{Kms, KmsError};
pub use nonces::{NoncePool, random_seed};
pub use place::Place;
pub use seal::{KeyLabel, OpenError, SEALED_OVERHEAD, Sealer};
pub use tags::{Fingerprint, ResidentTag, Tag, TagError};
