drop policy seen_to_deliver on application;
drop table webhook_place;
drop table webhook_attempt;
drop table webhook_delivery;
drop table webhook_endpoint;
