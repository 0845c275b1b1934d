-- expand: the first schema
create table "access_version" (
  "company" INTEGER not null,
  "subject" INTEGER not null,
  "version" INTEGER not null,
  primary key ("company", "subject")
) strict;
create table "audit_entry" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "at" INTEGER,
  "event" TEXT,
  "object" TEXT,
  "record" INTEGER,
  "actor" INTEGER,
  "client" TEXT,
  "entity" INTEGER,
  "address" TEXT,
  "door" TEXT,
  "request" TEXT,
  "hash" BLOB,
  primary key ("company", "key")
) strict;
create table "audit_line" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "entry" INTEGER,
  "field" TEXT,
  "before" TEXT,
  "after" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "entry") references "audit_entry" ("company", "key") deferrable initially immediate
) strict;
create index "audit_line_entry_index" on "audit_line" ("company", "entry", "key");
create table "change_number" (
  "company" INTEGER not null,
  "object" TEXT not null,
  "number" INTEGER not null,
  primary key ("company", "object")
) strict;
create table "client_application" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "name" TEXT not null,
  "status" TEXT,
  primary key ("key")
) strict;
create unique index "client_application_id_unique" on "client_application" ("id_fold");
create index "client_application_id_index" on "client_application" ("id", "key");
create table "client_authorization" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "client_application" INTEGER not null,
  "user" INTEGER not null,
  "description" TEXT,
  "allow_standard_users" INTEGER,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("client_application") references "client_application" ("key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "client_authorization_client_application_index" on "client_authorization" ("company", "client_application", "key");
create index "client_authorization_user_index" on "client_authorization" ("company", "user", "key");
create table "company" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "name" TEXT not null,
  "permission_type" TEXT,
  "status" TEXT,
  primary key ("key")
) strict;
create unique index "company_id_unique" on "company" ("id_fold");
create index "company_id_index" on "company" ("id", "key");
create table "company_key" (
  "company" INTEGER not null,
  "object" TEXT not null,
  "next" INTEGER not null,
  primary key ("company", "object")
) strict;
create table "contact" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "last_name" TEXT,
  "last_name_fold" TEXT,
  "first_name" TEXT,
  "first_name_fold" TEXT,
  "middle_name" TEXT,
  "middle_name_fold" TEXT,
  "prefix" TEXT,
  "email1" TEXT,
  "email1_fold" TEXT,
  "email2" TEXT,
  "email2_fold" TEXT,
  "phone1" TEXT,
  "phone2" TEXT,
  "mobile" TEXT,
  "pager" TEXT,
  "fax" TEXT,
  "url1" TEXT,
  "url2" TEXT,
  "company_name" TEXT,
  "company_name_fold" TEXT,
  "print_as" TEXT not null,
  "print_as_fold" TEXT not null,
  "show_in_contact_list" INTEGER,
  "discount" INTEGER,
  "entity_use_code" TEXT,
  "status" TEXT,
  "entity" INTEGER,
  "mailing_address_address_line1" TEXT,
  "mailing_address_address_line2" TEXT,
  "mailing_address_address_line3" TEXT,
  "mailing_address_city" TEXT,
  "mailing_address_state" TEXT,
  "mailing_address_post_code" TEXT,
  "mailing_address_country" TEXT,
  "mailing_address_iso_country_code" TEXT,
  "tax_is_taxable" INTEGER,
  "tax_tax_id" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate
) strict;
create unique index "contact_id_unique" on "contact" ("company", "id_fold");
create index "contact_entity_index" on "contact" ("company", "entity", "key");
create index "contact_id_index" on "contact" ("company", "id", "key");
create table "credential" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER not null,
  "kind" TEXT not null,
  "name" TEXT,
  "key_number" INTEGER,
  "hash" BLOB,
  "phc" TEXT,
  "expires_at" INTEGER,
  "last_used_at" INTEGER,
  "last_used_from" TEXT,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "credential_hash_index" on "credential" ("company", "hash", "key");
create index "credential_user_index" on "credential" ("company", "user", "key");
create table "department" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "name" TEXT not null,
  "number" TEXT,
  "report_title" TEXT,
  "parent" INTEGER,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "parent") references "department" ("company", "key") deferrable initially immediate
) strict;
create unique index "department_id_unique" on "department" ("company", "id_fold");
create index "department_id_index" on "department" ("company", "id", "key");
create index "department_parent_index" on "department" ("company", "parent", "key");
create table "location" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "name" TEXT not null,
  "start_date" INTEGER,
  "end_date" INTEGER,
  "federal_id" TEXT,
  "first_fiscal_month" TEXT,
  "first_tax_month" TEXT,
  "week_start" TEXT,
  "contacts_primary" INTEGER,
  "contacts_ship_to" INTEGER,
  "contacts_legal_category" TEXT,
  "contacts_main_activity" TEXT,
  "contacts_type_of_company" TEXT,
  "contacts_registered_capital" INTEGER,
  "contacts_value_added_tax_regime" TEXT,
  "texts_message" TEXT,
  "texts_marketing" TEXT,
  "texts_footnote" TEXT,
  "print_as" TEXT,
  "report_title" TEXT,
  "is_root" INTEGER,
  "tax_id" TEXT,
  "default_country_for_addresses" TEXT,
  "business_id" TEXT,
  "open_books_start_date" INTEGER,
  "operating_country" TEXT,
  "legal_contact_enable_on_tax_forms" INTEGER,
  "legal_contact_enable_on_tpar" INTEGER,
  "legal_contact_name" TEXT,
  "legal_contact_address_address1" TEXT,
  "legal_contact_address_address2" TEXT,
  "legal_contact_address_address3" TEXT,
  "legal_contact_address_city" TEXT,
  "legal_contact_address_state" TEXT,
  "legal_contact_address_zip_code" TEXT,
  "legal_contact_address_country" TEXT,
  "legal_contact_address_country_code" TEXT,
  "legal_contact_tpar_contact_name" TEXT,
  "legal_contact_tpar_contact_phone" TEXT,
  "legal_contact_tpar_contact_fax" TEXT,
  "legal_contact_tpar_contact_email" TEXT,
  "legal_contact_tpar_branch_number" TEXT,
  "is_partial_exempt" INTEGER,
  "is_default_partial_exempt" INTEGER,
  "accounting_type" TEXT,
  "statutory_reporting_period_date" INTEGER,
  "enable_inter_entity_relationships" INTEGER,
  "is_limited_entity" INTEGER,
  "enable_einvoicing" INTEGER,
  "electronic_address" TEXT,
  "branding_logo" TEXT,
  "status" TEXT,
  "location_type" TEXT,
  "location_reporting_title" TEXT,
  "parent" INTEGER,
  "base_currency" TEXT,
  "entity" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "contacts_primary") references "contact" ("company", "key") deferrable initially immediate,
  foreign key ("company", "contacts_ship_to") references "contact" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "parent") references "location" ("company", "key") deferrable initially immediate
) strict;
create unique index "location_id_unique" on "location" ("company", "id_fold");
create index "location_contacts_primary_index" on "location" ("company", "contacts_primary", "key");
create index "location_contacts_ship_to_index" on "location" ("company", "contacts_ship_to", "key");
create index "location_entity_index" on "location" ("company", "entity", "key");
create index "location_id_index" on "location" ("company", "id", "key");
create index "location_parent_index" on "location" ("company", "parent", "key");
create table "role" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "description" TEXT,
  "role_type" TEXT,
  "apply_to" TEXT,
  primary key ("company", "key")
) strict;
create unique index "role_id_unique" on "role" ("company", "id_fold");
create index "role_id_index" on "role" ("company", "id", "key");
create table "schema_migration" (
  "number" INTEGER not null,
  "name" TEXT not null,
  "checksum" TEXT not null,
  "applied_at" INTEGER not null,
  primary key ("number")
) strict;
create table "sender" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "description" TEXT,
  "status" TEXT,
  primary key ("key")
) strict;
create unique index "sender_id_unique" on "sender" ("id_fold");
create index "sender_id_index" on "sender" ("id", "key");
create table "sender_authorization" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "sender" INTEGER not null,
  "description" TEXT,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("sender") references "sender" ("key") deferrable initially immediate
) strict;
create unique index "sender_authorization_sender_unique" on "sender_authorization" ("company", "sender");
create table "server_credential" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "sender" INTEGER,
  "client_application" INTEGER,
  "kind" TEXT not null,
  "name" TEXT,
  "key_number" INTEGER,
  "hash" BLOB,
  "phc" TEXT,
  "expires_at" INTEGER,
  "last_used_at" INTEGER,
  "last_used_from" TEXT,
  "status" TEXT,
  primary key ("key"),
  foreign key ("client_application") references "client_application" ("key") deferrable initially immediate,
  foreign key ("sender") references "sender" ("key") deferrable initially immediate
) strict;
create index "server_credential_client_application_index" on "server_credential" ("client_application", "key");
create index "server_credential_hash_index" on "server_credential" ("hash", "key");
create index "server_credential_sender_index" on "server_credential" ("sender", "key");
create table "server_key" (
  "object" TEXT not null,
  "next" INTEGER not null,
  primary key ("object")
) strict;
create table "server_version" (
  "only" INTEGER not null,
  "version" INTEGER not null,
  primary key ("only")
) strict;
create table "signing_key" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "id" TEXT not null,
  "key_number" INTEGER,
  "sealed" BLOB,
  "status" TEXT,
  primary key ("key")
) strict;
create unique index "signing_key_id_unique" on "signing_key" ("id");
create table "token" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "kind" TEXT not null,
  "key_number" INTEGER,
  "hash" BLOB,
  "family" INTEGER,
  "user" INTEGER not null,
  "authorization" INTEGER not null,
  "entity" INTEGER,
  "expires_at" INTEGER not null,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "authorization") references "client_authorization" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "token_hash_unique" on "token" ("company", "hash");
create index "token_authorization_index" on "token" ("company", "authorization", "key");
create index "token_entity_index" on "token" ("company", "entity", "key");
create index "token_family_index" on "token" ("company", "family", "key");
create index "token_user_index" on "token" ("company", "user", "key");
create table "user" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "user_name" TEXT,
  "user_name_fold" TEXT,
  "account_email" TEXT not null,
  "account_email_fold" TEXT not null,
  "user_type" TEXT,
  "admin_privileges" TEXT,
  "status" TEXT,
  "web_services_is_enabled" INTEGER,
  "web_services_is_restricted" INTEGER,
  "password_never_expires" INTEGER,
  "password_requires_reset" INTEGER,
  "password_disable_password" INTEGER,
  "sso_is_sso_enabled" INTEGER,
  "sso_federated_sso_id" TEXT,
  "entity_access_allow_unrestricted_access" INTEGER,
  "entity_access_allow_top_level_access" INTEGER,
  "contact" INTEGER not null,
  "trusted_devices" TEXT,
  "is_chatter_disabled" INTEGER,
  "hide_other_department_transactions" INTEGER,
  "entity" INTEGER,
  "activated_at" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "contact") references "contact" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_id_unique" on "user" ("company", "id_fold");
create index "user_contact_index" on "user" ("company", "contact", "key");
create index "user_entity_index" on "user" ("company", "entity", "key");
create index "user_id_index" on "user" ("company", "id", "key");
create table "user_departments" (
  "company" INTEGER not null,
  "owner" INTEGER not null,
  "place" INTEGER not null,
  "target" INTEGER not null,
  primary key ("company", "owner", "place"),
  foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate,
  foreign key ("company", "target") references "department" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_departments_unique" on "user_departments" ("company", "owner", "target");
create index "user_departments_index" on "user_departments" ("company", "target");
create table "user_entities" (
  "company" INTEGER not null,
  "owner" INTEGER not null,
  "place" INTEGER not null,
  "target" INTEGER not null,
  primary key ("company", "owner", "place"),
  foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate,
  foreign key ("company", "target") references "location" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_entities_unique" on "user_entities" ("company", "owner", "target");
create index "user_entities_index" on "user_entities" ("company", "target");
create table "user_locations" (
  "company" INTEGER not null,
  "owner" INTEGER not null,
  "place" INTEGER not null,
  "target" INTEGER not null,
  primary key ("company", "owner", "place"),
  foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate,
  foreign key ("company", "target") references "location" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_locations_unique" on "user_locations" ("company", "owner", "target");
create index "user_locations_index" on "user_locations" ("company", "target");
create table "user_roles" (
  "company" INTEGER not null,
  "owner" INTEGER not null,
  "place" INTEGER not null,
  "target" INTEGER not null,
  primary key ("company", "owner", "place"),
  foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate,
  foreign key ("company", "target") references "role" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_roles_unique" on "user_roles" ("company", "owner", "target");
create index "user_roles_index" on "user_roles" ("company", "target");
insert into "server_version" ("only", "version") values (1, 1);
