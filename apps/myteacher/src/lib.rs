//! MyTeacher's background work: an avatar of a teacher is painted and given its comments, as durable jobs on banto.
//!
//! # Layout
//! - [`look`]: what a teacher can look and sound like (closed lists), and which pictures a run has.
//! - [`event`]: the 22 moments a teacher comments on.
//! - [`port`]: the traits [`port::Painter`] and [`port::Writer`] that every provider stands behind.
//! - [`failure`]: the closed list of ways a provider fails; what is done about each is decided by the job.
//! - [`paint`]: painters, the one that needs no key and no network among them.
//! - [`provider`]: painters and writers reached over HTTP, each behind a cargo feature.
//! - [`write`](mod@write): writers of comments, the one that needs no key and no network among them.
//! - [`jobs`]: where jobs go, in the file of the tables or in another store; [`order`]: what is ordered; [`reconcile`]: what a crash left.
//! - [`chore`]: the commands that keep the application's data in order; [`report`]: what one has to say; [`mod@schedule`]: when each
//!   is due.
//! - [`purge`]: users deleted for good; [`export`]: rows written away before they are deleted; [`sure`]: whether that is meant.
//! - [`tokyo`]: months and days where the users live; [`books`]: how long the law wants payments kept.
//! - [`batch`]: scheduled group tasks, and what becomes of each of their due instants.
//! - [`mod@redis`]: a look at a Redis server; [`auth`]: what the application's log says of logging in.
//! - [`program`]: the program that is typed; [`health`]: what must be well besides banto's own parts.
//! - [`said`]: other people's words, made safe before they are shown.

pub mod app;
pub mod args;
pub mod auth;
pub mod avatar;
pub mod batch;
pub mod books;
pub mod choose;
pub mod chore;
pub mod cmd;
pub mod demo;
pub mod error;
pub mod event;
pub mod export;
pub mod failure;
pub mod files;
pub mod generate;
pub mod health;
pub mod jobs;
pub mod look;
pub mod notice;
pub mod order;
pub mod paint;
pub mod port;
pub mod price;
pub mod print;
pub mod program;
pub mod provider;
pub mod purge;
pub mod reason;
pub mod reconcile;
pub mod redis;
pub mod report;
pub mod said;
pub mod schedule;
pub mod sure;
pub mod table;
pub mod token;
pub mod tokyo;
pub mod work;
pub mod write;
