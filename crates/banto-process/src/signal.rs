//! Signals by their names.
//!
//! For specs (which signal stops, which reloads) and for reports (which one killed). Only signals with a name are
//! taken; a number that comes from the kernel is shown as it is.

use std::{fmt, str::FromStr};

use banto_core::Refusal;

/// A signal of this system.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(i32);

/// Every signal with a name that can be sent or can kill.
const NAMES: [(&str, i32); 28] = [
    ("HUP", libc::SIGHUP),
    ("INT", libc::SIGINT),
    ("QUIT", libc::SIGQUIT),
    ("ILL", libc::SIGILL),
    ("TRAP", libc::SIGTRAP),
    ("ABRT", libc::SIGABRT),
    ("BUS", libc::SIGBUS),
    ("FPE", libc::SIGFPE),
    ("KILL", libc::SIGKILL),
    ("USR1", libc::SIGUSR1),
    ("SEGV", libc::SIGSEGV),
    ("USR2", libc::SIGUSR2),
    ("PIPE", libc::SIGPIPE),
    ("ALRM", libc::SIGALRM),
    ("TERM", libc::SIGTERM),
    ("CHLD", libc::SIGCHLD),
    ("CONT", libc::SIGCONT),
    ("STOP", libc::SIGSTOP),
    ("TSTP", libc::SIGTSTP),
    ("TTIN", libc::SIGTTIN),
    ("TTOU", libc::SIGTTOU),
    ("URG", libc::SIGURG),
    ("XCPU", libc::SIGXCPU),
    ("XFSZ", libc::SIGXFSZ),
    ("PROF", libc::SIGPROF),
    ("WINCH", libc::SIGWINCH),
    ("IO", libc::SIGIO),
    ("SYS", libc::SIGSYS),
];

impl Signal {
    /// Hang up: most servers read their settings again.
    pub const HUP: Signal = Signal(libc::SIGHUP);
    /// What Ctrl-C sends.
    pub const INT: Signal = Signal(libc::SIGINT);
    /// Goes on after a stop.
    pub const CONT: Signal = Signal(libc::SIGCONT);
    /// What many servers take as "finish, then stop".
    pub const QUIT: Signal = Signal(libc::SIGQUIT);
    /// The usual order to stop.
    pub const TERM: Signal = Signal(libc::SIGTERM);
    /// The order no program can refuse.
    pub const KILL: Signal = Signal(libc::SIGKILL);
    /// For the program's own use.
    pub const USR1: Signal = Signal(libc::SIGUSR1);
    /// For the program's own use.
    pub const USR2: Signal = Signal(libc::SIGUSR2);

    /// Reads `TERM`, `SIGTERM` or `sigterm`.
    pub fn new(text: &str) -> Result<Signal, Refusal> {
        let upper = text.to_ascii_uppercase();
        let short = upper.strip_prefix("SIG").unwrap_or(&upper);
        let found = NAMES.iter().find(|(name, _)| *name == short);
        found.map(|(_, number)| Signal(*number)).ok_or_else(|| {
            Refusal::new("a signal", text, "a name such as TERM, HUP, INT, QUIT, USR1, USR2 or KILL is allowed")
        })
    }

    /// Its number on this system.
    pub fn number(self) -> i32 {
        self.0
    }

    pub(crate) fn from_kernel(number: i32) -> Signal {
        Signal(number)
    }

    /// As the system calls take it; none for a number without a name.
    pub(crate) fn raw(self) -> Option<rustix::process::Signal> {
        rustix::process::Signal::from_named_raw(self.0)
    }
}

impl FromStr for Signal {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Signal, Refusal> {
        Signal::new(text)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) => write!(f, "SIG{name}"),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_with_and_without_its_prefix_and_shown_with_it() {
        for text in ["TERM", "SIGTERM", "sigterm", "term"] {
            assert_eq!(Signal::new(text), Ok(Signal::TERM), "{text}");
        }
        assert_eq!(Signal::TERM.to_string(), "SIGTERM");
        assert_eq!(Signal::from_kernel(35).to_string(), "signal 35");
    }

    #[test]
    fn what_is_no_signal_is_refused_and_shown() {
        let refusal = Signal::new("TREM\u{1b}").unwrap_err().to_string();
        assert!(refusal.starts_with("take \"TREM\\u{1b}\" as a signal: "), "{refusal}");
        assert!(Signal::new("").is_err());
        assert!(Signal::new("9").is_err());
    }

    #[test]
    fn every_name_can_be_sent() {
        for (name, number) in NAMES {
            assert_eq!(Signal::new(name).unwrap().number(), number);
            assert!(Signal::new(name).unwrap().raw().is_some(), "{name}");
        }
    }
}
