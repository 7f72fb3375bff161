drop table offering, organization_secret, organization;
