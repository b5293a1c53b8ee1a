//! The commands as real processes, over a store of its own each, mostly a SQLite file: the program `banto` and the example application `errands`.

#[cfg(test)]
mod process {
    mod builds;
    mod codes;
    mod damaged;
    mod dues;
    mod flags;
    mod health;
    pub mod house;
    mod kept;
    mod logs;
    mod moving;
    mod output;
    mod pairs;
    mod program;
    mod programs;
    mod reach;
    mod schedules;
    mod stopping;
    mod stores;
    #[cfg(feature = "tls")]
    mod tls;
    mod together;
    mod up;
}
