//! Cuts a plan that breaks a promise down to the actions that matter.
//!
//! Delta debugging in its simplest form (A. Zeller, R. Hildebrandt, *Simplifying and isolating failure-inducing input*,
//! 2002): leave out halves, quarters, and so on down to single actions, for as long as something breaks; then once more,
//! until every action that is left matters.

use crate::{kept::Kept, many::Script, mutate::Mutation, play::Played};

/// The smallest plan found that still breaks something, and what it breaks. `None` if `plan` breaks nothing.
pub fn shrink<S: Script>(plan: &S, kept: Kept, mutation: Option<Mutation>) -> Option<(S, Played<S::Counts>)> {
    let breaks = |plan: &S| plan.play(kept, mutation).ok().filter(|played| !played.broken.is_empty());
    let mut best = (plan.clone(), breaks(plan)?);
    let mut size = plan.actions().len();
    while size > 0 {
        let (mut at, before) = (0, best.0.actions().len());
        while at < best.0.actions().len() {
            let less = best.0.with(without(best.0.actions(), at, size));
            match breaks(&less) {
                Some(played) => best = (less, played),
                None => at += size,
            }
        }
        let again = size == 1 && best.0.actions().len() < before;
        size = if again { 1 } else { size / 2 };
    }
    Some(best)
}

/// The actions without `size` of them from `at` on. The time that they took stays.
fn without<A: Clone>(actions: &[(u64, A)], at: usize, size: usize) -> Vec<(u64, A)> {
    let (mut kept, mut owed_ms) = (Vec::new(), 0);
    for (number, (wait_ms, action)) in actions.iter().enumerate() {
        if (at..at + size).contains(&number) {
            owed_ms += wait_ms;
        } else {
            kept.push((wait_ms + std::mem::take(&mut owed_ms), action.clone()));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Action;

    #[test]
    fn what_is_left_out_leaves_its_time() {
        let actions = [(1, Action::Heal), (2, Action::Release), (4, Action::Restart)];
        assert_eq!(without(&actions, 0, 2), [(7, Action::Restart)]);
        assert_eq!(without(&actions, 1, 1), [(1, Action::Heal), (6, Action::Restart)]);
    }
}
