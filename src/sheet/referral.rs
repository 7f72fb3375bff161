//! Referrals (скерування) as a sheet shows them. Nothing about the person.

use super::line::{Shown, Value};
use crate::{access::Actor, base::words::referral::Direction, graphql::node::Kind, referral::sheet::Standing};

impl Shown for Standing {
    fn value(&self, column: &str, actor: &Actor) -> Value {
        let sent = actor.is(self.sender_id);
        let moment = |at: Option<chrono::DateTime<chrono::Utc>>| {
            Value::text(at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)))
        };
        match column {
            "id" => Value::id(Kind::Referral, Some(self.id)),
            "number" => Value::text(Some(&self.number)),
            "direction" => Value::word(Some(if sent { Direction::Outbound } else { Direction::Inbound })),
            "status" => Value::word(Some(self.status)),
            "outcome" => Value::word(self.outcome),
            "urgency" => Value::word(Some(self.urgency)),
            "serviceCode" => Value::text(Some(&self.service_code)),
            "territory" => Value::text(Some(&self.territory_code)),
            "senderId" => Value::id(Kind::Organization, Some(self.sender_id)),
            "senderName" => Value::text(Some(&self.sender_name)),
            "receiverId" => Value::id(Kind::Organization, Some(self.receiver_id)),
            "receiverName" => Value::text(Some(&self.receiver_name)),
            // The sender's own: the receiver knows when it was sent.
            "createdAt" => moment(Some(self.created_at).filter(|_| sent)),
            "sentAt" => moment(self.sent_at),
            "respondBy" => moment(self.respond_by),
            "acceptedAt" => moment(self.accepted_at),
            "endedAt" => moment(self.ended_at),
            "updatedAt" => moment(Some(self.updated_at)),
            "version" => Value::number(Some(self.version)),
            _ => Value::None,
        }
    }
}
