//! The calendar, counted day by day from year to year.

pub const DAY: i64 = 86_400;
pub const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// A second of the calendar.
pub struct Civil {
    year: i64,
    month: i64,
    day: i64,
    weekday: &'static str,
    /// Of the day.
    second: i64,
}

impl Civil {
    pub fn of(second: i64) -> Self {
        let days = second.div_euclid(DAY);
        let mut year = 1970 + days.div_euclid(366);
        while first_day(year + 1) <= days {
            year += 1;
        }
        while first_day(year) > days {
            year -= 1;
        }
        let mut day = days - first_day(year);
        let mut month = 1;
        while day >= month_length(year, month) {
            day -= month_length(year, month);
            month += 1;
        }
        Self {
            year,
            month,
            day: day + 1,
            weekday: WEEKDAYS[usize::try_from(days.rem_euclid(7)).unwrap()],
            second: second.rem_euclid(DAY),
        }
    }

    pub fn http(&self) -> String {
        let Self {
            year, day, weekday, ..
        } = self;
        let month = MONTHS[usize::try_from(self.month - 1).unwrap()];
        format!("{weekday}, {day:02} {month} {year:04} {} GMT", self.time())
    }

    pub fn iso(&self) -> String {
        let Self {
            year, month, day, ..
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{}Z", self.time())
    }

    fn time(&self) -> String {
        let (hour, minute) = (self.second / 3600, self.second / 60 % 60);
        format!("{hour:02}:{minute:02}:{:02}", self.second % 60)
    }
}

/// The number of a day, counted from the first one of 1970; `None` if there is no such day.
pub fn day(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_month = (1..=12).contains(&month) && (0..=9999).contains(&year);
    if !is_month || !(1..=month_length(year, month)).contains(&day) {
        return None;
    }
    let months: i64 = (1..month).map(|month| month_length(year, month)).sum();
    Some(first_day(year) + months + day - 1)
}

/// The number of the first day of a year.
fn first_day(year: i64) -> i64 {
    let leap_days = |year: i64| {
        let before = year - 1;
        before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400)
    };
    (year - 1970) * 365 + leap_days(year) - leap_days(1970)
}

fn month_length(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
