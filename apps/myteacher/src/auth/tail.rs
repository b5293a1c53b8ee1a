//! The lines of a file, from its end as far back as a time.
//!
//! A log grows to gigabytes and a period is its last minutes. So the beginning is looked for in steps back that double: at each,
//! the first line that has a time is read. From there the file is read forward, line by line; memory holds one line, and of one
//! that is longer than [`LINE_BYTES_MAX`] only its beginning. What is appended meanwhile is left for the next time.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

/// How much of a line is kept, in bytes.
pub const LINE_BYTES_MAX: usize = 4 << 20;

/// The first step back, in bytes.
const STEP_BYTES: u64 = 64 << 10;
/// Lines of several processes are not quite in order: one that is so much older than the time may have younger ones before it.
const DISORDER_MS: i64 = 60_000;

/// Reads the lines of `file` that may be from `from_ms` on, and some before. `time_of` tells the time of a line, if it has one.
/// Answers how many bytes were read.
pub fn lines_since(
    file: &File,
    from_ms: i64,
    time_of: &dyn Fn(&[u8]) -> Option<i64>,
    each: &mut dyn FnMut(&[u8]),
) -> io::Result<u64> {
    let len = file.metadata()?.len();
    let (start, looked) = beginning(file, len, from_ms.saturating_sub(DISORDER_MS), time_of)?;
    let mut from = at(file, start, len)?;
    let read = lines(&mut from, each)?;
    Ok(read + looked)
}

/// Reads every line. Answers how many bytes were read.
pub fn lines(from: &mut dyn BufRead, each: &mut dyn FnMut(&[u8])) -> io::Result<u64> {
    let (mut line, mut read) = (Vec::new(), 0);
    loop {
        match next(from, &mut line)? {
            0 => return Ok(read),
            bytes => read += bytes,
        }
        each(&line);
        line.clear();
        line.shrink_to(STEP_BYTES as usize);
    }
}

/// Where to begin to read, always at the beginning of a line; and how many bytes were read to find it.
fn beginning(file: &File, len: u64, from_ms: i64, time_of: &dyn Fn(&[u8]) -> Option<i64>) -> io::Result<(u64, u64)> {
    let (mut back, mut known, mut looked) = (STEP_BYTES, len, 0);
    loop {
        let probe = len.saturating_sub(back);
        if probe == 0 {
            return Ok((0, looked));
        }
        let mut from = at(file, probe, len)?;
        let mut line = Vec::new();
        let first = probe + next(&mut from, &mut line)?; // the rest of a line whose beginning is before
        let mut here = first;
        while here < known {
            line.clear();
            here += next(&mut from, &mut line)?;
            if let Some(at_ms) = time_of(&line) {
                if at_ms < from_ms {
                    return Ok((first, looked + here - probe));
                }
                break;
            }
        }
        looked += here - probe;
        known = known.min(first);
        back = back.saturating_mul(2);
    }
}

fn at(file: &File, start: u64, len: u64) -> io::Result<impl BufRead + '_> {
    let mut file = file;
    file.seek(SeekFrom::Start(start))?;
    Ok(BufReader::with_capacity(STEP_BYTES as usize, file.take(len.saturating_sub(start))))
}

/// Reads one line without its end; of a longer one the beginning. Answers its length in the file, 0 at the end.
fn next(from: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    let mut length = 0_u64;
    loop {
        let some = match from.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            some => some?,
        };
        if some.is_empty() {
            return Ok(length);
        }
        let end = some.iter().position(|byte| *byte == b'\n');
        let text = some.get(..end.unwrap_or(some.len())).unwrap_or_default();
        let room = LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(text.get(..room).unwrap_or(text));
        let used = end.map_or(some.len(), |end| end + 1);
        from.consume(used);
        length += used as u64;
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(length);
        }
    }
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
