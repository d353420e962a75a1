#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod call;
mod wire;

pub use call::{Holders, InvokeError, LASTING};
pub use wire::{GivenDose, HolderAnswer, HolderAsk, MOST_POINTERS, NotAnAsk};
