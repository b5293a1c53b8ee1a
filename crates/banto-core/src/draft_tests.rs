//! Tests of drafts: what each word becomes, and that all faults are named at once.
