-- expand: nicknames and standings of contacts
alter table "contact" add column "nickname" text COLLATE "C";
alter table "contact" add column "nickname_fold" text COLLATE "C";
alter table "contact" add column "standing" text COLLATE "C" not null default 'usual';
