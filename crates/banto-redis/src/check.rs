//! What must always be true of what is stored, asked of all of it: for tests, simulators and `doctor`, not for every day.
//!
//! Jobs are looked at in pages, so that the server answers others in between; so it is asked of a store that stands still.

use std::collections::BTreeMap;

use crate::{
    Redis,
    call::{Call, Parts},
    error::Result,
    script,
};

/// So many jobs are looked at in one step.
const PAGE: usize = 1_000;

/// Names and how many jobs were met by them.
type Met = BTreeMap<Vec<u8>, i64>;

impl Redis {
    /// The rules that are broken, each with what breaks it. Empty is well.
    pub async fn check(&self) -> Result<Vec<String>> {
        let (mut broken, mut jobs, mut from) = (Vec::new(), 0, Vec::new());
        let mut met: [Met; 3] = Default::default();
        loop {
            let mut page = self.call(Call::of(&script::CHECK).arg(from).number(PAGE)).await?.parts;
            let last = page.maybe_bytes()?;
            told(&mut page.list()?, &mut broken)?;
            for met in &mut met {
                for (name, number) in page.pairs()? {
                    let number: i64 = String::from_utf8_lossy(&number).parse().map_err(|_| page.odd())?;
                    *met.entry(name).or_default() += number;
                }
            }
            jobs += page.count()?;
            let Some(last) = last else { break };
            from = last;
        }
        let mut call = Call::of(&script::TOTALS).number(jobs);
        for met in met {
            call.push(met.len().to_string());
            for (name, number) in met {
                call.push(name);
                call.push(number.to_string());
            }
        }
        told(&mut self.call(call).await?.parts, &mut broken)?;
        Ok(broken)
    }
}

fn told(said: &mut Parts, broken: &mut Vec<String>) -> Result<()> {
    while said.len() > 0 {
        broken.push(format!("it is not so that {}", said.text()?));
    }
    Ok(())
}
