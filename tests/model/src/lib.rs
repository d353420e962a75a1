#![doc = include_str!("../README.md")]

pub mod action;
pub mod consent;
pub mod load;
pub mod properties;
pub mod queue;
mod reader;
pub mod register;
pub mod state;
mod symmetry;
pub mod weakening;
mod worker;
