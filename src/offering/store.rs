//! All SQL of the slice.

use super::{model::Offering, policy::OfferingAct};
use crate::{
    access::Permit,
    base::Result,
    db::{Link, Tx, schema::offering},
};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// What several organisations offer.
pub async fn of_organizations(mut link: &Link, organizations: &[Uuid]) -> Result<Vec<Offering>> {
    let rows = offering::table
        .filter(offering::organization_id.eq_any(organizations))
        .order((offering::organization_id, offering::id));
    Ok(rows.select(Offering::as_select()).load(&mut link).await?)
}

/// What several organisations say of one service: at their centres and elsewhere.
pub async fn of_several(mut link: &Link, organizations: &[Uuid], service_id: Uuid) -> Result<Vec<Offering>> {
    let rows = offering::table.filter(offering::organization_id.eq_any(organizations));
    let rows = rows.filter(offering::service_id.eq(service_id)).order(offering::id);
    Ok(rows.select(Offering::as_select()).load(&mut link).await?)
}

/// Writes an offering over the one for the same service and centre. Returns it as it stands now.
pub async fn put(tx: &Tx, permit: &Permit<OfferingAct>, new: &Offering) -> Result<Offering> {
    debug_assert_eq!(permit.object_id(), new.organization_id);
    let put = diesel::insert_into(offering::table)
        .values(new)
        .on_conflict((offering::organization_id, offering::service_id, offering::centre_id))
        .do_update()
        .set((
            offering::territories.eq(excluded(offering::territories)),
            offering::capacity.eq(excluded(offering::capacity)),
            offering::capacity_as_of.eq(excluded(offering::capacity_as_of)),
            offering::expected_wait.eq(excluded(offering::expected_wait)),
            offering::version.eq(offering::version + 1),
        ));
    Ok(put.returning(Offering::as_returning()).get_result(&mut tx.link()).await?)
}
