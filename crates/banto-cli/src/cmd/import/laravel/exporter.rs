//! Runs the exporter in the application's folder, when that was asked for.

use std::{path::Path, sync::Arc};

use banto_process::{Clocks, Runner, Sink, Spec, Stream};
use banto_store::{Clock, SystemClock};
use tokio::sync::mpsc;

use crate::exit::{Exit, Failure};

/// The exporter, in PHP.
pub(super) const TEXT: &str = include_str!("../export.php");
/// Lines that may wait to be read; an application with more events than this is told so.
const LINES_MAX: usize = 10_000;
/// How long it may take, in milliseconds.
const TIMEOUT_MS: u64 = 60_000;
/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 256 << 10;
/// What an application's settings begin with; they are handed on, as if one had typed `php artisan`.
const HANDED_ON: [&str; 8] = ["APP_", "DB_", "REDIS_", "CACHE_", "QUEUE_", "SESSION_", "LOG_", "MAIL_"];

/// What it prints, run by `php` in `dir`.
pub(super) async fn run(dir: &Path, php: &str) -> Result<String, Failure> {
    let code = TEXT.trim_start().strip_prefix("<?php").unwrap_or(TEXT);
    let mut spec = Spec { dir: Some(dir.to_owned()), timeout_ms: Some(TIMEOUT_MS), ..Spec::argv([php, "-r", code]) };
    spec.line_bytes_max = LINE_BYTES_MAX;
    let ours = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    spec.env.pass = ours.filter(|name| HANDED_ON.iter().any(|start| name.starts_with(start))).collect();
    let clock = Arc::new(SystemClock);
    let steady = clock.clone();
    let runner = Runner::new(Clocks::new(move || clock.wall_ms(), move || steady.steady_ms()));
    let (lines, mut heard) = mpsc::channel(LINES_MAX);
    let failed = |text: String| Failure::new(Exit::Machine, format!("read the schedule out: {text}"));
    let run = runner.start(&spec, Sink::to(lines)).await.map_err(|faults| failed(format!("could not {faults}")))?;
    let reading = async {
        let (mut all, mut dropped) = (String::new(), 0);
        while let Some(line) = heard.recv().await {
            dropped += line.dropped;
            if line.stream == Stream::Out {
                all.push_str(&line.text);
                all.push('\n');
            }
        }
        (all, dropped)
    };
    let (ended, (all, dropped)) = tokio::join!(run, reading);
    if !ended.is_success(&spec) {
        return Err(failed(format!("{}; it said: {}", ended.words(), ended.tail.trim())));
    }
    match dropped {
        0 => Ok(all),
        lost => Err(failed(format!("{lost} of its lines came too fast; run the exporter by hand and use --exported"))),
    }
}
