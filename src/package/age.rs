//! The age of the advisory data, and the warning about old data.

use jiff::{Timestamp, Unit, civil::Date, tz::TimeZone};

/// The age, in days, from which `check`, `audit`, `advisories update` and the doctor warn about the day up to which the
/// data is complete. It never changes a verdict: hijacked versions are found within days, so a month without a record is a month
/// of attacks that are missing.
pub const OLD_DAYS: i64 = 30;

/// The days since `date` (`YYYY-MM-DD`); none if it is no date.
pub fn days(date: &str) -> Option<i64> {
    let date: Date = date.parse().ok()?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.since((Unit::Day, date)).ok().map(|span| i64::from(span.get_days()))
}

/// The warning about data of `date`, once it is old.
pub fn warning(date: &str) -> Option<String> {
    let days = days(date).filter(|days| *days > OLD_DAYS)?;
    Some(format!("the package data is {days} days old (complete up to {date}); newer attacks are not in it"))
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
