-- expand: what taxes a contact stands in a table of its own
create table "contact_taxation" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "contact" INTEGER not null,
  "is_taxable" INTEGER,
  "tax_id" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "contact") references "contact" ("company", "key") deferrable initially immediate
) strict;
create index "contact_taxation_contact_index" on "contact_taxation" ("company", "contact", "key");
insert into "contact_taxation" ("company", "key", "version", "created_at", "modified_at", "created_by", "modified_by", "contact", "is_taxable", "tax_id")
  select s."company", s."key", 1, s."created_at", s."modified_at", s."created_by", s."modified_by", s."key", s."tax_is_taxable", s."tax_tax_id"
  from "contact" s
  where s."tax_is_taxable" is not null or s."tax_tax_id" is not null;
insert into "company_key" ("company", "object", "next") select "company", 'contact_taxation', max("key") + 1 from "contact_taxation" group by "company";
