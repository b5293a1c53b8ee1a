//! `redis monitor` against real servers, each started by its test on a free port with a folder of its own, in every state that
//! is to be told; and against things that are no Redis.
//!
//! `cargo xtask test` installs the server. The module's name is what it leaves out where that cannot be.

#[cfg(test)]
mod redis_server {
    mod house;
    mod odd;
    mod refused;
    mod states;
}
