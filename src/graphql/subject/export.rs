//! `subjectExport`.

use super::{page, record};
use crate::{
    base::{Error, error::ErrorCode, words::access::AccessPurpose},
    case::{
        policy::{self, CaseAct},
        store,
    },
    graphql::{
        context::Session,
        directive::{cost, fails, scope},
        node::Kind,
    },
    journal::ObjectType,
};
use async_graphql::{Context, ID, Object, Result, SimpleObject};

/// What is held of a person, and who has seen it, when and why (відомості про особу для неї самої).
#[derive(SimpleObject)]
pub struct SubjectExport {
    /// For another program: a document in JSON (для програм).
    json: String,
    /// For the person: a page in HTML, in Ukrainian, complete in itself (для людини).
    html: String,
}

/// Questions of a person about itself.
#[derive(Default)]
pub struct SubjectQuery;

#[Object]
impl SubjectQuery {
    /// What your organisation holds of the person of a case of yours: data, cases, consents, referrals, services, and who has seen it, when and for which purpose. Only for the purpose SUBJECT_REQUEST; null where the case is not yours (відомості про особу на її вимогу).
    #[graphql(
        directive = scope::apply("persons:read".to_owned()),
        directive = fails::apply(vec![ErrorCode::PurposeRequired]),
        directive = cost::apply("5000".to_owned())
    )]
    async fn subject_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One of the person's cases.")] case_id: ID,
    ) -> Result<Option<SubjectExport>> {
        let session = Session::of(ctx);
        let actor = session.actor();
        if actor.purpose != Some(AccessPurpose::SubjectRequest) {
            let message = "Send the header Mistok-Purpose: SUBJECT_REQUEST; what is told to a person is written down as such.";
            return Err(Error::question(ErrorCode::PurposeRequired, "caseId", message).into());
        }
        let Ok(id) = Kind::Case.key(&case_id, "caseId") else { return Ok(None) };
        let reading = session.reading().await?;
        let found = store::find(reading.link(), &[id]).await?.pop();
        let own = |case: &crate::case::model::Case| policy::may(actor, CaseAct::ReadPerson, case.organization_id, id).is_ok();
        let Some(case) = found.filter(own) else { return Ok(None) };
        session.saw(ObjectType::Person, case.person_id, "subjectExport");
        let record = record::gather(&reading, session.seal(), &case).await?;
        let json = serde_json::to_string_pretty(&record).map_err(Error::internal)?;
        Ok(Some(SubjectExport { json, html: page::write(&record) }))
    }
}
