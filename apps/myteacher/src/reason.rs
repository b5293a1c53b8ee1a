//! Why an avatar was not made: one plain sentence for its owner, and what its job said for operators.
//!
//! An owner can do nothing with a server's address or a path, and should not see one. A job keeps what went wrong as text, so
//! the sentence is chosen by how our own errors begin; a table in the tests holds every error to its sentence, and what
//! is not known has one too.

use banto::{Card, State};

/// The kinds of reasons, as far as an owner can tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Moderation refused a picture, however soft its words.
    Moderation,
    /// The provider does not take an attribute.
    Attribute,
    /// The owner cannot pay.
    Tokens,
    /// Somebody called it off.
    Cancelled,
    /// The provider was out of order, or too slow.
    Provider,
    /// A picture could not be kept.
    Storage,
    /// Anything else: the fault is ours.
    Ours,
}

/// How the texts of our errors begin, and what they are. The first that fits counts.
const BEGINNINGS: [(&str, Reason); 9] = [
    ("fill the order: the provider's moderation refused it", Reason::Moderation),
    ("fill the order: the provider does not accept it", Reason::Attribute),
    ("fill the order: ", Reason::Provider),
    ("timed out after ", Reason::Provider),
    ("pay for the run: ", Reason::Tokens),
    ("keep pictures in ", Reason::Storage),
    ("cancelled", Reason::Cancelled),
    ("quarantined after ", Reason::Ours),
    ("panicked: ", Reason::Ours),
];
/// Texts that the engine wrote: they are sentences by themselves.
const WHOLE: [&str; 4] = ["timed out after ", "quarantined after ", "panicked: ", "cancelled"];

impl Reason {
    /// The reason that an error's text stands for.
    pub fn of(error: &str) -> Reason {
        BEGINNINGS.iter().find(|(start, _)| error.starts_with(start)).map_or(Reason::Ours, |(_, reason)| *reason)
    }

    /// What the owner is told.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::Moderation => "画像が審査を通りませんでした。見た目を変えて、もう一度お試しください。",
            Reason::Attribute => "選ばれた見た目では画像を作成できません。見た目を変えて、もう一度お試しください。",
            Reason::Tokens => "トークンが足りません。トークンを購入してから、もう一度お試しください。",
            Reason::Cancelled => "アバターの作成は取り消されました。",
            Reason::Provider => {
                "画像やコメントを作るサービスが応答しませんでした。しばらくしてから、もう一度お試しください。"
            }
            Reason::Storage => "画像を保存できませんでした。しばらくしてから、もう一度お試しください。",
            Reason::Ours => "こちらの不具合で作成できませんでした。しばらくしてから、もう一度お試しください。",
        }
    }
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// For the owner.
    pub reason: Reason,
    /// For operators: a sentence without a capital.
    pub detail: String,
}

impl Why {
    /// Why a job has ended badly: by whose order, or with which error.
    pub fn of(card: &Card) -> Why {
        if card.job.state == State::Cancelled
            && let Some(by) = orderer(card)
        {
            return Why { reason: Reason::Cancelled, detail: format!("cancelled by {by}") };
        }
        match &card.job.error {
            Some(error) if card.job.state == State::Cancelled => {
                Why { reason: Reason::Cancelled, detail: format!("cancelled: {error}") }
            }
            Some(error) => Why { reason: Reason::of(error), detail: spoken(error) },
            None => Why { reason: Reason::Ours, detail: format!("the job is {} and left no error", card.job.state) },
        }
    }
}

/// What the engine writes as the end of a run that was ordered to stop, after the order's own line.
const OBEYED: [&str; 2] = ["cancelled while it ran", "cancelled before it ran again"];

/// Who ordered the end, if somebody did and the job did not end itself. The trail has the order's line and, if the job ran,
/// the end's after it, under the same word.
fn orderer(card: &Card) -> Option<&str> {
    let mut ends = card.trail.iter().rev().filter(|line| line.word == "cancel").map(|line| line.text.as_str());
    let last = ends.next()?;
    match OBEYED.contains(&last) {
        true => ends.next(),
        false => Some(last).filter(|by| Some(*by) != card.job.error.as_deref()),
    }
}

/// An error as a sentence: ours are fragments that fit after "could not".
pub fn spoken(error: &str) -> String {
    match WHOLE.iter().any(|start| error.starts_with(start)) {
        true => error.to_owned(),
        false => format!("could not {error}"),
    }
}

#[cfg(test)]
#[path = "reason_tests.rs"]
mod tests;
