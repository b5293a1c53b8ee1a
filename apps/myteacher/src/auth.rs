//! How logging in goes, read from the application's own log: two ways in (Breeze's session, Cognito's token), counted by the
//! four markers that its middleware writes.
//!
//! The system we took over read one file name that production never had, and reported noughts. Here input that is missing, old
//! or of another zone is a failure in words, and a period without a request has no rates instead of 0 %.
//!
//! # Layout
//! - [`source`]: which files, by pattern. [`tail`]: their lines, from the end as far back as a period needs.
//! - [`line`](mod@line): the time and the message of one line. [`count`](mod@count): the markers of a period.
//! - [`judge`]: rates, limits, warnings. [`kept`]: the rows of `auth_metrics` and `auth_alerts`.

pub mod count;
pub mod judge;
pub mod kept;
pub mod line;
pub mod source;
pub mod tail;
