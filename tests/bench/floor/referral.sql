select r.id, r.number, r.status, r.urgency, r.sent_at, r.version, s.id, s.name, s.kind, o.id, o.name, o.kind, t.code, t.name
from referral r join organization s on s.id = r.sender_id join organization o on o.id = r.receiver_id join territory t on t.code = r.territory_code
where r.id = $1
