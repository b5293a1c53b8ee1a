//! The chores that keep the data in order: each predicate at its edges, by a given clock; and the program itself, as real
//! processes. The tests named `c22_…` are those of commands that silently did nothing in the system we took over.

#[path = "stage/seed.rs"]
#[cfg(test)]
mod seed;

#[cfg(test)]
mod clean {
    mod cache;
    mod desk;
    mod executions;
    mod group;
    mod legal;
    mod month;
    mod notifications;
    mod payment;
    mod program;
    mod reports;
    mod subscription;
    mod tokens;
    mod users;
}
