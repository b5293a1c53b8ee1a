//! Real programs, real ends: every promise of banto-process shown with processes.

#[cfg(test)]
mod process {
    mod ends;
    mod environment;
    mod files;
    pub mod house;
    mod leaks;
    mod memory;
    mod orphans;
    mod output;
    mod questions;
    mod stops;
}
