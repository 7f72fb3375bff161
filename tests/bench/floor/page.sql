with page as materialized (
  select p.referral_id, p.seen_at from referral_party p
  where p.org_id = (select mistok.current_org()) and p.role = 'RECEIVER' order by p.seen_at desc, p.referral_id desc limit 51
), shared as materialized (
  select referral_id, key_of, wrapped, object_id, slot, content from mistok.subjects(array(select referral_id from page), array['PERSON'])
)
select r.id, r.number, r.status, r.urgency, r.sent_at, r.version, v.code, v.name, s.id, s.name, t.code, t.name, h.wrapped, h.content
from referral r join service_type v on v.id = r.service_id join organization s on s.id = r.sender_id join territory t on t.code = r.territory_code
  left join shared h on h.referral_id = r.id
where r.id = any(array(select referral_id from page))
order by r.sent_at desc, r.id desc
