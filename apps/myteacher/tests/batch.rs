//! Scheduled group tasks as they should have been, on the real store and by a given clock (reference: A11, C7 to C11, C20,
//! D18, D19).

#[cfg(test)]
mod batch {
    mod desk;
    mod failures;
    mod holidays;
    mod input;
    mod notices;
    mod outages;
    mod tasks;
    mod twice;
    mod verbs;
    mod when;
}
