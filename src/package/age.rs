//! How old the data on hijacked packages is, and when that is worth a word.

use jiff::{Timestamp, Unit, civil::Date, tz::TimeZone};

/// Data whose newest record is older than this many days is said to be old, by `check`, `audit`, `advisories update`
/// and the doctor alike. It never changes a verdict: hijacked versions are found within days, so a month of silence
/// is a month of attacks that nobody was told of.
pub const OLD_DAYS: i64 = 30;

/// How many days ago `date` (`YYYY-MM-DD`) was; nothing where it is no date.
pub fn days(date: &str) -> Option<i64> {
    let date: Date = date.parse().ok()?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.since((Unit::Day, date)).ok().map(|span| i64::from(span.get_days()))
}

/// A sentence about data of `date`, once it is old.
pub fn warning(date: &str) -> Option<String> {
    let days = days(date).filter(|days| *days > OLD_DAYS)?;
    Some(format!("the package data is {days} days old (newest record {date}); newer attacks are not in it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_past_the_limit_is_said() {
        let before = |days: i64| {
            let then = Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
            then.strftime("%Y-%m-%d").to_string()
        };
        assert_eq!(days(&before(12)), Some(12));
        assert_eq!(warning(&before(OLD_DAYS)), None);
        assert!(warning(&before(OLD_DAYS + 1)).unwrap().contains("31 days old"));
        assert_eq!((days("unknown"), warning("")), (None, None));
    }
}
