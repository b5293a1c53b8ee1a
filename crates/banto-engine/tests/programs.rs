//! The supervisor over real programs: shells that end, hang, flood and ask. Waits are short and nothing is timed.

#[cfg(test)]
mod programs {
    mod entrypoint;
    mod health;
    pub mod house;
    mod orders;
    mod restarts;
    mod unfit;
}
