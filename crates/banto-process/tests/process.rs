//! Real programs, real ends: every promise of banto-process shown with processes.

#[cfg(test)]
mod process {
    mod ends;
    pub mod house;
}
