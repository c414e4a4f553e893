//! Spans of days on the calendar, their ISO 8601 form and their names.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::granularity::Granularity;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Seasons of the northern half of the earth, by the number of their first month.
const SEASONS: [(&str, i8); 5] =
    [("spring", 3), ("summer", 6), ("autumn", 9), ("fall", 9), ("winter", 12)];

/// Whole days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) granularity: Granularity,
}

impl Span {
    pub(crate) fn day(day: Date) -> Span {
        Span { first: day, last: day, granularity: Granularity::Day }
    }

    /// Creates the week of `day`, Monday to Sunday.
    pub(crate) fn week(day: Date) -> Option<Span> {
        let back = i32::from(day.weekday().to_monday_zero_offset());
        let first = day.checked_sub(back.days()).ok()?;
        let last = first.checked_add(6.days()).ok()?;
        Some(Span { first, last, granularity: Granularity::Week })
    }

    /// Creates the Saturday and Sunday of the week of `day`.
    pub(crate) fn weekend(day: Date) -> Option<Span> {
        let week = Span::week(day)?;
        let first = week.first.checked_add(5.days()).ok()?;
        Some(Span { first, last: week.last, granularity: Granularity::Weekend })
    }

    pub(crate) fn month(day: Date) -> Span {
        let (first, last) = (day.first_of_month(), day.last_of_month());
        Span { first, last, granularity: Granularity::Month }
    }

    pub(crate) fn year(day: Date) -> Span {
        let (first, last) = (day.first_of_year(), day.last_of_year());
        Span { first, last, granularity: Granularity::Year }
    }

    pub(crate) fn decade(day: Date) -> Option<Span> {
        let start = day.year() - day.year().rem_euclid(10);
        let first = Date::new(start, 1, 1).ok()?;
        let last = Date::new(start.checked_add(9)?, 12, 31).ok()?;
        Some(Span { first, last, granularity: Granularity::Decade })
    }

    /// Creates the season that begins in `month` of `year`.
    pub(crate) fn season(year: i16, month: i8) -> Option<Span> {
        let first = Date::new(year, month, 1).ok()?;
        let last = first.checked_add(2.months()).ok()?.last_of_month();
        Some(Span { first, last, granularity: Granularity::Season })
    }

    /// Creates the days from `back` before `day` to `near` before it.
    pub(crate) fn days_before(day: Date, back: i32, near: i32) -> Option<Span> {
        let first = day.checked_sub(back.days()).ok()?;
        let last = day.checked_sub(near.days()).ok()?;
        Some(Span { first, last, granularity: Granularity::Days })
    }

    /// Returns the value in ISO 8601.
    pub(crate) fn iso(&self) -> String {
        let month = |day: Date| day.strftime("%Y-%m").to_string();
        match self.granularity {
            Granularity::Day => self.first.to_string(),
            Granularity::Week if self.first.weekday() == Weekday::Monday => {
                let week = self.first.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Granularity::Month => month(self.first),
            Granularity::Season => format!("{}/{}", month(self.first), month(self.last)),
            Granularity::Year if self.first != self.first.first_of_year() => {
                format!("{}/{}", self.first, self.last)
            }
            Granularity::Year => format!("{:04}", self.first.year()),
            Granularity::Decade => format!("{:04}/{:04}", self.first.year(), self.last.year()),
            Granularity::Days
            | Granularity::Weekend
            | Granularity::Week
            | Granularity::PartOfMonth => {
                format!("{}/{}", self.first, self.last)
            }
        }
    }
}

/// Writes a day as "7 May 2023".
pub(crate) fn written(day: Date) -> String {
    let month = usize::try_from(day.month() - 1).ok().and_then(|at| MONTHS.get(at));
    format!("{} {} {}", day.day(), month.copied().unwrap_or_default(), day.year())
}

/// Writes a month as "May 2023".
pub(crate) fn written_month(day: Date) -> String {
    let month = usize::try_from(day.month() - 1).ok().and_then(|at| MONTHS.get(at));
    format!("{} {}", month.copied().unwrap_or_default(), day.year())
}

/// Returns the number of a month by its name or abbreviation.
pub(super) fn month_of(low: &str) -> Option<i8> {
    if low.len() < 3 {
        return None;
    }
    let at = MONTHS.iter().position(|month| {
        let month = month.to_ascii_lowercase();
        month == low || low.len() <= 4 && month.starts_with(low)
    })?;
    i8::try_from(at + 1).ok()
}

/// Returns the first month of a season.
pub(super) fn season_of(low: &str) -> Option<i8> {
    SEASONS.iter().find(|(name, _)| *name == low).map(|(_, month)| *month)
}

/// Returns a weekday by its name or abbreviation, in the singular.
pub(super) fn weekday_of(low: &str) -> Option<Weekday> {
    Some(match low {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" | "thur" | "thurs" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// Returns the nearest `weekday` before `day`.
pub(super) fn weekday_before(day: Date, weekday: Weekday) -> Option<Date> {
    day.nth_weekday(-1, weekday).ok()
}

/// Returns the nearest `weekday` after `day`.
pub(super) fn weekday_after(day: Date, weekday: Weekday) -> Option<Date> {
    day.nth_weekday(1, weekday).ok()
}

/// Returns a day of a month and year, if the calendar has it.
pub(super) fn day_in(year: i16, month: i8, day: i8) -> Option<Date> {
    let is_possible = (1..=9999).contains(&year);
    Date::new(year, month, day).ok().filter(|found| is_possible && date(1, 1, 1) <= *found)
}
