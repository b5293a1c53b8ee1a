//! Tests of the table of moves, and of the words and numbers that files of older builds hold.

use super::*;

#[test]
fn numbers_and_words_come_back() {
    for state in State::ALL {
        assert_eq!(State::of_number(state.number().into()), Some(state));
        assert_eq!(state.word().parse::<State>().unwrap(), state);
    }
    assert_eq!(State::of_number(7), None);
    assert_eq!(State::of_number(-1), None);
    assert!("done ".parse::<State>().unwrap_err().to_string().contains("scheduled, ready"));
}

#[test]
fn an_ended_job_moves_only_by_order() {
    for (from, by, _) in MOVES {
        assert!(!from.ended() || *by == Move::Steer);
    }
    assert!(!MOVES.iter().any(|(from, ..)| *from == State::Done), "what is done stays done");
}

#[test]
fn only_a_claim_leads_to_running() {
    assert!(MOVES.iter().all(|(_, by, to)| (*to == State::Running) <= (*by == Move::Claim)));
}

#[test]
fn words_and_numbers_that_stores_keep_stay_as_they_are() {
    let kept = ["0 scheduled", "1 ready", "2 running", "3 parked", "4 done", "5 dead", "6 cancelled"];
    assert_eq!(State::ALL.map(|state| format!("{} {}", state.number(), state.word())), kept);
    for state in State::ALL {
        assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        assert_eq!(serde_json::from_str::<State>(&format!("\"{state}\"")).unwrap(), state);
    }
    assert_eq!(format!("[{:<9}]", State::Done), "[done     ]", "it can be put into a table");
}

const BY: [Move; 4] = [Move::Due, Move::Claim, Move::Finish, Move::Steer];

/// All 196 moves, each allowed or refused as this picture says, which is not the table.
#[test]
fn every_move_is_allowed_or_refused_as_the_picture_says() {
    let picture = |from: State, by: Move| match (from, by) {
        (State::Scheduled, Move::Due) => "ready",
        (State::Ready, Move::Claim) => "running parked",
        (State::Parked, Move::Claim) => "running",
        (State::Running, Move::Finish) => "scheduled ready parked done dead cancelled",
        (State::Scheduled | State::Parked, Move::Steer) => "ready cancelled",
        (State::Ready, Move::Steer) => "cancelled",
        (State::Dead | State::Cancelled, Move::Steer) => "ready",
        _ => "",
    };
    let mut moves = 0;
    for (from, by) in State::ALL.into_iter().flat_map(|from| BY.map(|by| (from, by))) {
        for to in State::ALL {
            let drawn = picture(from, by).split(' ').any(|word| word == to.word());
            assert_eq!(allowed(from, by, to), drawn, "{from} by {by:?} to {to}");
            moves += usize::from(drawn);
        }
    }
    assert_eq!(moves, MOVES.len(), "no move stands twice in the table");
}

#[test]
fn nobody_is_stuck_and_nobody_is_moved_to_where_he_stands() {
    assert!(MOVES.iter().all(|(from, _, to)| from != to));
    // From every state that has not ended, an end can be reached; from all but done, a new run.
    let reached = |start: State| {
        let mut seen = vec![start];
        while let Some((_, _, to)) = MOVES.iter().find(|(from, _, to)| seen.contains(from) && !seen.contains(to)) {
            seen.push(*to);
        }
        seen
    };
    for state in State::ALL {
        let seen = reached(state);
        assert!(seen.iter().any(|end| end.ended()), "{state}");
        assert_eq!(seen.contains(&State::Running), state != State::Done, "{state}");
    }
}

#[test]
fn a_state_waits_runs_is_parked_or_has_ended() {
    for state in State::ALL {
        let ways = [state.waiting(), state == State::Running, state == State::Parked, state.ended()];
        assert_eq!(ways.into_iter().filter(|is| *is).count(), 1, "{state}");
    }
}
