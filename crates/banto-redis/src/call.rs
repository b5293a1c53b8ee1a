//! One call of a script, and reading its answer.
//!
//! Answers are read as if they came from the net: a form that the script does not give is an error, never a guess.

use std::sync::atomic::Ordering;

use banto_store::StoreError;
use redis::Value;

use crate::{
    Redis, Time,
    error::{Result, odd},
    link::Lane,
    script::{self, Script},
    settle,
};

/// A call to be made: a script and its words.
pub(crate) struct Call {
    script: &'static Script,
    args: Vec<Vec<u8>>,
}

impl Call {
    pub fn of(script: &'static Script) -> Call {
        Call { script, args: vec![Vec::new(), Vec::new()] }
    }

    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> Call {
        self.push(arg);
        self
    }

    pub fn push(&mut self, arg: impl Into<Vec<u8>>) {
        self.args.push(arg.into());
    }

    /// A number as its digits.
    pub fn number(self, number: impl ToString) -> Call {
        self.arg(number.to_string())
    }
}

/// What a script answered.
pub(crate) struct Said {
    /// The store's wall-clock time, in milliseconds since 1970.
    pub wall: i64,
    /// The verb's own answer.
    pub parts: Parts,
}

impl Redis {
    /// Makes a call; tells those who wait in this process if it made news.
    pub(crate) async fn call(&self, mut call: Call) -> Result<Said> {
        let inner = self.inner();
        if let Some([time, who, ..]) = call.args.first_chunk_mut::<2>().map(|both| both.as_mut_slice()) {
            *time = inner.time.word().into_bytes();
            *who = inner.who.clone().into_bytes();
        }
        let name = call.script.name;
        let renews = std::ptr::eq(call.script, &script::RENEW) || std::ptr::eq(call.script, &script::BEAT);
        let lane = if renews { Lane::Renew } else { Lane::Work };
        let sent_ms = inner.steady_ms();
        let answer = inner.link.call(lane, call.script, &call.args).await;
        let mut parts = match answer {
            Ok(answer) => Parts::of(name, answer)?,
            Err(error) => {
                // What may have happened may have made news.
                if error.in_doubt() {
                    inner.news.send_modify(|number| *number += 1);
                }
                return Err(error);
            }
        };
        let (wall, news) = (parts.int()?, parts.int()?);
        if news == 2 {
            return Err(moved(name, &parts.text()?));
        }
        if news == 1 {
            inner.news.send_modify(|number| *number += 1);
        }
        if matches!(inner.time, Time::Server) {
            inner.watch.saw(wall, sent_ms, inner.steady_ms());
        }
        Ok(Said { wall, parts: parts.list()? })
    }

    /// How many replicas each write waits for.
    pub(crate) fn waits(&self) -> u32 {
        self.inner().link.wait.load(Ordering::Relaxed)
    }
}

/// What a store says that moves to or from another, and was asked for what it does not do meanwhile.
fn moved(name: &'static str, words: &str) -> StoreError {
    let standing = match settle::read(words) {
        Ok(standing) => standing,
        Err(error) => return error,
    };
    let refused = match name {
        "enqueue" => standing.admit_jobs(),
        "claim" => standing.admit("claim jobs"),
        "register" => standing.admit("register schedules"),
        "fire" => standing.admit("fire schedules"),
        "prune" => standing.admit("prune"),
        _ => standing.admit("carry out the order"),
    };
    refused.err().unwrap_or_else(|| odd(name))
}

/// The parts of an answer, taken one by one.
pub(crate) struct Parts {
    name: &'static str,
    left: std::vec::IntoIter<Value>,
}

impl Parts {
    pub fn of(name: &'static str, value: Value) -> Result<Parts> {
        match value {
            Value::Array(values) => Ok(Parts { name, left: values.into_iter() }),
            // An empty table of Lua.
            Value::Nil => Ok(Parts { name, left: Vec::new().into_iter() }),
            _ => Err(odd(name)),
        }
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// The next part, whatever it is.
    pub fn value(&mut self) -> Result<Value> {
        self.left.next().ok_or_else(|| odd(self.name))
    }

    pub fn int(&mut self) -> Result<i64> {
        match self.value()? {
            Value::Int(number) => Ok(number),
            _ => Err(odd(self.name)),
        }
    }

    /// A whole number that cannot be less than nought.
    pub fn count(&mut self) -> Result<usize> {
        let name = self.name;
        self.int().and_then(|number| usize::try_from(number).map_err(|_| odd(name)))
    }

    pub fn bytes(&mut self) -> Result<Vec<u8>> {
        self.maybe_bytes()?.ok_or_else(|| odd(self.name))
    }

    /// Nothing where there is nothing.
    pub fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>> {
        match self.value()? {
            Value::BulkString(bytes) => Ok(Some(bytes)),
            Value::SimpleString(text) => Ok(Some(text.into_bytes())),
            Value::Nil => Ok(None),
            _ => Err(odd(self.name)),
        }
    }

    /// Text for people or to be read further: what is no UTF-8 gets a stand-in.
    pub fn text(&mut self) -> Result<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Digits.
    pub fn digits(&mut self) -> Result<i64> {
        let name = self.name;
        self.text()?.parse().map_err(|_| odd(name))
    }

    pub fn list(&mut self) -> Result<Parts> {
        let value = self.value()?;
        Parts::of(self.name, value)
    }

    /// Fields and their values.
    pub fn pairs(&mut self) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut list = self.list()?;
        let mut pairs = Vec::with_capacity(list.len() / 2);
        while list.len() > 0 {
            pairs.push((list.bytes()?, list.bytes()?));
        }
        Ok(pairs)
    }

    /// An answer of another form than the script gives.
    pub fn odd(&self) -> StoreError {
        odd(self.name)
    }
}
