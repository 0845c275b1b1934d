-- expand: "contact"."company_name" is called "trading_name" now
alter table "contact" add column "trading_name" TEXT;
alter table "contact" add column "trading_name_fold" TEXT;
update "contact" set "trading_name" = "company_name" where "company_name" is not null;
update "contact" set "trading_name_fold" = "company_name_fold" where "company_name_fold" is not null;
