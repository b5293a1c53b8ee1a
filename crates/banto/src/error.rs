//! What can go wrong, as one type with predicates.
//!
//! For applications, which mostly want to know whether to ask again. What it is made of may change; what the predicates
//! mean does not.

use std::fmt;

use banto_core::Refusal;
use banto_engine::Unfit;
use banto_store::{Fault, StoreError};

/// Something could not be done. Displays as a fragment that fits after "could not": the thing, the value, the next step.
#[derive(Debug, Clone)]
pub struct Error(Box<Why>);

#[derive(Debug, Clone)]
enum Why {
    Store(StoreError),
    Unfit(Unfit),
}

impl Error {
    /// A value is outside what is allowed (a name, a number, a payload's size). Asking again is of no use.
    pub fn is_refused(&self) -> bool {
        matches!(self.fault(), Some(Fault::Refused(_)))
    }

    /// Somebody else holds the store for too long. Nothing happened; ask again.
    pub fn is_busy(&self) -> bool {
        self.fault() == Some(&Fault::Busy)
    }

    /// The disk, or the memory allotted, is full. Nothing happened; running jobs still finish.
    pub fn is_full(&self) -> bool {
        self.fault() == Some(&Fault::Full)
    }

    /// The store cannot be reached or was closed. Nothing happened.
    pub fn is_gone(&self) -> bool {
        self.fault() == Some(&Fault::Gone)
    }

    /// What is stored cannot be read as what it should be.
    pub fn is_damaged(&self) -> bool {
        self.fault() == Some(&Fault::Damaged)
    }

    /// The store was made by a newer build than this one.
    pub fn is_newer(&self) -> bool {
        self.fault() == Some(&Fault::Newer)
    }

    /// The address or an option of the store is wrong.
    pub fn is_config(&self) -> bool {
        self.fault() == Some(&Fault::Config)
    }

    /// A worker lacks something and did not start; the text names everything at once.
    pub fn is_unfit(&self) -> bool {
        matches!(*self.0, Why::Unfit(_))
    }

    /// Whether it may have happened all the same: the answer was lost. Enqueueing the same order again doubles nothing.
    pub fn in_doubt(&self) -> bool {
        self.fault() == Some(&Fault::InDoubt)
    }

    /// Whether the same call may succeed later.
    pub fn again(&self) -> bool {
        matches!(&*self.0, Why::Store(error) if error.again())
    }

    fn fault(&self) -> Option<&Fault> {
        match &*self.0 {
            Why::Store(error) => Some(error.fault()),
            Why::Unfit(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Why::Store(error) => error.fmt(f),
            Why::Unfit(unfit) => unfit.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        Error(Box::new(Why::Store(error)))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        StoreError::from(refusal).into()
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Error {
        Error(Box::new(Why::Unfit(unfit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Predicate = fn(&Error) -> bool;

    const PREDICATES: [(&str, Predicate); 8] = [
        ("refused", Error::is_refused),
        ("busy", Error::is_busy),
        ("full", Error::is_full),
        ("gone", Error::is_gone),
        ("damaged", Error::is_damaged),
        ("newer", Error::is_newer),
        ("config", Error::is_config),
        ("unfit", Error::is_unfit),
    ];

    fn of(fault: Fault) -> Error {
        StoreError::new(fault, "do it").into()
    }

    #[test]
    fn exactly_one_predicate_names_each_kind() {
        let refusal = Refusal::new("a name", "a b", "no blank is allowed");
        let kinds = [
            ("refused", Error::from(refusal)),
            ("busy", of(Fault::Busy)),
            ("full", of(Fault::Full)),
            ("gone", of(Fault::Gone)),
            ("damaged", of(Fault::Damaged)),
            ("newer", of(Fault::Newer)),
            ("config", of(Fault::Config)),
            ("unfit", Error::from(Unfit(vec!["run a: it lacks b".to_owned()]))),
        ];
        for (kind, error) in kinds {
            let said: Vec<&str> = PREDICATES.iter().filter(|(_, is)| is(&error)).map(|(name, _)| *name).collect();
            assert_eq!(said, [kind]);
        }
    }

    #[test]
    fn it_says_whether_to_ask_again_and_whether_it_happened() {
        for fault in [Fault::Busy, Fault::Full, Fault::Gone, Fault::InDoubt] {
            assert!(of(fault).again());
        }
        for error in [of(Fault::Damaged), of(Fault::Newer), of(Fault::Config), Error::from(Unfit(vec![]))] {
            assert!(!error.again() && !error.in_doubt());
        }
        assert!(of(Fault::InDoubt).in_doubt());
        assert!(!of(Fault::Busy).in_doubt());
    }

    #[test]
    fn its_text_fits_after_could_not() {
        assert_eq!(of(Fault::Busy).to_string(), "do it");
        let unfit = Error::from(Unfit(vec!["run a: it lacks b".to_owned(), "run c: it lacks d".to_owned()]));
        assert_eq!(unfit.to_string(), "start: could not run a: it lacks b; could not run c: it lacks d");
    }

    #[test]
    fn it_is_small_and_travels() {
        fn travels<T: Send + Sync + std::error::Error + 'static>() {}
        travels::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
