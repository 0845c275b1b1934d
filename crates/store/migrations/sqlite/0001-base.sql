-- expand: the first schema
create table "access_version" (
  "company" INTEGER not null,
  "subject" INTEGER not null,
  "version" INTEGER not null,
  primary key ("company", "subject")
) strict;
create table "api_session" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "key_number" INTEGER,
  "hash" BLOB,
  "user" INTEGER not null,
  "authorization" INTEGER,
  "credential" INTEGER,
  "entity" INTEGER,
  "seconds" INTEGER not null,
  "expires_at" INTEGER not null,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "authorization") references "sender_authorization" ("company", "key") deferrable initially immediate,
  foreign key ("company", "credential") references "credential" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "api_session_hash_unique" on "api_session" ("company", "hash");
create index "api_session_authorization_index" on "api_session" ("company", "authorization", "key");
create index "api_session_credential_index" on "api_session" ("company", "credential", "key");
create index "api_session_entity_index" on "api_session" ("company", "entity", "key");
create index "api_session_user_index" on "api_session" ("company", "user", "key");
create table "attachment" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT,
  "id_fold" TEXT,
  "name" TEXT not null,
  "description" TEXT,
  "folder" INTEGER not null,
  "entity" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "folder") references "folder" ("company", "key") deferrable initially immediate
) strict;
create unique index "attachment_id_unique" on "attachment" ("company", "id_fold");
create index "attachment_entity_index" on "attachment" ("company", "entity", "key");
create index "attachment_folder_index" on "attachment" ("company", "folder", "key");
create index "attachment_id_index" on "attachment" ("company", "id", "key");
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
  "source" TEXT,
  "action" TEXT,
  "object_id" TEXT,
  "record_entity" INTEGER,
  "record_location" INTEGER,
  "record_department" INTEGER,
  "record_territory" INTEGER,
  "completed_by" TEXT,
  "sender" TEXT,
  "workflow_action" TEXT,
  "notes" TEXT,
  "advanced" TEXT,
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
  "label" TEXT,
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
create table "class" (
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
  "description" TEXT,
  "status" TEXT,
  "entity_key_text" TEXT,
  "entity" INTEGER,
  "parent" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "parent") references "class" ("company", "key") deferrable initially immediate
) strict;
create unique index "class_id_unique" on "class" ("company", "id_fold");
create index "class_entity_index" on "class" ("company", "entity", "key");
create index "class_id_index" on "class" ("company", "id", "key");
create index "class_parent_index" on "class" ("company", "parent", "key");
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
create table "company_preference" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT,
  "name" TEXT,
  "legal_name" TEXT,
  "use_iso_country_codes" INTEGER,
  "administrative_contact_admin_user" INTEGER,
  "company_structure" TEXT,
  "permission_type" TEXT,
  "disable_scheduled_jobs" INTEGER,
  "scheduled_jobs_execution_offset_hours" INTEGER,
  "user_session_settings_inactivity_time_out_minutes" INTEGER,
  "user_session_settings_user_preference_inactivity_max_hours" INTEGER,
  "user_session_settings_session_timeout_minutes" INTEGER,
  "user_session_settings_user_preference_timeout_max_hours" INTEGER,
  "password_settings_max_login_attempts" INTEGER,
  "password_settings_change_frequency" TEXT,
  "password_settings_password_reuse_history_length" INTEGER,
  "password_settings_min_length" INTEGER,
  "password_settings_max_daily_change_attempts" INTEGER,
  "password_settings_max_fail_attempts_per_password_reset" INTEGER,
  "ip_address_filtering" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "administrative_contact_admin_user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "company_preference_administrative_contact_admin_user_index" on "company_preference" ("company", "administrative_contact_admin_user", "key");
create table "company_setting" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT,
  "second_factor" TEXT,
  "allow_trusted_devices" INTEGER,
  "date_format" TEXT,
  primary key ("company", "key")
) strict;
create table "console_session" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER not null,
  "key_number" INTEGER,
  "hash" BLOB,
  "credential" INTEGER,
  "entity" INTEGER,
  "opened_at" INTEGER,
  "last_used_at" INTEGER,
  "address" TEXT,
  "expires_at" INTEGER,
  "ends_at" INTEGER,
  "trial_role" INTEGER,
  "strikes" INTEGER,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "credential") references "credential" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "trial_role") references "role" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "console_session_hash_unique" on "console_session" ("company", "hash");
create index "console_session_credential_index" on "console_session" ("company", "credential", "key");
create index "console_session_entity_index" on "console_session" ("company", "entity", "key");
create index "console_session_trial_role_index" on "console_session" ("company", "trial_role", "key");
create index "console_session_user_index" on "console_session" ("company", "user", "key");
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
  "price_list" INTEGER,
  "price_schedule" INTEGER,
  "tax_is_taxable" INTEGER,
  "tax_tax_id" TEXT,
  "tax_group" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "price_list") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "price_schedule") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "tax_group") references "contact_tax_group" ("company", "key") deferrable initially immediate
) strict;
create unique index "contact_id_unique" on "contact" ("company", "id_fold");
create index "contact_entity_index" on "contact" ("company", "entity", "key");
create index "contact_id_index" on "contact" ("company", "id", "key");
create index "contact_price_list_index" on "contact" ("company", "price_list", "key");
create index "contact_price_schedule_index" on "contact" ("company", "price_schedule", "key");
create index "contact_tax_group_index" on "contact" ("company", "tax_group", "key");
create table "contact_tax_group" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT,
  "id_fold" TEXT,
  "name" TEXT,
  "group_type" TEXT,
  "is_system_generated" INTEGER,
  "is_vat_enabled" INTEGER,
  "tax_solution" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "tax_solution") references "outside_record" ("company", "key") deferrable initially immediate
) strict;
create unique index "contact_tax_group_id_unique" on "contact_tax_group" ("company", "id_fold");
create index "contact_tax_group_id_index" on "contact_tax_group" ("company", "id", "key");
create index "contact_tax_group_tax_solution_index" on "contact_tax_group" ("company", "tax_solution", "key");
create table "credential" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER not null,
  "kind" TEXT,
  "name" TEXT,
  "key_number" INTEGER,
  "hash" BLOB,
  "phc" TEXT,
  "others_end_at" INTEGER,
  "expires_at" INTEGER,
  "last_used_at" INTEGER,
  "last_used_from" TEXT,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "credential_expires_at_index" on "credential" ("company", "expires_at", "key");
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
  "supervisor" INTEGER,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "parent") references "department" ("company", "key") deferrable initially immediate,
  foreign key ("company", "supervisor") references "employee" ("company", "key") deferrable initially immediate
) strict;
create unique index "department_id_unique" on "department" ("company", "id_fold");
create index "department_id_index" on "department" ("company", "id", "key");
create index "department_parent_index" on "department" ("company", "parent", "key");
create index "department_supervisor_index" on "department" ("company", "supervisor", "key");
create table "document_sequence" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "print_title" TEXT not null,
  "type" TEXT,
  "fixed_length" TEXT,
  "fixed_prefix" TEXT,
  "prefix_separator" TEXT,
  "fixed_suffix" TEXT,
  "suffix_separator" TEXT,
  "starting_number" INTEGER,
  "ending_number" INTEGER,
  "next_number" INTEGER,
  "starting_sequence" TEXT,
  "ending_sequence" TEXT,
  "next_sequence" TEXT,
  "entity" INTEGER,
  "rollover_is_enabled" INTEGER,
  "rollover_enabled_date" INTEGER,
  "rollover_fiscal_year_affix_position" TEXT,
  "rollover_separator" TEXT,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate
) strict;
create unique index "document_sequence_id_unique" on "document_sequence" ("company", "id_fold");
create index "document_sequence_entity_index" on "document_sequence" ("company", "entity", "key");
create index "document_sequence_id_index" on "document_sequence" ("company", "id", "key");
create table "document_sequence_rollover" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "document_sequence" INTEGER,
  "fiscal_year" INTEGER,
  "next_number" INTEGER,
  "next_sequence" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "document_sequence") references "document_sequence" ("company", "key") deferrable initially immediate
) strict;
create index "document_sequence_rollover_document_sequence_index" on "document_sequence_rollover" ("company", "document_sequence", "key");
create table "email_delivery_history" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "email_delivery_record" INTEGER,
  "send_to" TEXT,
  "status" TEXT,
  "date_time" INTEGER,
  "additional_info" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "email_delivery_record") references "email_delivery_record" ("company", "key") deferrable initially immediate
) strict;
create index "email_delivery_history_email_delivery_record_index" on "email_delivery_history" ("company", "email_delivery_record", "key");
create table "email_delivery_record" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "email_provider_id" TEXT,
  "status" TEXT,
  "tenant_context" TEXT,
  "from" TEXT,
  "to" TEXT,
  "cc" TEXT,
  "bcc" TEXT,
  "reply_to" TEXT,
  "subject" TEXT,
  "body" TEXT,
  "email_message" TEXT,
  "failure_status" TEXT,
  "failure_reason" TEXT,
  "sent_date_time" INTEGER,
  "last_updated_date_time" INTEGER,
  primary key ("company", "key")
) strict;
create table "employee" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "name" TEXT,
  "start_date" INTEGER,
  "end_date" INTEGER,
  "birth_date" INTEGER,
  "job_title" TEXT,
  "status" TEXT,
  "post_actual_cost_with_variance" INTEGER,
  "merge_payment_requests" INTEGER,
  "send_automatic_payment_notification" INTEGER,
  "manager" INTEGER,
  "gender" TEXT,
  "location" INTEGER,
  "department" INTEGER,
  "class" INTEGER,
  "default_customer" INTEGER,
  "default_item" INTEGER,
  "default_vendor" INTEGER,
  "default_time_allocation" INTEGER,
  "default_expense_distribution" INTEGER,
  "default_currency" TEXT,
  "primary_contact" INTEGER not null,
  "employee_type" INTEGER,
  "earning_type" INTEGER,
  "ssn" TEXT,
  "employee_position" INTEGER,
  "termination_type" TEXT,
  "form1099_name" TEXT,
  "form1099_type" TEXT,
  "form1099_box" TEXT,
  "ach_enabled" INTEGER,
  "ach_bank_routing_number" TEXT,
  "ach_account_number" TEXT,
  "ach_account_type" TEXT,
  "ach_remittance_type" TEXT,
  "is_placeholder_resource" INTEGER,
  "file_payment_service" TEXT,
  "bank_file_payment_country_code" TEXT,
  "bank_file_payment_currency" TEXT,
  "preferred_payment_method" TEXT,
  "attachment_folder" INTEGER,
  "web_url" TEXT,
  "entity" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "attachment_folder") references "folder" ("company", "key") deferrable initially immediate,
  foreign key ("company", "class") references "class" ("company", "key") deferrable initially immediate,
  foreign key ("company", "default_customer") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "default_expense_distribution") references "txn_allocation_template" ("company", "key") deferrable initially immediate,
  foreign key ("company", "default_item") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "default_time_allocation") references "txn_allocation_template" ("company", "key") deferrable initially immediate,
  foreign key ("company", "default_vendor") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "department") references "department" ("company", "key") deferrable initially immediate,
  foreign key ("company", "earning_type") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "employee_position") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "employee_type") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "location") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "manager") references "employee" ("company", "key") deferrable initially immediate,
  foreign key ("company", "primary_contact") references "contact" ("company", "key") deferrable initially immediate
) strict;
create unique index "employee_id_unique" on "employee" ("company", "id_fold");
create index "employee_attachment_folder_index" on "employee" ("company", "attachment_folder", "key");
create index "employee_class_index" on "employee" ("company", "class", "key");
create index "employee_default_customer_index" on "employee" ("company", "default_customer", "key");
create index "employee_default_expense_distribution_index" on "employee" ("company", "default_expense_distribution", "key");
create index "employee_default_item_index" on "employee" ("company", "default_item", "key");
create index "employee_default_time_allocation_index" on "employee" ("company", "default_time_allocation", "key");
create index "employee_default_vendor_index" on "employee" ("company", "default_vendor", "key");
create index "employee_department_index" on "employee" ("company", "department", "key");
create index "employee_earning_type_index" on "employee" ("company", "earning_type", "key");
create index "employee_employee_position_index" on "employee" ("company", "employee_position", "key");
create index "employee_employee_type_index" on "employee" ("company", "employee_type", "key");
create index "employee_entity_index" on "employee" ("company", "entity", "key");
create index "employee_id_index" on "employee" ("company", "id", "key");
create index "employee_location_index" on "employee" ("company", "location", "key");
create index "employee_manager_index" on "employee" ("company", "manager", "key");
create index "employee_primary_contact_index" on "employee" ("company", "primary_contact", "key");
create table "employee_bank_file_setup" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "employee" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "employee") references "employee" ("company", "key") deferrable initially immediate
) strict;
create index "employee_bank_file_setup_employee_index" on "employee_bank_file_setup" ("company", "employee", "key");
create table "employee_position_skills" (
  "company" INTEGER not null,
  "owner" INTEGER not null,
  "place" INTEGER not null,
  "target" INTEGER not null,
  primary key ("company", "owner", "place"),
  foreign key ("company", "owner") references "employee" ("company", "key") on delete cascade deferrable initially immediate,
  foreign key ("company", "target") references "outside_record" ("company", "key") deferrable initially immediate
) strict;
create unique index "employee_position_skills_unique" on "employee_position_skills" ("company", "owner", "target");
create index "employee_position_skills_index" on "employee_position_skills" ("company", "target");
create table "employee_rate" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "employee" INTEGER,
  "hourly_rate" INTEGER,
  "annual_salary" INTEGER,
  "start_date" INTEGER,
  "end_date" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "employee") references "employee" ("company", "key") deferrable initially immediate
) strict;
create index "employee_rate_employee_index" on "employee_rate" ("company", "employee", "key");
create table "exchange_rate" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "from_currency" TEXT not null,
  "to_currency" TEXT not null,
  "exchange_rate_type" INTEGER not null,
  primary key ("company", "key"),
  foreign key ("company", "exchange_rate_type") references "exchange_rate_type" ("company", "key") deferrable initially immediate
) strict;
create index "exchange_rate_exchange_rate_type_index" on "exchange_rate" ("company", "exchange_rate_type", "key");
create table "exchange_rate_line" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "effective_start_date" INTEGER not null,
  "rate" INTEGER not null,
  "reciprocal_rate" INTEGER,
  "exchange_rate" INTEGER not null,
  primary key ("company", "key"),
  foreign key ("company", "exchange_rate") references "exchange_rate" ("company", "key") deferrable initially immediate
) strict;
create index "exchange_rate_line_exchange_rate_index" on "exchange_rate_line" ("company", "exchange_rate", "key");
create table "exchange_rate_type" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "name" TEXT not null,
  "name_fold" TEXT not null,
  "is_default" INTEGER,
  primary key ("company", "key")
) strict;
create unique index "exchange_rate_type_name_unique" on "exchange_rate_type" ("company", "name_fold");
create index "exchange_rate_type_name_index" on "exchange_rate_type" ("company", "name", "key");
create table "external_authorization" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "external_company_id" TEXT not null,
  "external_company_name" TEXT,
  "is_external_access_enabled" INTEGER,
  "access_type" TEXT not null,
  "is_linked" INTEGER,
  "description" TEXT,
  "expiration_date" INTEGER,
  primary key ("company", "key")
) strict;
create table "file" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "attachment" INTEGER,
  "name" TEXT,
  "size" INTEGER,
  "external_storage_id" TEXT,
  "data" BLOB,
  primary key ("company", "key"),
  foreign key ("company", "attachment") references "attachment" ("company", "key") deferrable initially immediate
) strict;
create index "file_attachment_index" on "file" ("company", "attachment", "key");
create table "folder" (
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
  "parent" INTEGER,
  "entity" INTEGER,
  "status" TEXT,
  "has_subfolders" INTEGER,
  "has_attachments" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "parent") references "folder" ("company", "key") deferrable initially immediate
) strict;
create unique index "folder_id_unique" on "folder" ("company", "id_fold");
create index "folder_entity_index" on "folder" ("company", "entity", "key");
create index "folder_id_index" on "folder" ("company", "id", "key");
create index "folder_parent_index" on "folder" ("company", "parent", "key");
create table "idempotency_key" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "fingerprint" BLOB,
  "body_hash" BLOB,
  "answer_status" INTEGER,
  "answer_version" INTEGER,
  "answer_body" BLOB,
  primary key ("company", "key")
) strict;
create unique index "idempotency_key_fingerprint_unique" on "idempotency_key" ("company", "fingerprint");
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
  "location_type" TEXT,
  "start_date" INTEGER,
  "end_date" INTEGER,
  "federal_id" TEXT,
  "currency" INTEGER,
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
  "business_days" TEXT,
  "weekend_days" TEXT,
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
  "customer" INTEGER,
  "vendor" INTEGER,
  "unrecoverable_tax_account" INTEGER,
  "enable_inter_entity_relationships" INTEGER,
  "inter_entity_payable_gl_account" INTEGER,
  "inter_entity_receivable_gl_account" INTEGER,
  "manager" INTEGER,
  "tax_solution" INTEGER,
  "is_limited_entity" INTEGER,
  "enable_einvoicing" INTEGER,
  "electronic_address" TEXT,
  "branding_logo" TEXT,
  "status" TEXT,
  "entity" INTEGER,
  "location_reporting_title" TEXT,
  "parent" INTEGER,
  "base_currency" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "contacts_primary") references "contact" ("company", "key") deferrable initially immediate,
  foreign key ("company", "contacts_ship_to") references "contact" ("company", "key") deferrable initially immediate,
  foreign key ("company", "currency") references "txn_currency" ("company", "key") deferrable initially immediate,
  foreign key ("company", "customer") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "inter_entity_payable_gl_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "inter_entity_receivable_gl_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "manager") references "employee" ("company", "key") deferrable initially immediate,
  foreign key ("company", "parent") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "tax_solution") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "unrecoverable_tax_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "vendor") references "outside_record" ("company", "key") deferrable initially immediate
) strict;
create unique index "location_id_unique" on "location" ("company", "id_fold");
create index "location_contacts_primary_index" on "location" ("company", "contacts_primary", "key");
create index "location_contacts_ship_to_index" on "location" ("company", "contacts_ship_to", "key");
create index "location_currency_index" on "location" ("company", "currency", "key");
create index "location_customer_index" on "location" ("company", "customer", "key");
create index "location_entity_index" on "location" ("company", "entity", "key");
create index "location_id_index" on "location" ("company", "id", "key");
create index "location_inter_entity_payable_gl_account_index" on "location" ("company", "inter_entity_payable_gl_account", "key");
create index "location_inter_entity_receivable_gl_account_index" on "location" ("company", "inter_entity_receivable_gl_account", "key");
create index "location_manager_index" on "location" ("company", "manager", "key");
create index "location_parent_index" on "location" ("company", "parent", "key");
create index "location_tax_solution_index" on "location" ("company", "tax_solution", "key");
create index "location_unrecoverable_tax_account_index" on "location" ("company", "unrecoverable_tax_account", "key");
create index "location_vendor_index" on "location" ("company", "vendor", "key");
create table "outbox" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "email_delivery_record" INTEGER,
  "user" INTEGER,
  "recipient" TEXT,
  "subject" TEXT,
  "body" TEXT,
  "key_number" INTEGER,
  "sealed" BLOB,
  "worth_until" INTEGER,
  "attempts" INTEGER,
  "next_attempt_at" INTEGER,
  "finished_at" INTEGER,
  "status" TEXT,
  "last_error" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "email_delivery_record") references "email_delivery_record" ("company", "key") deferrable initially immediate
) strict;
create index "outbox_email_delivery_record_index" on "outbox" ("company", "email_delivery_record", "key");
create index "outbox_finished_at_index" on "outbox" ("company", "finished_at", "key");
create index "outbox_next_attempt_at_index" on "outbox" ("company", "next_attempt_at", "key");
create index "outbox_user_index" on "outbox" ("company", "user", "key");
create table "outside_record" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "object" TEXT,
  "id" TEXT not null,
  "name" TEXT,
  "account_number" TEXT,
  "tax_calculation_method" TEXT,
  primary key ("company", "key")
) strict;
create index "outside_record_id_index" on "outside_record" ("company", "id", "key");
create table "permission" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "module" TEXT,
  "name" TEXT,
  "permission_group" TEXT,
  "allowed_access_rights" TEXT,
  "standing" TEXT,
  "label" TEXT,
  primary key ("key")
) strict;
create table "query_result" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "key_number" INTEGER,
  "hash" BLOB,
  "user" INTEGER not null,
  "session" INTEGER,
  "object" TEXT,
  "query" TEXT,
  "fields" TEXT,
  "size" INTEGER,
  "last" INTEGER,
  "highest" INTEGER,
  "total" INTEGER,
  "expires_at" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "session") references "api_session" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "query_result_hash_unique" on "query_result" ("company", "hash");
create index "query_result_session_index" on "query_result" ("company", "session", "key");
create index "query_result_user_index" on "query_result" ("company", "user", "key");
create table "recovery_code" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER not null,
  "key_number" INTEGER,
  "hash" BLOB,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "recovery_code_user_index" on "recovery_code" ("company", "user", "key");
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
create table "role_agent_permission" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "assignment" INTEGER,
  "name" TEXT,
  "group" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "assignment") references "role_agent_permission_assignment" ("company", "key") deferrable initially immediate
) strict;
create index "role_agent_permission_assignment_index" on "role_agent_permission" ("company", "assignment", "key");
create table "role_agent_permission_assignment" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "role" INTEGER,
  "agent" INTEGER,
  "allowed_access_rights" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "agent") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate
) strict;
create index "role_agent_permission_assignment_agent_index" on "role_agent_permission_assignment" ("company", "agent", "key");
create index "role_agent_permission_assignment_role_index" on "role_agent_permission_assignment" ("company", "role", "key");
create table "role_custom_permission" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "assignment" INTEGER,
  "name" TEXT,
  "group" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "assignment") references "role_custom_permission_assignment" ("company", "key") deferrable initially immediate
) strict;
create index "role_custom_permission_assignment_index" on "role_custom_permission" ("company", "assignment", "key");
create table "role_custom_permission_assignment" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "role" INTEGER,
  "application" INTEGER,
  "access_rights" TEXT,
  "allowed_access_rights" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "application") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate
) strict;
create index "role_custom_permission_assignment_application_index" on "role_custom_permission_assignment" ("company", "application", "key");
create index "role_custom_permission_assignment_role_index" on "role_custom_permission_assignment" ("company", "role", "key");
create table "role_permission_assignment" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "role" INTEGER,
  "permission" INTEGER,
  "access_rights" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate,
  foreign key ("permission") references "permission" ("key") deferrable initially immediate
) strict;
create index "role_permission_assignment_permission_index" on "role_permission_assignment" ("company", "permission", "key");
create index "role_permission_assignment_role_index" on "role_permission_assignment" ("company", "role", "key");
create table "role_user_group_map" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "role" INTEGER,
  "user_group" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user_group") references "user_group" ("company", "key") on delete cascade deferrable initially immediate
) strict;
create unique index "role_user_group_map_unique" on "role_user_group_map" ("company", "user_group", "role");
create index "role_user_group_map_role_index" on "role_user_group_map" ("company", "role", "key");
create index "role_user_group_map_user_group_index" on "role_user_group_map" ("company", "user_group", "key");
create table "role_user_map" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "role" INTEGER,
  "user" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") on delete cascade deferrable initially immediate
) strict;
create unique index "role_user_map_unique" on "role_user_map" ("company", "user", "role");
create index "role_user_map_role_index" on "role_user_map" ("company", "role", "key");
create index "role_user_map_user_index" on "role_user_map" ("company", "user", "key");
create table "schema_migration" (
  "number" INTEGER not null,
  "name" TEXT not null,
  "checksum" TEXT not null,
  "applied_at" INTEGER not null,
  primary key ("number")
) strict;
create table "second_factor" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER not null,
  "key_number" INTEGER,
  "sealed" BLOB,
  "last_step" INTEGER,
  "enrolled_at" INTEGER,
  "recovery_codes" INTEGER,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "second_factor_user_unique" on "second_factor" ("company", "user");
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
create table "sign_in_attempt" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER not null,
  "source" TEXT,
  "failures" INTEGER,
  "last_at" INTEGER,
  "delayed_until" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "sign_in_attempt_user_index" on "sign_in_attempt" ("company", "user", "key");
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
create table "subscription" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  primary key ("company", "key")
) strict;
create unique index "subscription_id_unique" on "subscription" ("company", "id");
create table "territory" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT,
  "id_fold" TEXT,
  "name" TEXT,
  "status" TEXT,
  "parent" INTEGER,
  "manager" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "manager") references "employee" ("company", "key") deferrable initially immediate,
  foreign key ("company", "parent") references "territory" ("company", "key") deferrable initially immediate
) strict;
create unique index "territory_id_unique" on "territory" ("company", "id_fold");
create index "territory_id_index" on "territory" ("company", "id", "key");
create index "territory_manager_index" on "territory" ("company", "manager", "key");
create index "territory_parent_index" on "territory" ("company", "parent", "key");
create table "test_company" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "copy" INTEGER not null,
  "original" INTEGER not null,
  "key_number" INTEGER,
  primary key ("key"),
  foreign key ("copy") references "company" ("key") deferrable initially immediate,
  foreign key ("original") references "company" ("key") deferrable initially immediate
) strict;
create unique index "test_company_copy_unique" on "test_company" ("copy");
create index "test_company_original_index" on "test_company" ("original", "key");
create table "time_type" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "earning_type" INTEGER,
  "gl_account" INTEGER,
  "offset_gl_account" INTEGER,
  "status" TEXT,
  "entity" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "earning_type") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "gl_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "offset_gl_account") references "outside_record" ("company", "key") deferrable initially immediate
) strict;
create unique index "time_type_id_unique" on "time_type" ("company", "id_fold");
create index "time_type_earning_type_index" on "time_type" ("company", "earning_type", "key");
create index "time_type_entity_index" on "time_type" ("company", "entity", "key");
create index "time_type_gl_account_index" on "time_type" ("company", "gl_account", "key");
create index "time_type_id_index" on "time_type" ("company", "id", "key");
create index "time_type_offset_gl_account_index" on "time_type" ("company", "offset_gl_account", "key");
create table "timesheet" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "begin_date" INTEGER not null,
  "end_date" INTEGER,
  "posting_date" INTEGER,
  "state" TEXT,
  "unit_of_measure" TEXT,
  "hours_in_day" INTEGER,
  "billable_quantity" INTEGER,
  "non_billable_quantity" INTEGER,
  "awaits_approval" INTEGER,
  "description" TEXT,
  "calculation_method" TEXT,
  "post_actual_labor_cost" INTEGER,
  "employee" INTEGER,
  "employee_contact" INTEGER,
  "attachment" INTEGER,
  "entity" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "attachment") references "attachment" ("company", "key") deferrable initially immediate,
  foreign key ("company", "employee") references "employee" ("company", "key") deferrable initially immediate,
  foreign key ("company", "employee_contact") references "contact" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate
) strict;
create index "timesheet_attachment_index" on "timesheet" ("company", "attachment", "key");
create index "timesheet_employee_contact_index" on "timesheet" ("company", "employee_contact", "key");
create index "timesheet_employee_index" on "timesheet" ("company", "employee", "key");
create index "timesheet_entity_index" on "timesheet" ("company", "entity", "key");
create table "timesheet_approval_record" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "approval_stage" INTEGER,
  "approval_type" TEXT,
  "approval_level" TEXT,
  "comments" TEXT,
  "record_date" INTEGER,
  "state" TEXT,
  "timesheet" INTEGER,
  "timesheet_line" INTEGER,
  "approved_by" INTEGER,
  "approver" INTEGER,
  "completed_by" INTEGER,
  "initiated_by" INTEGER,
  "happened_at" INTEGER,
  "client" TEXT,
  "sender" TEXT,
  "request" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "approved_by") references "user" ("company", "key") deferrable initially immediate,
  foreign key ("company", "approver") references "user" ("company", "key") deferrable initially immediate,
  foreign key ("company", "completed_by") references "user" ("company", "key") deferrable initially immediate,
  foreign key ("company", "initiated_by") references "user" ("company", "key") deferrable initially immediate,
  foreign key ("company", "timesheet") references "timesheet" ("company", "key") deferrable initially immediate,
  foreign key ("company", "timesheet_line") references "timesheet_line" ("company", "key") deferrable initially immediate
) strict;
create index "timesheet_approval_record_approved_by_index" on "timesheet_approval_record" ("company", "approved_by", "key");
create index "timesheet_approval_record_approver_index" on "timesheet_approval_record" ("company", "approver", "key");
create index "timesheet_approval_record_completed_by_index" on "timesheet_approval_record" ("company", "completed_by", "key");
create index "timesheet_approval_record_initiated_by_index" on "timesheet_approval_record" ("company", "initiated_by", "key");
create index "timesheet_approval_record_timesheet_index" on "timesheet_approval_record" ("company", "timesheet", "key");
create index "timesheet_approval_record_timesheet_line_index" on "timesheet_approval_record" ("company", "timesheet_line", "key");
create table "timesheet_line" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "timesheet" INTEGER,
  "entry_date" INTEGER not null,
  "quantity" INTEGER not null,
  "line_number" INTEGER,
  "description" TEXT,
  "notes" TEXT,
  "state" TEXT,
  "time_type" INTEGER,
  "is_billable" INTEGER,
  "is_billed" TEXT,
  "statistical_journal" INTEGER,
  "billable_utilized_gl_account" INTEGER,
  "non_billable_utilized_gl_account" INTEGER,
  "billable_non_utilized_gl_account" INTEGER,
  "non_billable_non_utilized_gl_account" INTEGER,
  "hours_billable" INTEGER,
  "hours_non_billable" INTEGER,
  "hours_approved" INTEGER,
  "hours_approved_billable" INTEGER,
  "hours_approved_non_billable" INTEGER,
  "hours_utilized" INTEGER,
  "hours_non_utilized" INTEGER,
  "hours_approved_utilized" INTEGER,
  "hours_approved_non_utilized" INTEGER,
  "external_payroll_cost_rate" INTEGER,
  "external_payroll_billing_rate" INTEGER,
  "external_payroll_amount" INTEGER,
  "external_payroll_employer_taxes" INTEGER,
  "external_payroll_fringes" INTEGER,
  "external_payroll_cash_fringes" INTEGER,
  "labor_class" INTEGER,
  "labor_shift" INTEGER,
  "labor_union" INTEGER,
  "employee_position" INTEGER,
  "dimensions_location" INTEGER,
  "dimensions_department" INTEGER,
  "dimensions_employee" INTEGER,
  "dimensions_project" INTEGER,
  "dimensions_customer" INTEGER,
  "dimensions_vendor" INTEGER,
  "dimensions_item" INTEGER,
  "dimensions_warehouse" INTEGER,
  "dimensions_class" INTEGER,
  "dimensions_task" INTEGER,
  "dimensions_cost_type" INTEGER,
  "dimensions_asset" INTEGER,
  "dimensions_contract" INTEGER,
  "dimensions_affiliate_entity" INTEGER,
  "dimensions_loan_account" INTEGER,
  "dimensions_work_order" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "billable_non_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "billable_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_affiliate_entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_asset") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_class") references "class" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_contract") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_cost_type") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_customer") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_department") references "department" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_employee") references "employee" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_item") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_loan_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_location") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_project") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_task") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_vendor") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_warehouse") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_work_order") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "employee_position") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "labor_class") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "labor_shift") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "labor_union") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "non_billable_non_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "non_billable_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "statistical_journal") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "time_type") references "time_type" ("company", "key") deferrable initially immediate,
  foreign key ("company", "timesheet") references "timesheet" ("company", "key") deferrable initially immediate
) strict;
create index "timesheet_line_billable_non_utilized_gl_account_index" on "timesheet_line" ("company", "billable_non_utilized_gl_account", "key");
create index "timesheet_line_billable_utilized_gl_account_index" on "timesheet_line" ("company", "billable_utilized_gl_account", "key");
create index "timesheet_line_dimensions_affiliate_entity_index" on "timesheet_line" ("company", "dimensions_affiliate_entity", "key");
create index "timesheet_line_dimensions_asset_index" on "timesheet_line" ("company", "dimensions_asset", "key");
create index "timesheet_line_dimensions_class_index" on "timesheet_line" ("company", "dimensions_class", "key");
create index "timesheet_line_dimensions_contract_index" on "timesheet_line" ("company", "dimensions_contract", "key");
create index "timesheet_line_dimensions_cost_type_index" on "timesheet_line" ("company", "dimensions_cost_type", "key");
create index "timesheet_line_dimensions_customer_index" on "timesheet_line" ("company", "dimensions_customer", "key");
create index "timesheet_line_dimensions_department_index" on "timesheet_line" ("company", "dimensions_department", "key");
create index "timesheet_line_dimensions_employee_index" on "timesheet_line" ("company", "dimensions_employee", "key");
create index "timesheet_line_dimensions_item_index" on "timesheet_line" ("company", "dimensions_item", "key");
create index "timesheet_line_dimensions_loan_account_index" on "timesheet_line" ("company", "dimensions_loan_account", "key");
create index "timesheet_line_dimensions_location_index" on "timesheet_line" ("company", "dimensions_location", "key");
create index "timesheet_line_dimensions_project_index" on "timesheet_line" ("company", "dimensions_project", "key");
create index "timesheet_line_dimensions_task_index" on "timesheet_line" ("company", "dimensions_task", "key");
create index "timesheet_line_dimensions_vendor_index" on "timesheet_line" ("company", "dimensions_vendor", "key");
create index "timesheet_line_dimensions_warehouse_index" on "timesheet_line" ("company", "dimensions_warehouse", "key");
create index "timesheet_line_dimensions_work_order_index" on "timesheet_line" ("company", "dimensions_work_order", "key");
create index "timesheet_line_employee_position_index" on "timesheet_line" ("company", "employee_position", "key");
create index "timesheet_line_labor_class_index" on "timesheet_line" ("company", "labor_class", "key");
create index "timesheet_line_labor_shift_index" on "timesheet_line" ("company", "labor_shift", "key");
create index "timesheet_line_labor_union_index" on "timesheet_line" ("company", "labor_union", "key");
create index "timesheet_line_non_billable_non_utilized_gl_account_index" on "timesheet_line" ("company", "non_billable_non_utilized_gl_account", "key");
create index "timesheet_line_non_billable_utilized_gl_account_index" on "timesheet_line" ("company", "non_billable_utilized_gl_account", "key");
create index "timesheet_line_statistical_journal_index" on "timesheet_line" ("company", "statistical_journal", "key");
create index "timesheet_line_time_type_index" on "timesheet_line" ("company", "time_type", "key");
create index "timesheet_line_timesheet_index" on "timesheet_line" ("company", "timesheet", "key");
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
  "credential" INTEGER,
  "entity" INTEGER,
  "expires_at" INTEGER not null,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "authorization") references "client_authorization" ("company", "key") deferrable initially immediate,
  foreign key ("company", "credential") references "credential" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "token_hash_unique" on "token" ("company", "hash");
create index "token_authorization_index" on "token" ("company", "authorization", "key");
create index "token_credential_index" on "token" ("company", "credential", "key");
create index "token_entity_index" on "token" ("company", "entity", "key");
create index "token_family_index" on "token" ("company", "family", "key");
create index "token_user_index" on "token" ("company", "user", "key");
create table "transport_policy" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "url" TEXT not null,
  "user" TEXT,
  "key_number" INTEGER,
  "sealed" BLOB,
  "status" TEXT,
  primary key ("key")
) strict;
create unique index "transport_policy_id_unique" on "transport_policy" ("id_fold");
create index "transport_policy_id_index" on "transport_policy" ("id", "key");
create table "trusted_device" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER not null,
  "name" TEXT,
  "key_number" INTEGER,
  "hash" BLOB,
  "trusted_at" INTEGER,
  "last_used_at" INTEGER,
  "last_used_from" TEXT,
  "expires_at" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "trusted_device_hash_unique" on "trusted_device" ("company", "hash");
create index "trusted_device_user_index" on "trusted_device" ("company", "user", "key");
create table "txn_allocation_template" (
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
  "allocate_by" TEXT,
  "document_number" TEXT,
  "status" TEXT,
  "attachment" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "attachment") references "attachment" ("company", "key") deferrable initially immediate
) strict;
create unique index "txn_allocation_template_id_unique" on "txn_allocation_template" ("company", "id_fold");
create index "txn_allocation_template_attachment_index" on "txn_allocation_template" ("company", "attachment", "key");
create index "txn_allocation_template_id_index" on "txn_allocation_template" ("company", "id", "key");
create table "txn_allocation_template_line" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "txn_allocation_template" INTEGER,
  "value" INTEGER,
  "value_type" TEXT,
  "line_number" INTEGER,
  "dimensions_location" INTEGER,
  "dimensions_department" INTEGER,
  "dimensions_employee" INTEGER,
  "dimensions_project" INTEGER,
  "dimensions_customer" INTEGER,
  "dimensions_vendor" INTEGER,
  "dimensions_item" INTEGER,
  "dimensions_class" INTEGER,
  "dimensions_contract" INTEGER,
  "dimensions_warehouse" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "dimensions_class") references "class" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_contract") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_customer") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_department") references "department" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_employee") references "employee" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_item") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_location") references "location" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_project") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_vendor") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "dimensions_warehouse") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "txn_allocation_template") references "txn_allocation_template" ("company", "key") deferrable initially immediate
) strict;
create index "txn_allocation_template_line_dimensions_class_index" on "txn_allocation_template_line" ("company", "dimensions_class", "key");
create index "txn_allocation_template_line_dimensions_contract_index" on "txn_allocation_template_line" ("company", "dimensions_contract", "key");
create index "txn_allocation_template_line_dimensions_customer_index" on "txn_allocation_template_line" ("company", "dimensions_customer", "key");
create index "txn_allocation_template_line_dimensions_department_index" on "txn_allocation_template_line" ("company", "dimensions_department", "key");
create index "txn_allocation_template_line_dimensions_employee_index" on "txn_allocation_template_line" ("company", "dimensions_employee", "key");
create index "txn_allocation_template_line_dimensions_item_index" on "txn_allocation_template_line" ("company", "dimensions_item", "key");
create index "txn_allocation_template_line_dimensions_location_index" on "txn_allocation_template_line" ("company", "dimensions_location", "key");
create index "txn_allocation_template_line_dimensions_project_index" on "txn_allocation_template_line" ("company", "dimensions_project", "key");
create index "txn_allocation_template_line_dimensions_vendor_index" on "txn_allocation_template_line" ("company", "dimensions_vendor", "key");
create index "txn_allocation_template_line_dimensions_warehouse_index" on "txn_allocation_template_line" ("company", "dimensions_warehouse", "key");
create index "txn_allocation_template_line_txn_allocation_template_index" on "txn_allocation_template_line" ("company", "txn_allocation_template", "key");
create table "txn_currency" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "currency_type" TEXT not null,
  "name" TEXT,
  "iso_code" TEXT,
  "currency_format" TEXT not null,
  "unit" TEXT,
  "sub_unit" TEXT,
  "symbol" TEXT,
  "thousand_separator" TEXT,
  "decimal_separator" TEXT,
  "alignment" TEXT,
  primary key ("company", "key")
) strict;
create unique index "txn_currency_id_unique" on "txn_currency" ("company", "id_fold");
create index "txn_currency_id_index" on "txn_currency" ("company", "id", "key");
create table "usage" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "label" TEXT,
  "day" INTEGER,
  "user" INTEGER,
  "client_application" INTEGER,
  "sender" INTEGER,
  "object" TEXT,
  "operation" TEXT,
  "rights" TEXT,
  "allowed" INTEGER,
  "refused" INTEGER,
  "last_used_at" INTEGER,
  primary key ("company", "key"),
  foreign key ("client_application") references "client_application" ("key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate,
  foreign key ("sender") references "sender" ("key") deferrable initially immediate
) strict;
create unique index "usage_label_unique" on "usage" ("company", "label");
create index "usage_client_application_index" on "usage" ("company", "client_application", "key");
create index "usage_sender_index" on "usage" ("company", "sender", "key");
create index "usage_user_index" on "usage" ("company", "user", "key");
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
  "is_unrestricted" INTEGER,
  "activated_at" INTEGER,
  "automatic_lock_at" INTEGER,
  primary key ("company", "key"),
  foreign key ("company", "contact") references "contact" ("company", "key") deferrable initially immediate,
  foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_id_unique" on "user" ("company", "id_fold");
create index "user_contact_index" on "user" ("company", "contact", "key");
create index "user_entity_index" on "user" ("company", "entity", "key");
create index "user_id_index" on "user" ("company", "id", "key");
create table "user_agent_permission" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "assignment" INTEGER,
  "name" TEXT,
  "group" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "assignment") references "user_agent_permission_assignment" ("company", "key") deferrable initially immediate
) strict;
create index "user_agent_permission_assignment_index" on "user_agent_permission" ("company", "assignment", "key");
create table "user_agent_permission_assignment" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER,
  "agent" INTEGER,
  "allowed_access_rights" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "agent") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "user_agent_permission_assignment_agent_index" on "user_agent_permission_assignment" ("company", "agent", "key");
create index "user_agent_permission_assignment_user_index" on "user_agent_permission_assignment" ("company", "user", "key");
create table "user_custom_permission" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "assignment" INTEGER,
  "name" TEXT,
  "group" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "assignment") references "user_custom_permission_assignment" ("company", "key") deferrable initially immediate
) strict;
create index "user_custom_permission_assignment_index" on "user_custom_permission" ("company", "assignment", "key");
create table "user_custom_permission_assignment" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER,
  "application" INTEGER,
  "access_rights" TEXT,
  "allowed_access_rights" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "application") references "outside_record" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create index "user_custom_permission_assignment_application_index" on "user_custom_permission_assignment" ("company", "application", "key");
create index "user_custom_permission_assignment_user_index" on "user_custom_permission_assignment" ("company", "user", "key");
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
create table "user_group" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "id" TEXT not null,
  "id_fold" TEXT not null,
  "description" TEXT not null,
  primary key ("company", "key")
) strict;
create unique index "user_group_id_unique" on "user_group" ("company", "id_fold");
create index "user_group_id_index" on "user_group" ("company", "id", "key");
create table "user_group_member" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user_group" INTEGER not null,
  "user" INTEGER not null,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate,
  foreign key ("company", "user_group") references "user_group" ("company", "key") deferrable initially immediate
) strict;
create index "user_group_member_user_group_index" on "user_group_member" ("company", "user_group", "key");
create index "user_group_member_user_index" on "user_group_member" ("company", "user", "key");
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
create table "user_permission_assignment" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER,
  "permission" INTEGER,
  "access_rights" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate,
  foreign key ("permission") references "permission" ("key") deferrable initially immediate
) strict;
create index "user_permission_assignment_permission_index" on "user_permission_assignment" ("company", "permission", "key");
create index "user_permission_assignment_user_index" on "user_permission_assignment" ("company", "user", "key");
create table "user_preference" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "user" INTEGER,
  "time_zone" TEXT,
  "date_format" TEXT,
  "list_style" TEXT,
  "theme" TEXT,
  "inactivity_time_out_minutes" INTEGER,
  "session_timeout_minutes" INTEGER,
  "list_choices" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_preference_user_unique" on "user_preference" ("company", "user");
create table "user_territories" (
  "company" INTEGER not null,
  "owner" INTEGER not null,
  "place" INTEGER not null,
  "target" INTEGER not null,
  primary key ("company", "owner", "place"),
  foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate,
  foreign key ("company", "target") references "territory" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_territories_unique" on "user_territories" ("company", "owner", "target");
create index "user_territories_index" on "user_territories" ("company", "target");
create table "user_view" (
  "company" INTEGER not null,
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "created_by" INTEGER,
  "modified_by" INTEGER,
  "name" TEXT not null,
  "description" TEXT,
  "object" TEXT,
  "category" TEXT,
  "view_version" TEXT,
  "is_public" INTEGER,
  "context" TEXT,
  "query" TEXT not null,
  "metadata" TEXT,
  "owner" INTEGER,
  "status" TEXT,
  primary key ("company", "key"),
  foreign key ("company", "owner") references "user" ("company", "key") deferrable initially immediate
) strict;
create unique index "user_view_name_unique" on "user_view" ("company", "name");
create index "user_view_owner_index" on "user_view" ("company", "owner", "key");
create table "xml_request" (
  "key" INTEGER not null,
  "version" INTEGER not null,
  "created_at" INTEGER not null,
  "modified_at" INTEGER not null,
  "policy" INTEGER,
  "request" TEXT,
  "sender" TEXT,
  "control_id" TEXT,
  "address" TEXT,
  "endpoint" TEXT,
  "key_number" INTEGER,
  "sealed" BLOB,
  "holder" INTEGER,
  "attempts" INTEGER,
  "next_attempt_at" INTEGER,
  "finished_at" INTEGER,
  "status" TEXT,
  "last_error" TEXT,
  primary key ("key"),
  foreign key ("policy") references "transport_policy" ("key") deferrable initially immediate
) strict;
create index "xml_request_finished_at_index" on "xml_request" ("finished_at", "key");
create index "xml_request_next_attempt_at_index" on "xml_request" ("next_attempt_at", "key");
create index "xml_request_policy_index" on "xml_request" ("policy", "key");
insert into "server_version" ("only", "version") values (1, 1);
