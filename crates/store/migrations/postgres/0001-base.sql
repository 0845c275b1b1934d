-- expand: the first schema
create table "access_version" (
  "company" bigint not null,
  "subject" bigint not null,
  "version" bigint not null,
  primary key ("company", "subject")
);
create table "audit_entry" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "at" bigint,
  "event" text COLLATE "C",
  "object" text COLLATE "C",
  "record" bigint,
  "actor" bigint,
  "client" text COLLATE "C",
  "entity" bigint,
  "address" text COLLATE "C",
  "door" text COLLATE "C",
  "request" text COLLATE "C",
  "hash" bytea,
  primary key ("company", "key")
);
create table "audit_line" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "entry" bigint,
  "field" text COLLATE "C",
  "before" text COLLATE "C",
  "after" text COLLATE "C",
  primary key ("company", "key")
);
create index "audit_line_entry_index" on "audit_line" ("company", "entry", "key");
create table "change_number" (
  "company" bigint not null,
  "object" text COLLATE "C" not null,
  "number" bigint not null,
  primary key ("company", "object")
);
create table "client_application" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "name" text COLLATE "C" not null,
  "status" text COLLATE "C",
  primary key ("key")
);
create unique index "client_application_id_unique" on "client_application" ("id_fold");
create index "client_application_id_index" on "client_application" ("id", "key");
create table "client_authorization" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "client_application" bigint not null,
  "user" bigint not null,
  "description" text COLLATE "C",
  "allow_standard_users" boolean,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create index "client_authorization_client_application_index" on "client_authorization" ("company", "client_application", "key");
create index "client_authorization_user_index" on "client_authorization" ("company", "user", "key");
create table "company" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "name" text COLLATE "C" not null,
  "permission_type" text COLLATE "C",
  "status" text COLLATE "C",
  primary key ("key")
);
create unique index "company_id_unique" on "company" ("id_fold");
create index "company_id_index" on "company" ("id", "key");
create table "company_key" (
  "company" bigint not null,
  "object" text COLLATE "C" not null,
  "next" bigint not null,
  primary key ("company", "object")
);
create table "contact" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "last_name" text COLLATE "C",
  "last_name_fold" text COLLATE "C",
  "first_name" text COLLATE "C",
  "first_name_fold" text COLLATE "C",
  "middle_name" text COLLATE "C",
  "middle_name_fold" text COLLATE "C",
  "prefix" text COLLATE "C",
  "email1" text COLLATE "C",
  "email1_fold" text COLLATE "C",
  "email2" text COLLATE "C",
  "email2_fold" text COLLATE "C",
  "phone1" text COLLATE "C",
  "phone2" text COLLATE "C",
  "mobile" text COLLATE "C",
  "pager" text COLLATE "C",
  "fax" text COLLATE "C",
  "url1" text COLLATE "C",
  "url2" text COLLATE "C",
  "company_name" text COLLATE "C",
  "company_name_fold" text COLLATE "C",
  "print_as" text COLLATE "C" not null,
  "print_as_fold" text COLLATE "C" not null,
  "show_in_contact_list" boolean,
  "discount" bigint,
  "entity_use_code" text COLLATE "C",
  "status" text COLLATE "C",
  "entity" bigint,
  "mailing_address_address_line1" text COLLATE "C",
  "mailing_address_address_line2" text COLLATE "C",
  "mailing_address_address_line3" text COLLATE "C",
  "mailing_address_city" text COLLATE "C",
  "mailing_address_state" text COLLATE "C",
  "mailing_address_post_code" text COLLATE "C",
  "mailing_address_country" text COLLATE "C",
  "mailing_address_iso_country_code" text COLLATE "C",
  "tax_is_taxable" boolean,
  "tax_tax_id" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "contact_id_unique" on "contact" ("company", "id_fold");
create index "contact_entity_index" on "contact" ("company", "entity", "key");
create index "contact_id_index" on "contact" ("company", "id", "key");
create table "credential" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint not null,
  "kind" text COLLATE "C" not null,
  "name" text COLLATE "C",
  "key_number" bigint,
  "hash" bytea,
  "phc" text COLLATE "C",
  "expires_at" bigint,
  "last_used_at" bigint,
  "last_used_from" text COLLATE "C",
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create index "credential_hash_index" on "credential" ("company", "hash", "key");
create index "credential_user_index" on "credential" ("company", "user", "key");
create table "department" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "name" text COLLATE "C" not null,
  "number" text COLLATE "C",
  "report_title" text COLLATE "C",
  "parent" bigint,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "department_id_unique" on "department" ("company", "id_fold");
create index "department_id_index" on "department" ("company", "id", "key");
create index "department_parent_index" on "department" ("company", "parent", "key");
create table "location" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "name" text COLLATE "C" not null,
  "start_date" bigint,
  "end_date" bigint,
  "federal_id" text COLLATE "C",
  "first_fiscal_month" text COLLATE "C",
  "first_tax_month" text COLLATE "C",
  "week_start" text COLLATE "C",
  "contacts_primary" bigint,
  "contacts_ship_to" bigint,
  "contacts_legal_category" text COLLATE "C",
  "contacts_main_activity" text COLLATE "C",
  "contacts_type_of_company" text COLLATE "C",
  "contacts_registered_capital" bigint,
  "contacts_value_added_tax_regime" text COLLATE "C",
  "texts_message" text COLLATE "C",
  "texts_marketing" text COLLATE "C",
  "texts_footnote" text COLLATE "C",
  "print_as" text COLLATE "C",
  "report_title" text COLLATE "C",
  "is_root" boolean,
  "tax_id" text COLLATE "C",
  "default_country_for_addresses" text COLLATE "C",
  "business_id" text COLLATE "C",
  "open_books_start_date" bigint,
  "operating_country" text COLLATE "C",
  "legal_contact_enable_on_tax_forms" boolean,
  "legal_contact_enable_on_tpar" boolean,
  "legal_contact_name" text COLLATE "C",
  "legal_contact_address_address1" text COLLATE "C",
  "legal_contact_address_address2" text COLLATE "C",
  "legal_contact_address_address3" text COLLATE "C",
  "legal_contact_address_city" text COLLATE "C",
  "legal_contact_address_state" text COLLATE "C",
  "legal_contact_address_zip_code" text COLLATE "C",
  "legal_contact_address_country" text COLLATE "C",
  "legal_contact_address_country_code" text COLLATE "C",
  "legal_contact_tpar_contact_name" text COLLATE "C",
  "legal_contact_tpar_contact_phone" text COLLATE "C",
  "legal_contact_tpar_contact_fax" text COLLATE "C",
  "legal_contact_tpar_contact_email" text COLLATE "C",
  "legal_contact_tpar_branch_number" text COLLATE "C",
  "is_partial_exempt" boolean,
  "is_default_partial_exempt" boolean,
  "accounting_type" text COLLATE "C",
  "statutory_reporting_period_date" bigint,
  "enable_inter_entity_relationships" boolean,
  "is_limited_entity" boolean,
  "enable_einvoicing" boolean,
  "electronic_address" text COLLATE "C",
  "branding_logo" text COLLATE "C",
  "status" text COLLATE "C",
  "location_type" text COLLATE "C",
  "location_reporting_title" text COLLATE "C",
  "parent" bigint,
  "base_currency" text COLLATE "C",
  "entity" bigint,
  primary key ("company", "key")
);
create unique index "location_id_unique" on "location" ("company", "id_fold");
create index "location_contacts_primary_index" on "location" ("company", "contacts_primary", "key");
create index "location_contacts_ship_to_index" on "location" ("company", "contacts_ship_to", "key");
create index "location_entity_index" on "location" ("company", "entity", "key");
create index "location_id_index" on "location" ("company", "id", "key");
create index "location_parent_index" on "location" ("company", "parent", "key");
create table "role" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "description" text COLLATE "C",
  "role_type" text COLLATE "C",
  "apply_to" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "role_id_unique" on "role" ("company", "id_fold");
create index "role_id_index" on "role" ("company", "id", "key");
create table "schema_migration" (
  "number" bigint not null,
  "name" text COLLATE "C" not null,
  "checksum" text COLLATE "C" not null,
  "applied_at" bigint not null,
  primary key ("number")
);
create table "sender" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "description" text COLLATE "C",
  "status" text COLLATE "C",
  primary key ("key")
);
create unique index "sender_id_unique" on "sender" ("id_fold");
create index "sender_id_index" on "sender" ("id", "key");
create table "sender_authorization" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "sender" bigint not null,
  "description" text COLLATE "C",
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "sender_authorization_sender_unique" on "sender_authorization" ("company", "sender");
create table "server_credential" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "sender" bigint,
  "client_application" bigint,
  "kind" text COLLATE "C" not null,
  "name" text COLLATE "C",
  "key_number" bigint,
  "hash" bytea,
  "phc" text COLLATE "C",
  "expires_at" bigint,
  "last_used_at" bigint,
  "last_used_from" text COLLATE "C",
  "status" text COLLATE "C",
  primary key ("key")
);
create index "server_credential_client_application_index" on "server_credential" ("client_application", "key");
create index "server_credential_hash_index" on "server_credential" ("hash", "key");
create index "server_credential_sender_index" on "server_credential" ("sender", "key");
create table "server_key" (
  "object" text COLLATE "C" not null,
  "next" bigint not null,
  primary key ("object")
);
create table "server_version" (
  "only" bigint not null,
  "version" bigint not null,
  primary key ("only")
);
create table "signing_key" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "id" text COLLATE "C" not null,
  "key_number" bigint,
  "sealed" bytea,
  "status" text COLLATE "C",
  primary key ("key")
);
create unique index "signing_key_id_unique" on "signing_key" ("id");
create table "token" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "kind" text COLLATE "C" not null,
  "key_number" bigint,
  "hash" bytea,
  "family" bigint,
  "user" bigint not null,
  "authorization" bigint not null,
  "entity" bigint,
  "expires_at" bigint not null,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "token_hash_unique" on "token" ("company", "hash");
create index "token_authorization_index" on "token" ("company", "authorization", "key");
create index "token_entity_index" on "token" ("company", "entity", "key");
create index "token_family_index" on "token" ("company", "family", "key");
create index "token_user_index" on "token" ("company", "user", "key");
create table "user" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "user_name" text COLLATE "C",
  "user_name_fold" text COLLATE "C",
  "account_email" text COLLATE "C" not null,
  "account_email_fold" text COLLATE "C" not null,
  "user_type" text COLLATE "C",
  "admin_privileges" text COLLATE "C",
  "status" text COLLATE "C",
  "web_services_is_enabled" boolean,
  "web_services_is_restricted" boolean,
  "password_never_expires" boolean,
  "password_requires_reset" boolean,
  "password_disable_password" boolean,
  "sso_is_sso_enabled" boolean,
  "sso_federated_sso_id" text COLLATE "C",
  "entity_access_allow_unrestricted_access" boolean,
  "entity_access_allow_top_level_access" boolean,
  "contact" bigint not null,
  "trusted_devices" text COLLATE "C",
  "is_chatter_disabled" boolean,
  "hide_other_department_transactions" boolean,
  "entity" bigint,
  "activated_at" bigint,
  primary key ("company", "key")
);
create unique index "user_id_unique" on "user" ("company", "id_fold");
create index "user_contact_index" on "user" ("company", "contact", "key");
create index "user_entity_index" on "user" ("company", "entity", "key");
create index "user_id_index" on "user" ("company", "id", "key");
create table "user_departments" (
  "company" bigint not null,
  "owner" bigint not null,
  "place" bigint not null,
  "target" bigint not null,
  primary key ("company", "owner", "place")
);
create unique index "user_departments_unique" on "user_departments" ("company", "owner", "target");
create index "user_departments_index" on "user_departments" ("company", "target");
create table "user_entities" (
  "company" bigint not null,
  "owner" bigint not null,
  "place" bigint not null,
  "target" bigint not null,
  primary key ("company", "owner", "place")
);
create unique index "user_entities_unique" on "user_entities" ("company", "owner", "target");
create index "user_entities_index" on "user_entities" ("company", "target");
create table "user_locations" (
  "company" bigint not null,
  "owner" bigint not null,
  "place" bigint not null,
  "target" bigint not null,
  primary key ("company", "owner", "place")
);
create unique index "user_locations_unique" on "user_locations" ("company", "owner", "target");
create index "user_locations_index" on "user_locations" ("company", "target");
create table "user_roles" (
  "company" bigint not null,
  "owner" bigint not null,
  "place" bigint not null,
  "target" bigint not null,
  primary key ("company", "owner", "place")
);
create unique index "user_roles_unique" on "user_roles" ("company", "owner", "target");
create index "user_roles_index" on "user_roles" ("company", "target");
alter table "audit_line" add foreign key ("company", "entry") references "audit_entry" ("company", "key") deferrable initially immediate;
alter table "client_authorization" add foreign key ("client_application") references "client_application" ("key") deferrable initially immediate;
alter table "client_authorization" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "contact" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "credential" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "department" add foreign key ("company", "parent") references "department" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "contacts_primary") references "contact" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "contacts_ship_to") references "contact" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "parent") references "location" ("company", "key") deferrable initially immediate;
alter table "sender_authorization" add foreign key ("sender") references "sender" ("key") deferrable initially immediate;
alter table "server_credential" add foreign key ("client_application") references "client_application" ("key") deferrable initially immediate;
alter table "server_credential" add foreign key ("sender") references "sender" ("key") deferrable initially immediate;
alter table "token" add foreign key ("company", "authorization") references "client_authorization" ("company", "key") deferrable initially immediate;
alter table "token" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "token" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "user" add foreign key ("company", "contact") references "contact" ("company", "key") deferrable initially immediate;
alter table "user" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "user_departments" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_departments" add foreign key ("company", "target") references "department" ("company", "key") deferrable initially immediate;
alter table "user_entities" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_entities" add foreign key ("company", "target") references "location" ("company", "key") deferrable initially immediate;
alter table "user_locations" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_locations" add foreign key ("company", "target") references "location" ("company", "key") deferrable initially immediate;
alter table "user_roles" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_roles" add foreign key ("company", "target") references "role" ("company", "key") deferrable initially immediate;
insert into "server_version" ("only", "version") values (1, 1);
