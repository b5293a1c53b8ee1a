//! What never changes of a job, written once, under a sum.
//!
//! In front what scripts read: how its key is held, the key, the due instant that it is the run of; then the rest. The sum
//! is CRC-32 (IEEE 802.3) over the id and all bytes after it: every change of up to 32 neighbouring bits is found, and one
//! of four thousand million others is not. It guards against accidents, not against somebody who means harm.

use banto_core::{FireId, Hold, Job, JobId, Label, Name, NewJob, Options, Payload, Unique, limits::ATTEMPTS_MAX};

use crate::row::{Bytes, Why, text};

/// The number that stands for no key.
const NO_HOLD: u8 = 255;
/// Bytes of the sum.
const SUM: usize = 4;

/// What never changes of a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fixed {
    pub kind: Name,
    pub version: u16,
    pub queue: Name,
    pub attempts_max: Option<u16>,
    pub unique: Option<Unique>,
    pub options: Options,
    pub payload: Payload,
}

/// What is written of it.
struct Parts<'a> {
    id: JobId,
    kind: &'a Name,
    version: u16,
    queue: &'a Name,
    attempts_max: Option<u16>,
    unique: Option<&'a Unique>,
    options: &'a Options,
    payload: &'a Payload,
}

/// The bytes of a job that is ordered.
pub(crate) fn of_new(new: &NewJob) -> Vec<u8> {
    Parts {
        id: new.id,
        kind: &new.kind,
        version: new.version,
        queue: &new.queue,
        attempts_max: new.attempts_max,
        unique: new.unique.as_ref(),
        options: &new.options,
        payload: &new.payload,
    }
    .written()
}

/// The bytes of a job that is stored, with its options as they are now.
pub(crate) fn of_job(job: &Job) -> Vec<u8> {
    Parts {
        id: job.id,
        kind: &job.kind,
        version: job.version,
        queue: &job.queue,
        attempts_max: job.attempts_max,
        unique: job.unique.as_ref(),
        options: &job.options,
        payload: &job.payload,
    }
    .written()
}

/// A due instant as the ledger calls it.
pub(crate) fn field(fire: &FireId) -> String {
    format!("{} {}", fire.schedule, fire.due_at)
}

impl Parts<'_> {
    fn written(&self) -> Vec<u8> {
        let (hold, hold_ms) = self.unique.map_or((NO_HOLD, 0), |unique| of_hold(unique.hold));
        let fire = self.options.fire.as_ref().map(field).unwrap_or_default();
        let label = self.unique.map_or("", |unique| unique.key.as_str());
        let options = match *self.options == Options::default() {
            true => String::new(),
            // Numbers and checked text, which serde_json always can write.
            false => serde_json::to_string(self.options).unwrap_or_default(),
        };
        let payload = self.payload.as_str();
        let mut bytes = Vec::with_capacity(64 + label.len() + fire.len() + options.len() + payload.len());
        bytes.extend_from_slice(&[0; SUM]);
        bytes.push(hold);
        bytes.extend_from_slice(&hold_ms.to_le_bytes());
        // Labels, names and due instants are shorter than 256 bytes.
        for short in [label, &fire, self.queue.as_str(), self.kind.as_str()] {
            bytes.push(short.len() as u8);
            bytes.extend_from_slice(short.as_bytes());
        }
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&self.attempts_max.unwrap_or(0).to_le_bytes());
        bytes.extend_from_slice(&(options.len() as u32).to_le_bytes());
        bytes.extend_from_slice(options.as_bytes());
        bytes.extend_from_slice(payload.as_bytes());
        let sum = sum(self.id, bytes.get(SUM..).unwrap_or_default());
        bytes.iter_mut().zip(sum.to_le_bytes()).for_each(|(to, from)| *to = from);
        bytes
    }
}

fn sum(id: JobId, body: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(id.bytes());
    sum.update(body);
    sum.finalize()
}

impl Fixed {
    /// Reads it, and compares it with what was stored.
    pub fn read(id: JobId, bytes: &[u8]) -> Result<Fixed, Why> {
        let mut front = Bytes(bytes);
        if bytes.len() < SUM || front.u32() != sum(id, front.0) {
            return Err("it is not what was stored: its sum differs".into());
        }
        Fixed::parse(front.0)
    }

    /// Reads what can be read, whatever its sum: to be shown.
    pub fn guess(_: JobId, bytes: &[u8]) -> Option<Fixed> {
        bytes.get(SUM..).and_then(|body| Fixed::parse(body).ok())
    }

    fn parse(body: &[u8]) -> Result<Fixed, Why> {
        let mut bytes = Bytes(body);
        let (hold, hold_ms) = (bytes.u8(), bytes.i64());
        let (label, fire) = (short(&mut bytes)?, short(&mut bytes)?);
        let (queue, kind) = (short(&mut bytes)?, short(&mut bytes)?);
        let (version, attempts) = (bytes.u16(), bytes.u16());
        let options = usize::try_from(bytes.u32()).ok().and_then(|length| bytes.take(length)).ok_or("it is cut")?;
        let options = read_options(options)?;
        if options.fire.as_ref().map(field).unwrap_or_default() != fire {
            return Err("the due instant it is the run of is not the one of its options".into());
        }
        if version == 0 || attempts > ATTEMPTS_MAX {
            return Err("its version or number of attempts is outside its limits".into());
        }
        Ok(Fixed {
            kind: Name::new(&kind).map_err(|refusal| refusal.to_string())?,
            version,
            queue: Name::new(&queue).map_err(|refusal| refusal.to_string())?,
            attempts_max: Some(attempts).filter(|attempts| *attempts > 0),
            unique: unique(hold, hold_ms, &label)?,
            options,
            payload: Payload::parse(&text(bytes.0, "its payload")?)
                .map_err(|_| "the payload is not JSON within its limits")?,
        })
    }
}

fn short(bytes: &mut Bytes<'_>) -> Result<String, Why> {
    let length = usize::from(bytes.u8());
    text(bytes.take(length).ok_or("it is cut")?, "a name in it")
}

fn read_options(bytes: &[u8]) -> Result<Options, Why> {
    if bytes.is_empty() {
        return Ok(Options::default());
    }
    serde_json::from_slice(bytes).map_err(|error| format!("the options: {error}"))
}

fn unique(hold: u8, ms: i64, label: &str) -> Result<Option<Unique>, Why> {
    if hold == NO_HOLD {
        return Ok(None);
    }
    let ms = u64::try_from(ms).map_err(|_| "the hold's time is less than nought")?;
    let hold = match hold {
        0 => Hold::Queued,
        1 => Hold::Done,
        2 => Hold::Remember(ms),
        3 => Hold::Period(ms),
        _ => return Err("the hold is unknown".into()),
    };
    Ok(Some(Unique { key: Label::new(label).map_err(|refusal| refusal.to_string())?, hold }))
}

/// A hold as its two numbers.
fn of_hold(hold: Hold) -> (u8, i64) {
    let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    match hold {
        Hold::Queued => (0, 0),
        Hold::Done => (1, 0),
        Hold::Remember(remember) => (2, ms(remember)),
        Hold::Period(period) => (3, ms(period)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> NewJob {
        let name = |text: &str| Name::new(text).unwrap();
        let payload = Payload::parse("{\"to\":4711}").unwrap();
        NewJob::new(JobId::of_bytes([7; 16]), name("send"), name("mail"), payload).once(Label::new("a").unwrap())
    }

    #[test]
    fn what_was_written_is_read() {
        let job = job();
        let read = Fixed::read(job.id, &of_new(&job)).unwrap();
        assert_eq!((read.kind, read.queue, read.version), (job.kind, job.queue, 1));
        assert_eq!((read.unique, read.options, read.payload), (job.unique, job.options, job.payload));
    }

    #[test]
    fn every_byte_is_in_the_sum_and_so_is_the_id() {
        let job = job();
        let bytes = of_new(&job);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(Fixed::read(job.id, &changed).is_err(), "byte {at}, bit {bit}");
            }
            assert!(Fixed::read(job.id, &bytes[..at]).is_err(), "cut at {at}");
        }
        assert!(Fixed::read(JobId::of_bytes([8; 16]), &bytes).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let mut bytes = vec![0; random.usize(..96)];
            random.fill(&mut bytes);
            assert!(Fixed::read(JobId::of_bytes([7; 16]), &bytes).is_err());
            let _ = Fixed::guess(JobId::of_bytes([7; 16]), &bytes);
        }
    }
}
