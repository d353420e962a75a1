//! One module for each command.

pub mod generate;
pub mod tenant;
pub mod token;
pub mod upload;
