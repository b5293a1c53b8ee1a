//! `fire`: accounts for due instants, as one step.

use banto_core::{NewJob, Reason, text::cut};
use banto_store::{Act, Fire, Fired, Firing, StoreError, fire::NOTE_BYTES_MAX};

use crate::{
    Redis,
    call::{Call, Parts},
    enqueue::{classes, push},
    error::Result,
    ledger::Words,
    script,
};

/// Accounts for due instants.
pub(crate) async fn fire(store: &Redis, firing: &Firing) -> Result<Vec<Fired>> {
    firing.check().map_err(StoreError::from)?;
    let (classes, numbers) = classes(firing.fires.iter().filter_map(job));
    let mut call = Call::of(&script::FIRE)
        .arg(firing.service.as_str())
        .number(firing.by)
        .arg(firing.until.map(|until| until.to_string()).unwrap_or_default())
        .number(firing.generation)
        .number(u8::from(firing.rewind))
        .number(classes.len());
    classes.into_iter().for_each(|class| call.push(class));
    let mut numbers = numbers.into_iter();
    for fire in &firing.fires {
        push_fire(&mut call, fire, firing);
        if let Some((job, number)) = job(fire).and_then(|job| Some((job, numbers.next()?))) {
            push(&mut call, job, number);
        }
    }
    let mut answers = store.call(call).await?.parts.list()?;
    firing.fires.iter().map(|fire| answer(&mut answers, fire)).collect()
}

fn job(fire: &Fire) -> Option<&NewJob> {
    match &fire.act {
        Act::Run(job) => Some(job),
        Act::Not(_) => None,
    }
}

fn push_fire(call: &mut Call, fire: &Fire, firing: &Firing) {
    let reason = match &fire.act {
        Act::Run(_) => "",
        Act::Not(reason) => reason.word(),
    };
    let words = Words { count: fire.count, late: fire.late, note: cut(&fire.note, NOTE_BYTES_MAX), by: firing.by };
    call.push(fire.schedule.as_str());
    call.push(fire.revision.to_string());
    call.push(fire.due_at.to_string());
    call.push(u8::from(fire.even_in_maintenance).to_string());
    call.push(reason);
    // Numbers and text, which serde_json always can write.
    call.push(serde_json::to_vec(&words).unwrap_or_default());
}

fn answer(answers: &mut Parts, fire: &Fire) -> Result<Fired> {
    let word = answers.text()?;
    match (word.as_str(), job(fire)) {
        ("there", _) => Ok(Fired::There),
        ("stale", _) => Ok(Fired::Stale),
        ("run", Some(job)) => Ok(Fired::Run(job.id)),
        (word, _) => word.parse::<Reason>().map(Fired::Not).map_err(|_| answers.odd()),
    }
}
