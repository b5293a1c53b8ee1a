//! The program `myteacher` as real processes: what a newcomer types, what an operator types, and what a crash leaves.

#[cfg(test)]
mod program {
    mod avatars;
    mod batch;
    mod clock;
    mod crash;
    #[cfg(all(feature = "replicate", feature = "fake-providers"))]
    mod crash_http;
    mod demo;
    #[cfg(all(feature = "replicate", feature = "fake-providers"))]
    mod demo_http;
    mod house;
    mod stores;
    mod typed;
    mod up;
}
