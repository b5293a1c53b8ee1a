//! The program `myteacher`. What it does stands in the library, so that it is compiled there, once.

fn main() -> std::process::ExitCode {
    myteacher::program::run()
}
