-- contract: "contact"."company_name" is called "trading_name" now
alter table "contact" drop column "company_name";
alter table "contact" drop column "company_name_fold";
