//! The arithmetic of a measurement: median, spread, percentile.
//!
//! For every row. A run on a busy machine is one opinion; the median of several is the value, and how far they lie
//! apart is the noise, said beside it. It knows nothing of what was measured.

/// The middle of `values`; of an even number, the mean of the two in the middle; of none, 0.
pub fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let half = sorted.len() / 2;
    let at = |index: usize| sorted.get(index).copied().unwrap_or(0.0);
    if sorted.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

/// How far the values lie apart, as a share of their median: (most - least) / median; 0 if there is no median.
pub fn spread(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else { return 0.0 };
    ratio(most - least, median(values)).unwrap_or(0.0)
}

/// The value that `share` of all (0.99 for p99) do not exceed: the nearest rank; of none, 0.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let sorted = sorted(values);
    let rank = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// One over the other, if that is a number.
pub fn ratio(value: f64, limit: f64) -> Option<f64> {
    Some(value / limit).filter(|ratio| ratio.is_finite())
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), 3.0);
        assert_eq!(median(&[7.0]), 7.0);
        assert_eq!(median(&[1.0, 2.0]), 1.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn one_wild_run_does_not_move_the_median() {
        assert_eq!(median(&[100.0, 101.0, 9_000.0]), 101.0);
    }

    #[test]
    fn the_spread_is_a_share_of_the_median() {
        assert_eq!(spread(&[90.0, 100.0, 130.0]), 0.4);
        assert_eq!(spread(&[5.0, 5.0]), 0.0);
        assert_eq!(spread(&[3.0]), 0.0);
        assert_eq!(spread(&[]), 0.0);
        assert_eq!(spread(&[0.0, 0.0, 1.0]), 0.0, "of a median of nought there is no share");
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&hundred, 0.5), 50.0);
        assert_eq!(percentile(&hundred, 0.99), 99.0);
        assert_eq!(percentile(&hundred, 1.0), 100.0);
        assert_eq!(percentile(&hundred, 0.0), 1.0);
        assert_eq!(percentile(&[8.0, 2.0], 0.99), 8.0);
        assert_eq!(percentile(&[], 0.99), 0.0);
    }

    #[test]
    fn a_ratio_to_nothing_is_none() {
        assert_eq!(ratio(1.0, 4.0), Some(0.25));
        assert_eq!(ratio(1.0, 0.0), None);
        assert_eq!(ratio(0.0, 0.0), None);
    }
}
