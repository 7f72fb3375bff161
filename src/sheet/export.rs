//! Rows of one's own, stretch after stretch. Each stretch is a reading of its own, so that nobody who reads slowly holds one
//! open: the rows that were there when it began come each once, in the order in which they were recorded, each as it stands
//! when its stretch is read. What is recorded meanwhile is left for the next export.

use super::{
    column::{ACTIVITIES, Column, REFERRALS, SERVICES},
    line::Style,
};
use crate::{
    access::{Actor, Scope},
    activity::sheet as work,
    base::{Error, Result},
    db::Db,
    referral::sheet as referral,
};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// Rows of one stretch.
pub const STRETCH: i64 = 1000;

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    Services,
    Activities,
    Referrals,
}

/// Which rows: those up to a moment, and of some days.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// First day: of the work, or on which a party came to know of a referral.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    pub until: DateTime<Utc>,
    /// The last row of the stretch before.
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

impl Export {
    pub const ALL: [Self; 3] = [Self::Services, Self::Activities, Self::Referrals];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Activities => "activities",
            Self::Referrals => "referrals",
        }
    }

    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Services => SERVICES,
            Self::Activities => ACTIVITIES,
            Self::Referrals => REFERRALS,
        }
    }

    const fn scope(self) -> Scope {
        match self {
            Self::Services | Self::Activities => Scope::ServicesRead,
            Self::Referrals => Scope::ReferralsRead,
        }
    }

    /// One stretch as bytes, and where the next begins; none: nothing was left.
    pub async fn stretch(
        self,
        db: &Db,
        actor: &Actor,
        range: Range,
        style: Style,
    ) -> Result<(Vec<u8>, Option<(DateTime<Utc>, Uuid)>)> {
        if !actor.holds(self.scope()) {
            return Err(Error::Denied { scope: self.scope().word() });
        }
        let reading = db.read(actor).await?;
        let (own, mut bytes) = (actor.organization_id, Vec::new());
        macro_rules! written {
            ($rows:expr, $key:expr) => {{
                let rows = $rows;
                rows.iter().for_each(|row| style.write(&mut bytes, self.columns(), row, actor));
                rows.last().map($key)
            }};
        }
        let next = match self {
            Self::Services => {
                written!(work::deliveries(reading.link(), own, &range.of_work()).await?, |last| (
                    last.delivery.created_at,
                    last.delivery.id
                ))
            }
            Self::Activities => {
                written!(work::activities(reading.link(), own, &range.of_work()).await?, |last| (last.created_at, last.id))
            }
            Self::Referrals => {
                written!(referral::standing(reading.link(), own, &range.of_referrals()).await?, |last| (last.seen_at, last.id))
            }
        };
        reading.end().await?;
        Ok((bytes, next))
    }
}

impl Range {
    fn of_work(self) -> work::Stretch {
        let Self { from, to, until, after } = self;
        work::Stretch { from, to, until, after, most: STRETCH }
    }

    fn of_referrals(self) -> referral::Stretch {
        let Self { from, to, until, after } = self;
        referral::Stretch { from, to, until, after, most: STRETCH }
    }
}
