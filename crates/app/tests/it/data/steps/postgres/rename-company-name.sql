-- expand: "contact"."company_name" is called "trading_name" now
alter table "contact" add column "trading_name" text COLLATE "C";
alter table "contact" add column "trading_name_fold" text COLLATE "C";
update "contact" set "trading_name" = "company_name" where "company_name" is not null;
update "contact" set "trading_name_fold" = "company_name_fold" where "company_name_fold" is not null;
