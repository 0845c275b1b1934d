-- expand: nicknames and standings of contacts
alter table "contact" add column "nickname" TEXT;
alter table "contact" add column "nickname_fold" TEXT;
alter table "contact" add column "standing" TEXT not null default 'usual';
