//! The names of all promises, by file.

/// Every promise as a test of the store whose [`Place`](crate::suite::Place) the expression makes: `suite::claim::…`.
///
/// The expression is evaluated once for each test. Two stores in one file want a `mod` each.
#[macro_export]
macro_rules! suite {
    ($place:expr) => {
        fn banto_suite_place() -> impl $crate::suite::Place {
            $place
        }
        $crate::__promises! {
            claim: order_is_priority_then_due_then_id;
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __promises {
    ($($file:ident: $($promise:ident)+;)+) => {
        mod suite {
            $(mod $file {
                $(#[test]
                fn $promise() {
                    $crate::suite::run(super::super::banto_suite_place(), $crate::suite::$file::$promise);
                })+
            })+
        }
    };
}
