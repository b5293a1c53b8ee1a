//! How long payments must be kept: the legal period of a Japanese company's books.
//!
//! A company keeps its books and documents for seven years, counted from the day after the return for their business year
//! was due, which is two months after that year's end: Corporation Tax Act (法人税法), articles 74 and 126 (150-2 for those
//! without a blue return), with article 59 (67) of its enforcement regulation; the National Tax Agency's answer No. 5930. It
//! is ten years for a year whose loss is carried forward, and the Companies Act (会社法), article 432, asks ten of a
//! company's account books: who is under those says `--keep-years 10`. This is how the rule is carried out, and no advice.

use jiff::{ToSpan, civil::Date};

use crate::{error::Error, tokyo};

/// What the Corporation Tax Act asks for, in years.
pub const KEEP_YEARS: i16 = 7;
/// The month in which most Japanese business years end.
pub const YEAR_ENDS: i8 = 3;
/// From the end of a business year to the day its return is due, in months.
const RETURN_MONTHS: i32 = 2;

/// Payments made before this instant (milliseconds since 1970) need not be kept any more: the period of the business year
/// that they were made in is over. A business year ends with the month `year_ends` (1 to 12).
pub fn kept_from(now_ms: i64, keep_years: i16, year_ends: i8) -> Result<i64, Error> {
    let today = tokyo::day_of(now_ms)?;
    // The newest year whose period is over: the last one that could be is looked at first.
    let mut year = today.year() - keep_years;
    loop {
        let end = last_day(year, year_ends)?;
        if kept_until(end, keep_years)? < today {
            return tokyo::begin_of(end.tomorrow().map_err(beyond)?);
        }
        year -= 1;
    }
}

/// The last day on which the books of the business year that ended then are to be kept.
fn kept_until(end: Date, keep_years: i16) -> Result<Date, Error> {
    let due = end.checked_add(RETURN_MONTHS.months()).map_err(beyond)?.last_of_month();
    due.checked_add(i64::from(keep_years).years()).map_err(beyond)
}

fn last_day(year: i16, month: i8) -> Result<Date, Error> {
    Ok(Date::new(year, month, 1).map_err(beyond)?.last_of_month())
}

fn beyond(error: jiff::Error) -> Error {
    Error::Asked(format!("tell how long books are kept: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_from_day(today: &str, keep_years: i16, year_ends: i8) -> String {
        let now = tokyo::begin_of(today.parse().unwrap()).unwrap();
        tokyo::day_of(kept_from(now, keep_years, year_ends).unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_business_year_is_kept_for_seven_years_after_its_return_was_due() {
        // The year to 31 March 2018 was due on 31 May 2018: kept to 31 May 2025, its last day included.
        assert_eq!(kept_from_day("2025-05-31", 7, 3), "2017-04-01");
        assert_eq!(kept_from_day("2025-06-01", 7, 3), "2018-04-01");
    }

    #[test]
    fn the_month_in_which_the_business_year_ends_is_the_companys_own() {
        // To 31 December 2018, due 28 February 2019, kept to 28 February 2026.
        assert_eq!(kept_from_day("2026-02-28", 7, 12), "2018-01-01");
        assert_eq!(kept_from_day("2026-03-01", 7, 12), "2019-01-01");
        // To 28 February 2019, due 30 April 2019.
        assert_eq!(kept_from_day("2026-04-30", 7, 2), "2018-03-01");
        assert_eq!(kept_from_day("2026-05-01", 7, 2), "2019-03-01");
    }

    #[test]
    fn ten_years_are_ten_years_and_none_is_until_the_return_is_due() {
        assert_eq!(kept_from_day("2025-06-01", 10, 3), "2015-04-01");
        assert_eq!(kept_from_day("2025-06-01", 0, 3), "2025-04-01");
        assert_eq!(kept_from_day("2025-05-31", 0, 3), "2024-04-01");
    }

    #[test]
    fn a_year_that_no_calendar_has_is_refused_in_words() {
        assert!(kept_from(0, 30_000, 3).unwrap_err().to_string().starts_with("tell how long books are kept: "));
    }
}
