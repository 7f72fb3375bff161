select r.id, r.number, r.status, r.urgency, r.sent_at, r.version, v.code, v.name, s.id, s.name, t.code, t.name
from referral r join service_type v on v.id = r.service_id join organization s on s.id = r.sender_id join territory t on t.code = r.territory_code
where r.id = any(array(
  select p.referral_id from referral_party p
  where p.org_id = (select mistok.current_org()) and p.role = 'RECEIVER' order by p.seen_at desc, p.referral_id desc limit 51))
order by r.sent_at desc, r.id desc
