//! Every cap of the house, in one table.
//!
//! For whoever writes a check or a message. Units come last in each name. A value over its cap is refused at the
//! door, before it is buffered or stored; nothing is ever cut silently except text that describes an error.

/// Largest payload, in bytes of JSON text (1 MiB). Larger things belong in object storage; enqueue their address.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Deepest nesting of arrays and objects in a payload. serde_json itself stops at 128.
pub const PAYLOAD_DEPTH_MAX: usize = 100;
/// Longest kind, queue or worker name, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest unique key or tag, in bytes.
pub const LABEL_BYTES_MAX: usize = 255;
/// Most tags on one job.
pub const TAGS_MAX: usize = 16;
/// Most jobs in one bulk call; larger loads are sent in several calls.
pub const ENQUEUE_MAX: usize = 10_000;
/// Most jobs one claim may take.
pub const CLAIM_MAX: usize = 1_000;
/// Most rows one page of a listing holds.
pub const PAGE_MAX: usize = 1_000;
/// Most attempts a job may ask for.
pub const ATTEMPTS_MAX: u16 = 1_000;
/// Attempts a job gets when it does not say.
pub const ATTEMPTS_DEFAULT: u16 = 3;
/// Crashes of the process under a job before the job is quarantined (dead, with its last words).
pub const CRASHES_MAX: u16 = 3;
/// Lowest urgency; 0 is the most urgent.
pub const PRIORITY_MAX: u8 = 9;
/// Urgency of a job that does not say: the middle, so that there is room on both sides.
pub const PRIORITY_DEFAULT: u8 = 5;
/// Longest error text kept, in bytes; the rest is cut, and the cut is marked.
pub const ERROR_BYTES_MAX: usize = 16 << 10;
/// Longest log line a job may record, in bytes; the rest is cut, and the cut is marked.
pub const LINE_BYTES_MAX: usize = 4 << 10;
/// Most lines kept for one job; the oldest go first.
pub const LINES_MAX: usize = 200;
/// Longest delay, time-out, back-off or hold, in milliseconds (10 years).
pub const SPAN_MS_MAX: u64 = 10 * 365 * 86_400_000;
/// Latest moment a job may be set for: the end of the year 9999, in milliseconds since 1970.
pub const TIME_MS_MAX: i64 = 253_402_300_799_999;
/// Longest cron expression, in bytes.
pub const CRON_BYTES_MAX: usize = 256;
/// Most cron expressions of one schedule.
pub const CRONS_MAX: usize = 32;
/// Longest crontab, in bytes.
pub const CRONTAB_BYTES_MAX: usize = 1 << 20;
/// Most days off in one calendar.
pub const DAYS_OFF_MAX: usize = 10_000;
/// Most items of a list in a schedule: spans of the day, environments.
pub const LIST_MAX: usize = 64;
/// Longest description of a schedule, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 1_000;
/// Steps in a table of back-off delays.
pub const BACKOFF_STEPS_MAX: usize = 32;
