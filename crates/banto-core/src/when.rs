//! The words of a draft that say when.
//!
//! Each adds to what was said before: `daily_at("9:00").daily_at("17:00")` is due twice a day. [`ScheduleDraft::at`] alone says the
//! time of day of the word before it: `monthly().at("13:00")`. All become cron expressions in the schedule's zone, but
//! for periods that do not divide the clock's circle: those count from 1970.

use std::time::Duration;

use crate::{
    civil::{TimeOfDay, Weekday},
    cron::Cron,
    draft::ScheduleDraft,
    refusal::Refusal,
    schedule::Timing,
};

/// Spans of time from whole numbers: `5.minutes()`. What is negative is none, and what is too long is the longest.
pub trait Span: Sized {
    /// That many seconds.
    fn seconds(self) -> Duration;
    /// That many minutes.
    fn minutes(self) -> Duration {
        self.seconds().saturating_mul(60)
    }
    /// That many hours.
    fn hours(self) -> Duration {
        self.seconds().saturating_mul(3_600)
    }
    /// That many times 24 hours.
    fn days(self) -> Duration {
        self.seconds().saturating_mul(86_400)
    }
}

macro_rules! span {
    ($($number:ty),+) => {$(
        impl Span for $number {
            fn seconds(self) -> Duration {
                Duration::from_secs(u64::try_from(self).unwrap_or(0))
            }
        }
    )+};
}
span!(i32, i64, u8, u16, u32, u64, usize);

/// One word that says when.
#[derive(Debug, Clone)]
pub(crate) enum When {
    /// At times of day on some days: hour and minute may still be changed.
    Daily { times: Vec<TimeOfDay>, days: String },
    /// An expression as it is.
    Cron(Cron),
    /// A period in seconds that is no expression.
    Period(u64),
}

impl When {
    /// What all words together say. Refuses none, and a period beside others.
    pub(crate) fn timing(all: &[When]) -> Result<Timing, Refusal> {
        if let [When::Period(period_s)] = all {
            return Ok(Timing::Every(*period_s));
        }
        let mut crons: Vec<Cron> = Vec::new();
        for when in all {
            let more = match when {
                When::Cron(cron) => vec![cron.clone()],
                When::Daily { times, days } => times.iter().map(|time| daily(*time, days)).collect::<Result<_, _>>()?,
                When::Period(period_s) => {
                    let allowed = "a period that does not divide a minute, an hour or a day stands alone";
                    return Err(Refusal::new("one of several times", &format!("every {period_s} s"), allowed));
                }
            };
            crons.extend(more);
        }
        if crons.is_empty() {
            return Err(Refusal::new("a schedule's timing", "", "say when it is due, as daily_at(\"13:00\")"));
        }
        Ok(Timing::Cron(crons))
    }
}

/// The expression of a time of day on some days, those in the words of an expression.
fn daily(time: TimeOfDay, days: &str) -> Result<Cron, Refusal> {
    match time.parts() {
        (hour, minute, 0) => Cron::new(&format!("{minute} {hour} {days}")),
        (hour, minute, second) => Cron::new(&format!("{second} {minute} {hour} {days}")),
    }
}

/// The expression of a period, if it divides a minute, an hour or a day.
fn divides(period_s: u64) -> Option<String> {
    let step = |n: u64| if n == 1 { "*".to_owned() } else { format!("*/{n}") };
    match period_s {
        0 => None,
        s if 60 % s == 0 && s < 60 => Some(format!("{} * * * * *", step(s))),
        s if s % 60 == 0 && 3_600 % s == 0 && s < 3_600 => Some(format!("{} * * * *", step(s / 60))),
        s if s % 3_600 == 0 && 86_400 % s == 0 && s < 86_400 => Some(format!("0 {} * * *", step(s / 3_600))),
        86_400 => Some("0 0 * * *".to_owned()),
        _ => None,
    }
}

const MIDNIGHT: &str = "00:00";

impl ScheduleDraft {
    /// Every so often: by the clock on the wall where that comes out even (every 5 minutes, 6 hours, a day), else counted
    /// from 1970-01-01T00:00Z. Whole seconds.
    pub fn every(self, period: Duration) -> ScheduleDraft {
        let refused = |allowed| Refusal::new("a period", &format!("{period:?}"), allowed);
        if period.subsec_nanos() != 0 || period.is_zero() {
            return self.when(Err(refused("whole seconds are allowed, at least one")));
        }
        match divides(period.as_secs()) {
            Some(text) => self.cron(&text),
            None => self.when(Ok(When::Period(period.as_secs()))),
        }
    }

    /// Whenever the expression matches: see [`Cron`].
    pub fn cron(self, text: &str) -> ScheduleDraft {
        self.when(Cron::new(text).map(When::Cron))
    }

    /// Every second.
    pub fn every_second(self) -> ScheduleDraft {
        self.every(1.seconds())
    }

    /// Every minute.
    pub fn every_minute(self) -> ScheduleDraft {
        self.every(1.minutes())
    }

    /// Every five minutes.
    pub fn every_five_minutes(self) -> ScheduleDraft {
        self.every(5.minutes())
    }

    /// Every ten minutes.
    pub fn every_ten_minutes(self) -> ScheduleDraft {
        self.every(10.minutes())
    }

    /// Every fifteen minutes.
    pub fn every_fifteen_minutes(self) -> ScheduleDraft {
        self.every(15.minutes())
    }

    /// Every thirty minutes.
    pub fn every_thirty_minutes(self) -> ScheduleDraft {
        self.every(30.minutes())
    }

    /// Every hour, at its beginning.
    pub fn hourly(self) -> ScheduleDraft {
        self.hourly_at(0)
    }

    /// Every hour, at that minute.
    pub fn hourly_at(self, minute: u32) -> ScheduleDraft {
        self.cron(&format!("{minute} * * * *"))
    }

    /// Every day at midnight.
    pub fn daily(self) -> ScheduleDraft {
        self.daily_at(MIDNIGHT)
    }

    /// Every day at that time, as `13:00`.
    pub fn daily_at(self, time: &str) -> ScheduleDraft {
        self.on("* * *".to_owned(), time)
    }

    /// Every day at two hours.
    pub fn twice_daily(self, first: u32, second: u32) -> ScheduleDraft {
        self.twice_daily_at(first, second, 0)
    }

    /// Every day at that minute of two hours.
    pub fn twice_daily_at(self, first: u32, second: u32, minute: u32) -> ScheduleDraft {
        self.cron(&format!("{minute} {first},{second} * * *"))
    }

    /// Every Sunday at midnight.
    pub fn weekly(self) -> ScheduleDraft {
        self.weekly_on(Weekday::Sunday, MIDNIGHT)
    }

    /// Every week on that day, at that time.
    pub fn weekly_on(self, day: Weekday, time: &str) -> ScheduleDraft {
        self.on(format!("* * {}", day.number()), time)
    }

    /// On the first day of every month at midnight.
    pub fn monthly(self) -> ScheduleDraft {
        self.monthly_on(1, MIDNIGHT)
    }

    /// On that day of every month that has it, at that time.
    pub fn monthly_on(self, day: u32, time: &str) -> ScheduleDraft {
        self.on(format!("{day} * *"), time)
    }

    /// On two days of every month, at that time.
    pub fn twice_monthly(self, first: u32, second: u32, time: &str) -> ScheduleDraft {
        self.on(format!("{first},{second} * *"), time)
    }

    /// On the last day of every month, at that time.
    pub fn last_day_of_month(self, time: &str) -> ScheduleDraft {
        self.on("L * *".to_owned(), time)
    }

    /// On the first day of January, April, July and October at midnight.
    pub fn quarterly(self) -> ScheduleDraft {
        self.quarterly_on(1, MIDNIGHT)
    }

    /// On that day of January, April, July and October, at that time.
    pub fn quarterly_on(self, day: u32, time: &str) -> ScheduleDraft {
        self.on(format!("{day} 1,4,7,10 *"), time)
    }

    /// On the first day of January at midnight.
    pub fn yearly(self) -> ScheduleDraft {
        self.yearly_on(1, 1, MIDNIGHT)
    }

    /// On that day of that month (1 to 12), at that time.
    pub fn yearly_on(self, month: u32, day: u32, time: &str) -> ScheduleDraft {
        self.on(format!("{day} {month} *"), time)
    }

    /// At that time of day, on the days that the word before says (daily, weekly, monthly, quarterly, yearly); every day
    /// if there is none.
    pub fn at(self, time: &str) -> ScheduleDraft {
        self.at_each([time])
    }

    /// As [`at`](Self::at), at several times.
    pub fn at_each<'a>(mut self, times: impl IntoIterator<Item = &'a str>) -> ScheduleDraft {
        self.said_when = true;
        let read: Result<Vec<TimeOfDay>, Refusal> = times.into_iter().map(str::parse).collect();
        match (read, self.when.last_mut()) {
            (Err(fault), _) => self.faults.push(fault),
            (Ok(read), Some(When::Daily { times, .. })) => *times = read,
            (Ok(times), None) => self.when.push(When::Daily { times, days: "* * *".to_owned() }),
            (Ok(read), Some(_)) => {
                let shown: Vec<String> = read.iter().map(TimeOfDay::to_string).collect();
                let allowed =
                    "it follows daily, weekly, monthly, quarterly or yearly; the word before says its time itself";
                self.faults.push(Refusal::new("a time of day", &shown.join(", "), allowed));
            }
        }
        self
    }

    fn on(self, days: String, time: &str) -> ScheduleDraft {
        // The days are tried now, so that their fault is found beside the time's.
        let tried = Cron::new(&format!("0 0 {days}"));
        match (tried, time.parse()) {
            (Ok(_), time) => self.when(time.map(|time| When::Daily { times: vec![time], days })),
            (Err(fault), Ok(_)) => self.when(Err(fault)),
            (Err(fault), Err(other)) => self.when(Err(fault)).when(Err(other)),
        }
    }

    fn when(mut self, when: Result<When, Refusal>) -> ScheduleDraft {
        self.said_when = true;
        match when {
            Ok(when) => self.when.push(when),
            Err(fault) => self.faults.push(fault),
        }
        self
    }
}
