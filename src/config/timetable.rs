//! The settings of clocks: how long each phase of a referral may take, and in which time.

use super::Faults;
use crate::base::{
    period::{self, Calendar},
    timetable::{Lengths, Timetable, WorkingHours},
};

/// How long each phase of a referral may take.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct TimetableOptions {
    /// Working hours in Europe/Kyiv, such as 09:00-18:00: clocks of URGENT and NORMAL referrals run in them alone, and a
    /// day is one working day [default: around the clock]
    #[arg(long, env = "MISTOK_WORKING_HOURS", value_name = "HH:MM-HH:MM", help_heading = "Clocks")]
    pub working_hours: Option<String>,
    /// Days off beside Saturdays and Sundays, such as 2027-01-01, with commas between them
    #[arg(long, env = "MISTOK_DAYS_OFF", value_name = "DATES", help_heading = "Clocks")]
    pub days_off: Option<String>,
    /// Time to answer a referral that is EMERGENCY, URGENT, NORMAL, in hours or days [default: 24h,72h,14d]
    #[arg(long, env = "MISTOK_RESPOND_WITHIN", value_name = "LENGTHS", help_heading = "Clocks")]
    pub respond_within: Option<String>,
    /// Time from the acceptance to the first contact, likewise [default: 24h,3d,14d]
    #[arg(long, env = "MISTOK_FIRST_CONTACT_WITHIN", value_name = "LENGTHS", help_heading = "Clocks")]
    pub first_contact_within: Option<String>,
    /// Time from the acceptance to the end, likewise [default: 7d,30d,90d]
    #[arg(long, env = "MISTOK_COMPLETE_WITHIN", value_name = "LENGTHS", help_heading = "Clocks")]
    pub complete_within: Option<String>,
}

impl TimetableOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Timetable, Faults> {
        let mut faults = Faults::default();
        let timetable = self.read(&mut faults);
        faults.end(Some(timetable))
    }

    pub(super) fn read(&self, faults: &mut Faults) -> Timetable {
        let usual = Timetable::default();
        Timetable {
            respond: lengths(self.respond_within.as_ref(), usual.respond, "RESPOND_WITHIN", faults),
            first_contact: lengths(self.first_contact_within.as_ref(), usual.first_contact, "FIRST_CONTACT_WITHIN", faults),
            complete: lengths(self.complete_within.as_ref(), usual.complete, "COMPLETE_WITHIN", faults),
            hours: self.read_hours(faults),
            calendar: self.read_calendar(faults),
        }
    }

    fn read_hours(&self, faults: &mut Faults) -> Option<WorkingHours> {
        let text = given(self.working_hours.as_ref())?;
        let hours = text.parse().ok();
        if hours.is_none() {
            faults
                .add(format!("MISTOK_WORKING_HOURS (--working-hours): {text:?} are no hours of one day, such as 09:00-18:00"));
        }
        hours
    }

    fn read_calendar(&self, faults: &mut Faults) -> Calendar {
        let days = given(self.days_off.as_ref()).into_iter().flat_map(|text| text.split(',').map(str::trim));
        let mut off = Vec::new();
        for text in days.filter(|text| !text.is_empty()) {
            match period::day(text) {
                Some(day) => off.push(day),
                None => faults.add(format!("MISTOK_DAYS_OFF (--days-off): {text:?} is no day such as 2027-01-01")),
            }
        }
        Calendar::new(off)
    }
}

/// An empty variable is one that is not there.
fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn lengths(text: Option<&String>, usual: Lengths, name: &str, faults: &mut Faults) -> Lengths {
    let Some(text) = given(text) else { return usual };
    text.parse().unwrap_or_else(|_| {
        let option = name.to_lowercase().replace('_', "-");
        faults.add(format!(
            "MISTOK_{name} (--{option}): {text:?} are not three lengths for EMERGENCY,URGENT,NORMAL, such as {usual}"
        ));
        usual
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::referral::Urgency;

    #[test]
    fn nothing_said_is_the_usual_in_plain_hours() {
        let empty = || Some(String::new());
        for options in [
            TimetableOptions::default(),
            TimetableOptions { working_hours: empty(), days_off: empty(), complete_within: empty(), ..Default::default() },
        ] {
            let read = options.check().expect("nothing is wrong");
            let usual = Timetable::default();
            assert_eq!((read.respond, read.first_contact, read.complete), (usual.respond, usual.first_contact, usual.complete));
            assert_eq!(read.hours, None);
        }
    }

    #[test]
    fn what_is_said_is_read_and_all_faults_are_told() {
        let text = |text: &str| Some(text.to_owned());
        let options = TimetableOptions {
            working_hours: text("08:00-17:00"),
            days_off: text("2027-01-01, 2027-03-08,"),
            respond_within: text("2h,1d,2d"),
            ..Default::default()
        };
        let read = options.check().expect("nothing is wrong");
        assert_eq!((read.hours, read.respond.of(Urgency::Urgent)), ("08:00-17:00".parse().ok(), "1d".parse().expect("a day")));
        assert!(!read.calendar.works("2027-03-08".parse().expect("a Monday")));
        let options = TimetableOptions {
            working_hours: text("9-18"),
            days_off: text("1 січня,2027-02-30"),
            respond_within: text("24h"),
            first_contact_within: text("0h,0h,0h"),
            complete_within: text("a,b,c"),
        };
        let said = options.check().expect_err("all is wrong").to_string();
        for (name, times) in
            [("WORKING_HOURS", 1), ("DAYS_OFF", 2), ("RESPOND_WITHIN", 1), ("FIRST_CONTACT_WITHIN", 1), ("COMPLETE_WITHIN", 1)]
        {
            assert_eq!(said.matches(&format!("MISTOK_{name} ")).count(), times, "{name}: {said}");
        }
    }
}
