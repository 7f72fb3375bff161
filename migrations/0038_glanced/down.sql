alter table referral_party alter territory_code drop not null, alter created_at drop not null, alter version drop not null;
