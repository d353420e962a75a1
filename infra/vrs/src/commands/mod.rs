//! One module for each command; the demonstration has a folder of its own.

pub mod evidence;
pub mod generate;
pub mod index;
pub mod log;
pub mod recover;
pub mod serve;
pub mod tenant;
pub mod token;
pub mod upload;
