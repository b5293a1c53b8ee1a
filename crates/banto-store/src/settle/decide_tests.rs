//! Every step in every stand, as a table.

use super::*;
use crate::settle::{MoveId, Other};

const STANDS: [Stand; 6] =
    [Stand::Leaving, Stand::Left, Stand::Arriving, Stand::Clearing, Stand::Cleared, Stand::Arrived];

fn steps() -> Vec<Step> {
    let other = || Other { place: "there".into(), by: "ann".into() };
    vec![
        Step::Leave(other()),
        Step::Close,
        Step::Stay,
        Step::Arrive(other()),
        Step::Put(Box::default()),
        Step::Clear { limit: 1 },
        Step::Open,
    ]
}

fn standing(id: u64, stand: Stand) -> Standing {
    let bookmark = Some("b".into());
    Standing { id: MoveId(id), stand, place: "p".into(), by: "x".into(), at: 1, bookmark }
}

/// What becomes of a store that stands so: `=` it stays so, `!` refused, `-` it takes part in none, else how it stands.
fn after(was: Option<Standing>, step: Step, found: Found) -> String {
    let decided = Settle { id: MoveId(1), step }.decide(was.as_ref(), found, 2);
    match decided {
        Err(_) => "!".into(),
        Ok(is) if is == was => "=".into(),
        Ok(None) => "-".into(),
        Ok(Some(is)) => {
            assert_eq!((is.id, is.at), (MoveId(1), 2));
            is.stand.word().into()
        }
    }
}

const EMPTY: Found = Found { running: 0, empty: true };

fn row(was: Option<Standing>, found: Found) -> String {
    steps().into_iter().map(|step| after(was.clone(), step, found)).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_step_in_every_stand_is_decided() {
    let own = |stand| row(Some(standing(1, stand)), EMPTY);
    let of_another = |stand| row(Some(standing(9, stand)), EMPTY);
    assert_eq!(row(None, EMPTY), "leaving ! = arriving ! ! !");
    //                    leave close stay arrive put clear open
    assert_eq!(
        STANDS.map(own),
        [
            "= left - ! ! ! !",
            "= = - ! ! ! !",
            "! ! ! = = cleared arrived",
            "! ! ! ! ! cleared !",
            "! ! = ! ! = !",
            "! ! = ! ! ! =",
        ]
    );
    assert_eq!(
        STANDS.map(of_another),
        [
            "! ! ! ! ! ! !",
            "! ! ! ! ! ! !",
            "! ! ! arriving ! ! !",
            "! ! ! ! ! ! !",
            "leaving ! = arriving ! ! !",
            "leaving ! = arriving ! ! !",
        ]
    );
}

#[test]
fn what_is_found_counts() {
    let found = Found { running: 1, empty: false };
    assert_eq!(row(None, found), "leaving ! = ! ! ! !");
    assert_eq!(row(Some(standing(1, Stand::Leaving)), found), "= ! - ! ! ! !");
    assert_eq!(row(Some(standing(1, Stand::Arriving)), found), "! ! ! = = clearing arrived");
    assert_eq!(row(Some(standing(1, Stand::Clearing)), found), "! ! ! ! ! clearing !");
    assert_eq!(row(Some(standing(9, Stand::Arriving)), found), "! ! ! ! ! ! !");
}

#[test]
fn a_stand_says_what_it_forbids() {
    for stand in STANDS {
        let standing = standing(1, stand);
        let jobs = matches!(stand, Stand::Leaving | Stand::Cleared | Stand::Arrived);
        let all = matches!(stand, Stand::Cleared | Stand::Arrived);
        assert_eq!((standing.admit_jobs().is_ok(), standing.admit("x").is_ok(), standing.open()), (jobs, all, all));
    }
    let said = standing(1, Stand::Left).admit("claim jobs").unwrap_err().to_string();
    assert_eq!(said, "claim jobs: this store has moved to \"p\"; point whatever uses it there");
}

#[test]
fn words_of_others_are_cut_and_shown_on_one_line() {
    let other = Other { place: "\u{1b}[2J".into(), by: "x".repeat(5_000) };
    let left = Settle { id: MoveId(1), step: Step::Leave(other) }.decide(None, EMPTY, 2).unwrap().unwrap();
    assert_eq!(left.by.len(), WORD_BYTES_MAX);
    let said = left.admit("prune").unwrap_err().to_string();
    assert!(!said.contains('\u{1b}'), "{said}");
    let refused = Settle { id: MoveId(2), step: Step::Open }.decide(Some(&left), EMPTY, 3).unwrap_err().to_string();
    assert!(refused.contains("is leaving there") && !refused.contains('\u{1b}'), "{refused}");
}

#[test]
fn a_moves_id_comes_back_and_odd_text_is_refused() {
    for id in [0, 1, u64::MAX] {
        assert_eq!(MoveId(id).to_string().parse(), Ok(MoveId(id)));
    }
    for bad in ["", "1", "+000000000000abc", "zzzzzzzzzzzzzzzz"] {
        assert!(bad.parse::<MoveId>().is_err(), "{bad}");
    }
}
