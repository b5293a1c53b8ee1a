//! The program `myteacher`. Its commands are still being built; the application itself is the library beside it.
fn main() {}
