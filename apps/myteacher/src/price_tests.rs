//! Prices, against what the reference system charged.

use super::*;
use crate::look::DrawModelVersion::{AnimagineXl31, AnythingV4, StableDiffusion35Medium};

fn list(test: impl FnOnce(&Connection)) {
    let tx = Connection::open_in_memory().unwrap();
    crate::table::migrate(&tx).unwrap();
    test(&tx);
}

#[test]
fn every_model_has_the_price_of_the_reference_system() {
    list(|tx| {
        for (model, tokens) in [(AnythingV4, 1_000), (AnimagineXl31, 400), (StableDiffusion35Medium, 4_600)] {
            assert_eq!(picture(tx, &Look { draw_model_version: model, ..Look::default() }).unwrap(), tokens);
        }
        assert_eq!(cut_out(tx).unwrap(), 50);
    });
}

#[test]
fn the_most_is_every_picture_every_comment_and_the_base() {
    let rest = 22 * 2 + 10;
    let table = [
        (AnythingV4, false, false, 6 * 1_000 + rest),
        (AnythingV4, false, true, 6 * 1_050 + rest),
        (AnythingV4, true, false, 5 * 1_000 + rest),
        (AnythingV4, true, true, 5 * 1_050 + rest),
        (AnimagineXl31, false, false, 6 * 400 + rest),
        (StableDiffusion35Medium, true, true, 5 * 4_650 + rest),
    ];
    list(|tx| {
        for (draw_model_version, is_chibi, is_transparent, tokens) in table {
            let look = Look { draw_model_version, is_chibi, is_transparent, ..Look::default() };
            assert_eq!(most(tx, &look).unwrap(), tokens, "{draw_model_version} {is_chibi} {is_transparent}");
        }
    });
}

#[test]
fn a_comment_costs_each_started_thousand_and_never_more_than_was_held() {
    list(|tx| {
        let table =
            [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 2), (1_000, 1_000, 2), (1_001, 1, 2), (u32::MAX, u32::MAX, 2)];
        for (read, written, tokens) in table {
            assert_eq!(comment(tx, read, written).unwrap(), tokens, "{read} read, {written} written");
        }
    });
}

#[test]
fn what_is_not_on_the_list_is_an_error_and_never_free() {
    list(|tx| {
        tx.execute("UPDATE ai_cost_rates SET is_active = 0 WHERE service_type = 'cut_out'", []).unwrap();
        tx.execute("DELETE FROM ai_cost_rates WHERE service_detail = 'anything-v4.0'", []).unwrap();
        let error = picture(tx, &Look::default()).unwrap_err().to_string();
        assert_eq!(error, "find the price of image \"anything-v4.0\"; add it to ai_cost_rates");
        assert!(cut_out(tx).is_err());
        let clear = Look { draw_model_version: AnimagineXl31, is_transparent: true, ..Look::default() };
        assert!(most(tx, &clear).is_err() && most(tx, &Look { is_transparent: false, ..clear }).is_ok());
    });
}

#[test]
fn no_run_can_cost_more_than_was_held() {
    list(|tx| {
        for seed in 1..=60 {
            for (is_chibi, is_transparent) in [(false, false), (true, false), (false, true), (true, true)] {
                let look = Look { is_chibi, is_transparent, ..Look::from_seed(seed) };
                let each = picture(tx, &look).unwrap() + if is_transparent { cut_out(tx).unwrap() } else { 0 };
                let pictures = each * i64::try_from(look.pictures().len()).unwrap();
                let comments: i64 = CommentEvent::ALL.iter().map(|_| comment(tx, seed * 997, seed * 31).unwrap()).sum();
                assert!(pictures + comments + BASE_TOKENS <= most(tx, &look).unwrap(), "{look:?}");
            }
        }
    });
}
