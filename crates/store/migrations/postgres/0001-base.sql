-- expand: the first schema
create table "access_version" (
  "company" bigint not null,
  "subject" bigint not null,
  "version" bigint not null,
  primary key ("company", "subject")
);
create table "api_session" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "key_number" bigint,
  "hash" bytea,
  "user" bigint not null,
  "authorization" bigint,
  "credential" bigint,
  "entity" bigint,
  "seconds" bigint not null,
  "expires_at" bigint not null,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "api_session_hash_unique" on "api_session" ("company", "hash");
create index "api_session_authorization_index" on "api_session" ("company", "authorization", "key");
create index "api_session_credential_index" on "api_session" ("company", "credential", "key");
create index "api_session_entity_index" on "api_session" ("company", "entity", "key");
create index "api_session_user_index" on "api_session" ("company", "user", "key");
create table "attachment" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C",
  "id_fold" text COLLATE "C",
  "name" text COLLATE "C" not null,
  "description" text COLLATE "C",
  "folder" bigint not null,
  "entity" bigint,
  primary key ("company", "key")
);
create unique index "attachment_id_unique" on "attachment" ("company", "id_fold");
create index "attachment_entity_index" on "attachment" ("company", "entity", "key");
create index "attachment_folder_index" on "attachment" ("company", "folder", "key");
create index "attachment_id_index" on "attachment" ("company", "id", "key");
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
  "source" text COLLATE "C",
  "action" text COLLATE "C",
  "object_id" text COLLATE "C",
  "record_entity" bigint,
  "record_location" bigint,
  "record_department" bigint,
  "record_territory" bigint,
  "completed_by" text COLLATE "C",
  "sender" text COLLATE "C",
  "workflow_action" text COLLATE "C",
  "notes" text COLLATE "C",
  "advanced" text COLLATE "C",
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
  "label" text COLLATE "C",
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
create table "class" (
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
  "description" text COLLATE "C",
  "status" text COLLATE "C",
  "entity_key_text" text COLLATE "C",
  "entity" bigint,
  "parent" bigint,
  primary key ("company", "key")
);
create unique index "class_id_unique" on "class" ("company", "id_fold");
create index "class_entity_index" on "class" ("company", "entity", "key");
create index "class_id_index" on "class" ("company", "id", "key");
create index "class_parent_index" on "class" ("company", "parent", "key");
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
create table "company_preference" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C",
  "name" text COLLATE "C",
  "legal_name" text COLLATE "C",
  "use_iso_country_codes" boolean,
  "administrative_contact_admin_user" bigint,
  "company_structure" text COLLATE "C",
  "permission_type" text COLLATE "C",
  "disable_scheduled_jobs" boolean,
  "scheduled_jobs_execution_offset_hours" bigint,
  "user_session_settings_inactivity_time_out_minutes" bigint,
  "user_session_settings_user_preference_inactivity_max_hours" bigint,
  "user_session_settings_session_timeout_minutes" bigint,
  "user_session_settings_user_preference_timeout_max_hours" bigint,
  "password_settings_max_login_attempts" bigint,
  "password_settings_change_frequency" text COLLATE "C",
  "password_settings_password_reuse_history_length" bigint,
  "password_settings_min_length" bigint,
  "password_settings_max_daily_change_attempts" bigint,
  "password_settings_max_fail_attempts_per_password_reset" bigint,
  "ip_address_filtering" text COLLATE "C",
  primary key ("company", "key")
);
create index "company_preference_administrative_contact_admin_user_index" on "company_preference" ("company", "administrative_contact_admin_user", "key");
create table "company_setting" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C",
  "second_factor" text COLLATE "C",
  "allow_trusted_devices" boolean,
  "date_format" text COLLATE "C",
  primary key ("company", "key")
);
create table "console_session" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint not null,
  "key_number" bigint,
  "hash" bytea,
  "credential" bigint,
  "entity" bigint,
  "opened_at" bigint,
  "last_used_at" bigint,
  "address" text COLLATE "C",
  "expires_at" bigint,
  "ends_at" bigint,
  "trial_role" bigint,
  "strikes" bigint,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "console_session_hash_unique" on "console_session" ("company", "hash");
create index "console_session_credential_index" on "console_session" ("company", "credential", "key");
create index "console_session_entity_index" on "console_session" ("company", "entity", "key");
create index "console_session_trial_role_index" on "console_session" ("company", "trial_role", "key");
create index "console_session_user_index" on "console_session" ("company", "user", "key");
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
  "price_list" bigint,
  "price_schedule" bigint,
  "tax_is_taxable" boolean,
  "tax_tax_id" text COLLATE "C",
  "tax_group" bigint,
  primary key ("company", "key")
);
create unique index "contact_id_unique" on "contact" ("company", "id_fold");
create index "contact_entity_index" on "contact" ("company", "entity", "key");
create index "contact_id_index" on "contact" ("company", "id", "key");
create index "contact_price_list_index" on "contact" ("company", "price_list", "key");
create index "contact_price_schedule_index" on "contact" ("company", "price_schedule", "key");
create index "contact_tax_group_index" on "contact" ("company", "tax_group", "key");
create table "contact_tax_group" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C",
  "id_fold" text COLLATE "C",
  "name" text COLLATE "C",
  "group_type" text COLLATE "C",
  "is_system_generated" boolean,
  "is_vat_enabled" boolean,
  "tax_solution" bigint,
  primary key ("company", "key")
);
create unique index "contact_tax_group_id_unique" on "contact_tax_group" ("company", "id_fold");
create index "contact_tax_group_id_index" on "contact_tax_group" ("company", "id", "key");
create index "contact_tax_group_tax_solution_index" on "contact_tax_group" ("company", "tax_solution", "key");
create table "credential" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint not null,
  "kind" text COLLATE "C",
  "name" text COLLATE "C",
  "key_number" bigint,
  "hash" bytea,
  "phc" text COLLATE "C",
  "others_end_at" bigint,
  "expires_at" bigint,
  "last_used_at" bigint,
  "last_used_from" text COLLATE "C",
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create index "credential_expires_at_index" on "credential" ("company", "expires_at", "key");
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
  "supervisor" bigint,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "department_id_unique" on "department" ("company", "id_fold");
create index "department_id_index" on "department" ("company", "id", "key");
create index "department_parent_index" on "department" ("company", "parent", "key");
create index "department_supervisor_index" on "department" ("company", "supervisor", "key");
create table "document_sequence" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "print_title" text COLLATE "C" not null,
  "type" text COLLATE "C",
  "fixed_length" text COLLATE "C",
  "fixed_prefix" text COLLATE "C",
  "prefix_separator" text COLLATE "C",
  "fixed_suffix" text COLLATE "C",
  "suffix_separator" text COLLATE "C",
  "starting_number" bigint,
  "ending_number" bigint,
  "next_number" bigint,
  "starting_sequence" text COLLATE "C",
  "ending_sequence" text COLLATE "C",
  "next_sequence" text COLLATE "C",
  "entity" bigint,
  "rollover_is_enabled" boolean,
  "rollover_enabled_date" bigint,
  "rollover_fiscal_year_affix_position" text COLLATE "C",
  "rollover_separator" text COLLATE "C",
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "document_sequence_id_unique" on "document_sequence" ("company", "id_fold");
create index "document_sequence_entity_index" on "document_sequence" ("company", "entity", "key");
create index "document_sequence_id_index" on "document_sequence" ("company", "id", "key");
create table "document_sequence_rollover" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "document_sequence" bigint,
  "fiscal_year" bigint,
  "next_number" bigint,
  "next_sequence" text COLLATE "C",
  primary key ("company", "key")
);
create index "document_sequence_rollover_document_sequence_index" on "document_sequence_rollover" ("company", "document_sequence", "key");
create table "email_delivery_history" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "email_delivery_record" bigint,
  "send_to" text COLLATE "C",
  "status" text COLLATE "C",
  "date_time" bigint,
  "additional_info" text COLLATE "C",
  primary key ("company", "key")
);
create index "email_delivery_history_email_delivery_record_index" on "email_delivery_history" ("company", "email_delivery_record", "key");
create table "email_delivery_record" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "email_provider_id" text COLLATE "C",
  "status" text COLLATE "C",
  "tenant_context" text COLLATE "C",
  "from" text COLLATE "C",
  "to" text COLLATE "C",
  "cc" text COLLATE "C",
  "bcc" text COLLATE "C",
  "reply_to" text COLLATE "C",
  "subject" text COLLATE "C",
  "body" text COLLATE "C",
  "email_message" text COLLATE "C",
  "failure_status" text COLLATE "C",
  "failure_reason" text COLLATE "C",
  "sent_date_time" bigint,
  "last_updated_date_time" bigint,
  primary key ("company", "key")
);
create table "employee" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "name" text COLLATE "C",
  "start_date" bigint,
  "end_date" bigint,
  "birth_date" bigint,
  "job_title" text COLLATE "C",
  "status" text COLLATE "C",
  "post_actual_cost_with_variance" boolean,
  "merge_payment_requests" boolean,
  "send_automatic_payment_notification" boolean,
  "manager" bigint,
  "gender" text COLLATE "C",
  "location" bigint,
  "department" bigint,
  "class" bigint,
  "default_customer" bigint,
  "default_item" bigint,
  "default_vendor" bigint,
  "default_time_allocation" bigint,
  "default_expense_distribution" bigint,
  "default_currency" text COLLATE "C",
  "primary_contact" bigint not null,
  "employee_type" bigint,
  "earning_type" bigint,
  "ssn" text COLLATE "C",
  "employee_position" bigint,
  "termination_type" text COLLATE "C",
  "form1099_name" text COLLATE "C",
  "form1099_type" text COLLATE "C",
  "form1099_box" text COLLATE "C",
  "ach_enabled" boolean,
  "ach_bank_routing_number" text COLLATE "C",
  "ach_account_number" text COLLATE "C",
  "ach_account_type" text COLLATE "C",
  "ach_remittance_type" text COLLATE "C",
  "is_placeholder_resource" boolean,
  "file_payment_service" text COLLATE "C",
  "bank_file_payment_country_code" text COLLATE "C",
  "bank_file_payment_currency" text COLLATE "C",
  "preferred_payment_method" text COLLATE "C",
  "attachment_folder" bigint,
  "web_url" text COLLATE "C",
  "entity" bigint,
  primary key ("company", "key")
);
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
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "employee" bigint,
  primary key ("company", "key")
);
create index "employee_bank_file_setup_employee_index" on "employee_bank_file_setup" ("company", "employee", "key");
create table "employee_position_skills" (
  "company" bigint not null,
  "owner" bigint not null,
  "place" bigint not null,
  "target" bigint not null,
  primary key ("company", "owner", "place")
);
create unique index "employee_position_skills_unique" on "employee_position_skills" ("company", "owner", "target");
create index "employee_position_skills_index" on "employee_position_skills" ("company", "target");
create table "employee_rate" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "employee" bigint,
  "hourly_rate" bigint,
  "annual_salary" bigint,
  "start_date" bigint,
  "end_date" bigint,
  primary key ("company", "key")
);
create index "employee_rate_employee_index" on "employee_rate" ("company", "employee", "key");
create table "exchange_rate" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "from_currency" text COLLATE "C" not null,
  "to_currency" text COLLATE "C" not null,
  "exchange_rate_type" bigint not null,
  primary key ("company", "key")
);
create index "exchange_rate_exchange_rate_type_index" on "exchange_rate" ("company", "exchange_rate_type", "key");
create table "exchange_rate_line" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "effective_start_date" bigint not null,
  "rate" bigint not null,
  "reciprocal_rate" bigint,
  "exchange_rate" bigint not null,
  primary key ("company", "key")
);
create index "exchange_rate_line_exchange_rate_index" on "exchange_rate_line" ("company", "exchange_rate", "key");
create table "exchange_rate_type" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "name" text COLLATE "C" not null,
  "name_fold" text COLLATE "C" not null,
  "is_default" boolean,
  primary key ("company", "key")
);
create unique index "exchange_rate_type_name_unique" on "exchange_rate_type" ("company", "name_fold");
create index "exchange_rate_type_name_index" on "exchange_rate_type" ("company", "name", "key");
create table "external_authorization" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "external_company_id" text COLLATE "C" not null,
  "external_company_name" text COLLATE "C",
  "is_external_access_enabled" boolean,
  "access_type" text COLLATE "C" not null,
  "is_linked" boolean,
  "description" text COLLATE "C",
  "expiration_date" bigint,
  primary key ("company", "key")
);
create table "file" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "attachment" bigint,
  "name" text COLLATE "C",
  "size" bigint,
  "external_storage_id" text COLLATE "C",
  "data" bytea,
  primary key ("company", "key")
);
create index "file_attachment_index" on "file" ("company", "attachment", "key");
create table "folder" (
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
  "parent" bigint,
  "entity" bigint,
  "status" text COLLATE "C",
  "has_subfolders" boolean,
  "has_attachments" boolean,
  primary key ("company", "key")
);
create unique index "folder_id_unique" on "folder" ("company", "id_fold");
create index "folder_entity_index" on "folder" ("company", "entity", "key");
create index "folder_id_index" on "folder" ("company", "id", "key");
create index "folder_parent_index" on "folder" ("company", "parent", "key");
create table "idempotency_key" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "fingerprint" bytea,
  "body_hash" bytea,
  "answer_status" bigint,
  "answer_version" bigint,
  "answer_body" bytea,
  primary key ("company", "key")
);
create unique index "idempotency_key_fingerprint_unique" on "idempotency_key" ("company", "fingerprint");
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
  "location_type" text COLLATE "C",
  "start_date" bigint,
  "end_date" bigint,
  "federal_id" text COLLATE "C",
  "currency" bigint,
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
  "business_days" text COLLATE "C",
  "weekend_days" text COLLATE "C",
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
  "customer" bigint,
  "vendor" bigint,
  "unrecoverable_tax_account" bigint,
  "enable_inter_entity_relationships" boolean,
  "inter_entity_payable_gl_account" bigint,
  "inter_entity_receivable_gl_account" bigint,
  "manager" bigint,
  "tax_solution" bigint,
  "is_limited_entity" boolean,
  "enable_einvoicing" boolean,
  "electronic_address" text COLLATE "C",
  "branding_logo" text COLLATE "C",
  "status" text COLLATE "C",
  "entity" bigint,
  "location_reporting_title" text COLLATE "C",
  "parent" bigint,
  "base_currency" text COLLATE "C",
  primary key ("company", "key")
);
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
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "email_delivery_record" bigint,
  "user" bigint,
  "recipient" text COLLATE "C",
  "subject" text COLLATE "C",
  "body" text COLLATE "C",
  "key_number" bigint,
  "sealed" bytea,
  "worth_until" bigint,
  "attempts" bigint,
  "next_attempt_at" bigint,
  "finished_at" bigint,
  "status" text COLLATE "C",
  "last_error" text COLLATE "C",
  primary key ("company", "key")
);
create index "outbox_email_delivery_record_index" on "outbox" ("company", "email_delivery_record", "key");
create index "outbox_finished_at_index" on "outbox" ("company", "finished_at", "key");
create index "outbox_next_attempt_at_index" on "outbox" ("company", "next_attempt_at", "key");
create index "outbox_user_index" on "outbox" ("company", "user", "key");
create table "outside_record" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "object" text COLLATE "C",
  "id" text COLLATE "C" not null,
  "name" text COLLATE "C",
  "account_number" text COLLATE "C",
  "tax_calculation_method" text COLLATE "C",
  primary key ("company", "key")
);
create index "outside_record_id_index" on "outside_record" ("company", "id", "key");
create table "permission" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "module" text COLLATE "C",
  "name" text COLLATE "C",
  "permission_group" text COLLATE "C",
  "allowed_access_rights" text COLLATE "C",
  "standing" text COLLATE "C",
  "label" text COLLATE "C",
  primary key ("key")
);
create table "query_result" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "key_number" bigint,
  "hash" bytea,
  "user" bigint not null,
  "session" bigint,
  "object" text COLLATE "C",
  "query" text COLLATE "C",
  "fields" text COLLATE "C",
  "size" bigint,
  "last" bigint,
  "highest" bigint,
  "total" bigint,
  "expires_at" bigint,
  primary key ("company", "key")
);
create unique index "query_result_hash_unique" on "query_result" ("company", "hash");
create index "query_result_session_index" on "query_result" ("company", "session", "key");
create index "query_result_user_index" on "query_result" ("company", "user", "key");
create table "recovery_code" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint not null,
  "key_number" bigint,
  "hash" bytea,
  primary key ("company", "key")
);
create index "recovery_code_user_index" on "recovery_code" ("company", "user", "key");
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
create table "role_agent_permission" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "assignment" bigint,
  "name" text COLLATE "C",
  "group" text COLLATE "C",
  primary key ("company", "key")
);
create index "role_agent_permission_assignment_index" on "role_agent_permission" ("company", "assignment", "key");
create table "role_agent_permission_assignment" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "role" bigint,
  "agent" bigint,
  "allowed_access_rights" text COLLATE "C",
  primary key ("company", "key")
);
create index "role_agent_permission_assignment_agent_index" on "role_agent_permission_assignment" ("company", "agent", "key");
create index "role_agent_permission_assignment_role_index" on "role_agent_permission_assignment" ("company", "role", "key");
create table "role_custom_permission" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "assignment" bigint,
  "name" text COLLATE "C",
  "group" text COLLATE "C",
  primary key ("company", "key")
);
create index "role_custom_permission_assignment_index" on "role_custom_permission" ("company", "assignment", "key");
create table "role_custom_permission_assignment" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "role" bigint,
  "application" bigint,
  "access_rights" text COLLATE "C",
  "allowed_access_rights" text COLLATE "C",
  primary key ("company", "key")
);
create index "role_custom_permission_assignment_application_index" on "role_custom_permission_assignment" ("company", "application", "key");
create index "role_custom_permission_assignment_role_index" on "role_custom_permission_assignment" ("company", "role", "key");
create table "role_permission_assignment" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "role" bigint,
  "permission" bigint,
  "access_rights" text COLLATE "C",
  primary key ("company", "key")
);
create index "role_permission_assignment_permission_index" on "role_permission_assignment" ("company", "permission", "key");
create index "role_permission_assignment_role_index" on "role_permission_assignment" ("company", "role", "key");
create table "role_user_group_map" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "role" bigint,
  "user_group" bigint,
  primary key ("company", "key")
);
create unique index "role_user_group_map_unique" on "role_user_group_map" ("company", "user_group", "role");
create index "role_user_group_map_role_index" on "role_user_group_map" ("company", "role", "key");
create index "role_user_group_map_user_group_index" on "role_user_group_map" ("company", "user_group", "key");
create table "role_user_map" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "role" bigint,
  "user" bigint,
  primary key ("company", "key")
);
create unique index "role_user_map_unique" on "role_user_map" ("company", "user", "role");
create index "role_user_map_role_index" on "role_user_map" ("company", "role", "key");
create index "role_user_map_user_index" on "role_user_map" ("company", "user", "key");
create table "schema_migration" (
  "number" bigint not null,
  "name" text COLLATE "C" not null,
  "checksum" text COLLATE "C" not null,
  "applied_at" bigint not null,
  primary key ("number")
);
create table "second_factor" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint not null,
  "key_number" bigint,
  "sealed" bytea,
  "last_step" bigint,
  "enrolled_at" bigint,
  "recovery_codes" bigint,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "second_factor_user_unique" on "second_factor" ("company", "user");
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
create table "sign_in_attempt" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint not null,
  "source" text COLLATE "C",
  "failures" bigint,
  "last_at" bigint,
  "delayed_until" bigint,
  primary key ("company", "key")
);
create index "sign_in_attempt_user_index" on "sign_in_attempt" ("company", "user", "key");
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
create table "subscription" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  primary key ("company", "key")
);
create unique index "subscription_id_unique" on "subscription" ("company", "id");
create table "territory" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C",
  "id_fold" text COLLATE "C",
  "name" text COLLATE "C",
  "status" text COLLATE "C",
  "parent" bigint,
  "manager" bigint,
  primary key ("company", "key")
);
create unique index "territory_id_unique" on "territory" ("company", "id_fold");
create index "territory_id_index" on "territory" ("company", "id", "key");
create index "territory_manager_index" on "territory" ("company", "manager", "key");
create index "territory_parent_index" on "territory" ("company", "parent", "key");
create table "test_company" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "copy" bigint not null,
  "original" bigint not null,
  "key_number" bigint,
  primary key ("key")
);
create unique index "test_company_copy_unique" on "test_company" ("copy");
create index "test_company_original_index" on "test_company" ("original", "key");
create table "time_type" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "earning_type" bigint,
  "gl_account" bigint,
  "offset_gl_account" bigint,
  "status" text COLLATE "C",
  "entity" bigint,
  primary key ("company", "key")
);
create unique index "time_type_id_unique" on "time_type" ("company", "id_fold");
create index "time_type_earning_type_index" on "time_type" ("company", "earning_type", "key");
create index "time_type_entity_index" on "time_type" ("company", "entity", "key");
create index "time_type_gl_account_index" on "time_type" ("company", "gl_account", "key");
create index "time_type_id_index" on "time_type" ("company", "id", "key");
create index "time_type_offset_gl_account_index" on "time_type" ("company", "offset_gl_account", "key");
create table "timesheet" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "begin_date" bigint not null,
  "end_date" bigint,
  "posting_date" bigint,
  "state" text COLLATE "C",
  "unit_of_measure" text COLLATE "C",
  "hours_in_day" bigint,
  "billable_quantity" bigint,
  "non_billable_quantity" bigint,
  "awaits_approval" boolean,
  "description" text COLLATE "C",
  "calculation_method" text COLLATE "C",
  "post_actual_labor_cost" boolean,
  "employee" bigint,
  "employee_contact" bigint,
  "attachment" bigint,
  "entity" bigint,
  primary key ("company", "key")
);
create index "timesheet_attachment_index" on "timesheet" ("company", "attachment", "key");
create index "timesheet_employee_contact_index" on "timesheet" ("company", "employee_contact", "key");
create index "timesheet_employee_index" on "timesheet" ("company", "employee", "key");
create index "timesheet_entity_index" on "timesheet" ("company", "entity", "key");
create table "timesheet_approval_record" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "approval_stage" bigint,
  "approval_type" text COLLATE "C",
  "approval_level" text COLLATE "C",
  "comments" text COLLATE "C",
  "record_date" bigint,
  "state" text COLLATE "C",
  "timesheet" bigint,
  "timesheet_line" bigint,
  "approved_by" bigint,
  "approver" bigint,
  "completed_by" bigint,
  "initiated_by" bigint,
  "happened_at" bigint,
  "client" text COLLATE "C",
  "sender" text COLLATE "C",
  "request" text COLLATE "C",
  primary key ("company", "key")
);
create index "timesheet_approval_record_approved_by_index" on "timesheet_approval_record" ("company", "approved_by", "key");
create index "timesheet_approval_record_approver_index" on "timesheet_approval_record" ("company", "approver", "key");
create index "timesheet_approval_record_completed_by_index" on "timesheet_approval_record" ("company", "completed_by", "key");
create index "timesheet_approval_record_initiated_by_index" on "timesheet_approval_record" ("company", "initiated_by", "key");
create index "timesheet_approval_record_timesheet_index" on "timesheet_approval_record" ("company", "timesheet", "key");
create index "timesheet_approval_record_timesheet_line_index" on "timesheet_approval_record" ("company", "timesheet_line", "key");
create table "timesheet_line" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "timesheet" bigint,
  "entry_date" bigint not null,
  "quantity" bigint not null,
  "line_number" bigint,
  "description" text COLLATE "C",
  "notes" text COLLATE "C",
  "state" text COLLATE "C",
  "time_type" bigint,
  "is_billable" boolean,
  "is_billed" text COLLATE "C",
  "statistical_journal" bigint,
  "billable_utilized_gl_account" bigint,
  "non_billable_utilized_gl_account" bigint,
  "billable_non_utilized_gl_account" bigint,
  "non_billable_non_utilized_gl_account" bigint,
  "hours_billable" bigint,
  "hours_non_billable" bigint,
  "hours_approved" bigint,
  "hours_approved_billable" bigint,
  "hours_approved_non_billable" bigint,
  "hours_utilized" bigint,
  "hours_non_utilized" bigint,
  "hours_approved_utilized" bigint,
  "hours_approved_non_utilized" bigint,
  "external_payroll_cost_rate" bigint,
  "external_payroll_billing_rate" bigint,
  "external_payroll_amount" bigint,
  "external_payroll_employer_taxes" bigint,
  "external_payroll_fringes" bigint,
  "external_payroll_cash_fringes" bigint,
  "labor_class" bigint,
  "labor_shift" bigint,
  "labor_union" bigint,
  "employee_position" bigint,
  "dimensions_location" bigint,
  "dimensions_department" bigint,
  "dimensions_employee" bigint,
  "dimensions_project" bigint,
  "dimensions_customer" bigint,
  "dimensions_vendor" bigint,
  "dimensions_item" bigint,
  "dimensions_warehouse" bigint,
  "dimensions_class" bigint,
  "dimensions_task" bigint,
  "dimensions_cost_type" bigint,
  "dimensions_asset" bigint,
  "dimensions_contract" bigint,
  "dimensions_affiliate_entity" bigint,
  "dimensions_loan_account" bigint,
  "dimensions_work_order" bigint,
  primary key ("company", "key")
);
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
  "credential" bigint,
  "entity" bigint,
  "expires_at" bigint not null,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "token_hash_unique" on "token" ("company", "hash");
create index "token_authorization_index" on "token" ("company", "authorization", "key");
create index "token_credential_index" on "token" ("company", "credential", "key");
create index "token_entity_index" on "token" ("company", "entity", "key");
create index "token_family_index" on "token" ("company", "family", "key");
create index "token_user_index" on "token" ("company", "user", "key");
create table "transport_policy" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "url" text COLLATE "C" not null,
  "user" text COLLATE "C",
  "key_number" bigint,
  "sealed" bytea,
  "status" text COLLATE "C",
  primary key ("key")
);
create unique index "transport_policy_id_unique" on "transport_policy" ("id_fold");
create index "transport_policy_id_index" on "transport_policy" ("id", "key");
create table "trusted_device" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint not null,
  "name" text COLLATE "C",
  "key_number" bigint,
  "hash" bytea,
  "trusted_at" bigint,
  "last_used_at" bigint,
  "last_used_from" text COLLATE "C",
  "expires_at" bigint,
  primary key ("company", "key")
);
create unique index "trusted_device_hash_unique" on "trusted_device" ("company", "hash");
create index "trusted_device_user_index" on "trusted_device" ("company", "user", "key");
create table "txn_allocation_template" (
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
  "allocate_by" text COLLATE "C",
  "document_number" text COLLATE "C",
  "status" text COLLATE "C",
  "attachment" bigint,
  primary key ("company", "key")
);
create unique index "txn_allocation_template_id_unique" on "txn_allocation_template" ("company", "id_fold");
create index "txn_allocation_template_attachment_index" on "txn_allocation_template" ("company", "attachment", "key");
create index "txn_allocation_template_id_index" on "txn_allocation_template" ("company", "id", "key");
create table "txn_allocation_template_line" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "txn_allocation_template" bigint,
  "value" bigint,
  "value_type" text COLLATE "C",
  "line_number" bigint,
  "dimensions_location" bigint,
  "dimensions_department" bigint,
  "dimensions_employee" bigint,
  "dimensions_project" bigint,
  "dimensions_customer" bigint,
  "dimensions_vendor" bigint,
  "dimensions_item" bigint,
  "dimensions_class" bigint,
  "dimensions_contract" bigint,
  "dimensions_warehouse" bigint,
  primary key ("company", "key")
);
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
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "currency_type" text COLLATE "C" not null,
  "name" text COLLATE "C",
  "iso_code" text COLLATE "C",
  "currency_format" text COLLATE "C" not null,
  "unit" text COLLATE "C",
  "sub_unit" text COLLATE "C",
  "symbol" text COLLATE "C",
  "thousand_separator" text COLLATE "C",
  "decimal_separator" text COLLATE "C",
  "alignment" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "txn_currency_id_unique" on "txn_currency" ("company", "id_fold");
create index "txn_currency_id_index" on "txn_currency" ("company", "id", "key");
create table "usage" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "label" text COLLATE "C",
  "day" bigint,
  "user" bigint,
  "client_application" bigint,
  "sender" bigint,
  "object" text COLLATE "C",
  "operation" text COLLATE "C",
  "rights" text COLLATE "C",
  "allowed" bigint,
  "refused" bigint,
  "last_used_at" bigint,
  primary key ("company", "key")
);
create unique index "usage_label_unique" on "usage" ("company", "label");
create index "usage_client_application_index" on "usage" ("company", "client_application", "key");
create index "usage_sender_index" on "usage" ("company", "sender", "key");
create index "usage_user_index" on "usage" ("company", "user", "key");
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
  "is_unrestricted" boolean,
  "activated_at" bigint,
  "automatic_lock_at" bigint,
  primary key ("company", "key")
);
create unique index "user_id_unique" on "user" ("company", "id_fold");
create index "user_contact_index" on "user" ("company", "contact", "key");
create index "user_entity_index" on "user" ("company", "entity", "key");
create index "user_id_index" on "user" ("company", "id", "key");
create table "user_agent_permission" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "assignment" bigint,
  "name" text COLLATE "C",
  "group" text COLLATE "C",
  primary key ("company", "key")
);
create index "user_agent_permission_assignment_index" on "user_agent_permission" ("company", "assignment", "key");
create table "user_agent_permission_assignment" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint,
  "agent" bigint,
  "allowed_access_rights" text COLLATE "C",
  primary key ("company", "key")
);
create index "user_agent_permission_assignment_agent_index" on "user_agent_permission_assignment" ("company", "agent", "key");
create index "user_agent_permission_assignment_user_index" on "user_agent_permission_assignment" ("company", "user", "key");
create table "user_custom_permission" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "assignment" bigint,
  "name" text COLLATE "C",
  "group" text COLLATE "C",
  primary key ("company", "key")
);
create index "user_custom_permission_assignment_index" on "user_custom_permission" ("company", "assignment", "key");
create table "user_custom_permission_assignment" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint,
  "application" bigint,
  "access_rights" text COLLATE "C",
  "allowed_access_rights" text COLLATE "C",
  primary key ("company", "key")
);
create index "user_custom_permission_assignment_application_index" on "user_custom_permission_assignment" ("company", "application", "key");
create index "user_custom_permission_assignment_user_index" on "user_custom_permission_assignment" ("company", "user", "key");
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
create table "user_group" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "id" text COLLATE "C" not null,
  "id_fold" text COLLATE "C" not null,
  "description" text COLLATE "C" not null,
  primary key ("company", "key")
);
create unique index "user_group_id_unique" on "user_group" ("company", "id_fold");
create index "user_group_id_index" on "user_group" ("company", "id", "key");
create table "user_group_member" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user_group" bigint not null,
  "user" bigint not null,
  primary key ("company", "key")
);
create index "user_group_member_user_group_index" on "user_group_member" ("company", "user_group", "key");
create index "user_group_member_user_index" on "user_group_member" ("company", "user", "key");
create table "user_locations" (
  "company" bigint not null,
  "owner" bigint not null,
  "place" bigint not null,
  "target" bigint not null,
  primary key ("company", "owner", "place")
);
create unique index "user_locations_unique" on "user_locations" ("company", "owner", "target");
create index "user_locations_index" on "user_locations" ("company", "target");
create table "user_permission_assignment" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint,
  "permission" bigint,
  "access_rights" text COLLATE "C",
  primary key ("company", "key")
);
create index "user_permission_assignment_permission_index" on "user_permission_assignment" ("company", "permission", "key");
create index "user_permission_assignment_user_index" on "user_permission_assignment" ("company", "user", "key");
create table "user_preference" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "user" bigint,
  "time_zone" text COLLATE "C",
  "date_format" text COLLATE "C",
  "list_style" text COLLATE "C",
  "theme" text COLLATE "C",
  "inactivity_time_out_minutes" bigint,
  "session_timeout_minutes" bigint,
  "list_choices" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "user_preference_user_unique" on "user_preference" ("company", "user");
create table "user_territories" (
  "company" bigint not null,
  "owner" bigint not null,
  "place" bigint not null,
  "target" bigint not null,
  primary key ("company", "owner", "place")
);
create unique index "user_territories_unique" on "user_territories" ("company", "owner", "target");
create index "user_territories_index" on "user_territories" ("company", "target");
create table "user_view" (
  "company" bigint not null,
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "created_by" bigint,
  "modified_by" bigint,
  "name" text COLLATE "C" not null,
  "description" text COLLATE "C",
  "object" text COLLATE "C",
  "category" text COLLATE "C",
  "view_version" text COLLATE "C",
  "is_public" boolean,
  "context" text COLLATE "C",
  "query" text COLLATE "C" not null,
  "metadata" text COLLATE "C",
  "owner" bigint,
  "status" text COLLATE "C",
  primary key ("company", "key")
);
create unique index "user_view_name_unique" on "user_view" ("company", "name");
create index "user_view_owner_index" on "user_view" ("company", "owner", "key");
create table "xml_request" (
  "key" bigint not null,
  "version" bigint not null,
  "created_at" bigint not null,
  "modified_at" bigint not null,
  "policy" bigint,
  "request" text COLLATE "C",
  "sender" text COLLATE "C",
  "control_id" text COLLATE "C",
  "address" text COLLATE "C",
  "endpoint" text COLLATE "C",
  "key_number" bigint,
  "sealed" bytea,
  "holder" bigint,
  "attempts" bigint,
  "next_attempt_at" bigint,
  "finished_at" bigint,
  "status" text COLLATE "C",
  "last_error" text COLLATE "C",
  primary key ("key")
);
create index "xml_request_finished_at_index" on "xml_request" ("finished_at", "key");
create index "xml_request_next_attempt_at_index" on "xml_request" ("next_attempt_at", "key");
create index "xml_request_policy_index" on "xml_request" ("policy", "key");
alter table "api_session" add foreign key ("company", "authorization") references "sender_authorization" ("company", "key") deferrable initially immediate;
alter table "api_session" add foreign key ("company", "credential") references "credential" ("company", "key") deferrable initially immediate;
alter table "api_session" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "api_session" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "attachment" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "attachment" add foreign key ("company", "folder") references "folder" ("company", "key") deferrable initially immediate;
alter table "audit_line" add foreign key ("company", "entry") references "audit_entry" ("company", "key") deferrable initially immediate;
alter table "class" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "class" add foreign key ("company", "parent") references "class" ("company", "key") deferrable initially immediate;
alter table "client_authorization" add foreign key ("client_application") references "client_application" ("key") deferrable initially immediate;
alter table "client_authorization" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "company_preference" add foreign key ("company", "administrative_contact_admin_user") references "user" ("company", "key") deferrable initially immediate;
alter table "console_session" add foreign key ("company", "credential") references "credential" ("company", "key") deferrable initially immediate;
alter table "console_session" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "console_session" add foreign key ("company", "trial_role") references "role" ("company", "key") deferrable initially immediate;
alter table "console_session" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "contact" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "contact" add foreign key ("company", "price_list") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "contact" add foreign key ("company", "price_schedule") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "contact" add foreign key ("company", "tax_group") references "contact_tax_group" ("company", "key") deferrable initially immediate;
alter table "contact_tax_group" add foreign key ("company", "tax_solution") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "credential" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "department" add foreign key ("company", "parent") references "department" ("company", "key") deferrable initially immediate;
alter table "department" add foreign key ("company", "supervisor") references "employee" ("company", "key") deferrable initially immediate;
alter table "document_sequence" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "document_sequence_rollover" add foreign key ("company", "document_sequence") references "document_sequence" ("company", "key") deferrable initially immediate;
alter table "email_delivery_history" add foreign key ("company", "email_delivery_record") references "email_delivery_record" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "attachment_folder") references "folder" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "class") references "class" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "default_customer") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "default_expense_distribution") references "txn_allocation_template" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "default_item") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "default_time_allocation") references "txn_allocation_template" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "default_vendor") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "department") references "department" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "earning_type") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "employee_position") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "employee_type") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "location") references "location" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "manager") references "employee" ("company", "key") deferrable initially immediate;
alter table "employee" add foreign key ("company", "primary_contact") references "contact" ("company", "key") deferrable initially immediate;
alter table "employee_bank_file_setup" add foreign key ("company", "employee") references "employee" ("company", "key") deferrable initially immediate;
alter table "employee_position_skills" add foreign key ("company", "owner") references "employee" ("company", "key") on delete cascade deferrable initially immediate;
alter table "employee_position_skills" add foreign key ("company", "target") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "employee_rate" add foreign key ("company", "employee") references "employee" ("company", "key") deferrable initially immediate;
alter table "exchange_rate" add foreign key ("company", "exchange_rate_type") references "exchange_rate_type" ("company", "key") deferrable initially immediate;
alter table "exchange_rate_line" add foreign key ("company", "exchange_rate") references "exchange_rate" ("company", "key") deferrable initially immediate;
alter table "file" add foreign key ("company", "attachment") references "attachment" ("company", "key") deferrable initially immediate;
alter table "folder" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "folder" add foreign key ("company", "parent") references "folder" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "contacts_primary") references "contact" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "contacts_ship_to") references "contact" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "currency") references "txn_currency" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "customer") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "inter_entity_payable_gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "inter_entity_receivable_gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "manager") references "employee" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "parent") references "location" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "tax_solution") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "unrecoverable_tax_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "location" add foreign key ("company", "vendor") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "outbox" add foreign key ("company", "email_delivery_record") references "email_delivery_record" ("company", "key") deferrable initially immediate;
alter table "query_result" add foreign key ("company", "session") references "api_session" ("company", "key") deferrable initially immediate;
alter table "query_result" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "recovery_code" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "role_agent_permission" add foreign key ("company", "assignment") references "role_agent_permission_assignment" ("company", "key") deferrable initially immediate;
alter table "role_agent_permission_assignment" add foreign key ("company", "agent") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "role_agent_permission_assignment" add foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate;
alter table "role_custom_permission" add foreign key ("company", "assignment") references "role_custom_permission_assignment" ("company", "key") deferrable initially immediate;
alter table "role_custom_permission_assignment" add foreign key ("company", "application") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "role_custom_permission_assignment" add foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate;
alter table "role_permission_assignment" add foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate;
alter table "role_permission_assignment" add foreign key ("permission") references "permission" ("key") deferrable initially immediate;
alter table "role_user_group_map" add foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate;
alter table "role_user_group_map" add foreign key ("company", "user_group") references "user_group" ("company", "key") on delete cascade deferrable initially immediate;
alter table "role_user_map" add foreign key ("company", "role") references "role" ("company", "key") deferrable initially immediate;
alter table "role_user_map" add foreign key ("company", "user") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "second_factor" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "sender_authorization" add foreign key ("sender") references "sender" ("key") deferrable initially immediate;
alter table "server_credential" add foreign key ("client_application") references "client_application" ("key") deferrable initially immediate;
alter table "server_credential" add foreign key ("sender") references "sender" ("key") deferrable initially immediate;
alter table "sign_in_attempt" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "territory" add foreign key ("company", "manager") references "employee" ("company", "key") deferrable initially immediate;
alter table "territory" add foreign key ("company", "parent") references "territory" ("company", "key") deferrable initially immediate;
alter table "test_company" add foreign key ("copy") references "company" ("key") deferrable initially immediate;
alter table "test_company" add foreign key ("original") references "company" ("key") deferrable initially immediate;
alter table "time_type" add foreign key ("company", "earning_type") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "time_type" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "time_type" add foreign key ("company", "gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "time_type" add foreign key ("company", "offset_gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet" add foreign key ("company", "attachment") references "attachment" ("company", "key") deferrable initially immediate;
alter table "timesheet" add foreign key ("company", "employee") references "employee" ("company", "key") deferrable initially immediate;
alter table "timesheet" add foreign key ("company", "employee_contact") references "contact" ("company", "key") deferrable initially immediate;
alter table "timesheet" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "timesheet_approval_record" add foreign key ("company", "approved_by") references "user" ("company", "key") deferrable initially immediate;
alter table "timesheet_approval_record" add foreign key ("company", "approver") references "user" ("company", "key") deferrable initially immediate;
alter table "timesheet_approval_record" add foreign key ("company", "completed_by") references "user" ("company", "key") deferrable initially immediate;
alter table "timesheet_approval_record" add foreign key ("company", "initiated_by") references "user" ("company", "key") deferrable initially immediate;
alter table "timesheet_approval_record" add foreign key ("company", "timesheet") references "timesheet" ("company", "key") deferrable initially immediate;
alter table "timesheet_approval_record" add foreign key ("company", "timesheet_line") references "timesheet_line" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "billable_non_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "billable_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_affiliate_entity") references "location" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_asset") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_class") references "class" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_contract") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_cost_type") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_customer") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_department") references "department" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_employee") references "employee" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_item") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_loan_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_location") references "location" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_project") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_task") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_vendor") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_warehouse") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "dimensions_work_order") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "employee_position") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "labor_class") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "labor_shift") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "labor_union") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "non_billable_non_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "non_billable_utilized_gl_account") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "statistical_journal") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "time_type") references "time_type" ("company", "key") deferrable initially immediate;
alter table "timesheet_line" add foreign key ("company", "timesheet") references "timesheet" ("company", "key") deferrable initially immediate;
alter table "token" add foreign key ("company", "authorization") references "client_authorization" ("company", "key") deferrable initially immediate;
alter table "token" add foreign key ("company", "credential") references "credential" ("company", "key") deferrable initially immediate;
alter table "token" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "token" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "trusted_device" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template" add foreign key ("company", "attachment") references "attachment" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_class") references "class" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_contract") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_customer") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_department") references "department" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_employee") references "employee" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_item") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_location") references "location" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_project") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_vendor") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "dimensions_warehouse") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "txn_allocation_template_line" add foreign key ("company", "txn_allocation_template") references "txn_allocation_template" ("company", "key") deferrable initially immediate;
alter table "usage" add foreign key ("client_application") references "client_application" ("key") deferrable initially immediate;
alter table "usage" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "usage" add foreign key ("sender") references "sender" ("key") deferrable initially immediate;
alter table "user" add foreign key ("company", "contact") references "contact" ("company", "key") deferrable initially immediate;
alter table "user" add foreign key ("company", "entity") references "location" ("company", "key") deferrable initially immediate;
alter table "user_agent_permission" add foreign key ("company", "assignment") references "user_agent_permission_assignment" ("company", "key") deferrable initially immediate;
alter table "user_agent_permission_assignment" add foreign key ("company", "agent") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "user_agent_permission_assignment" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "user_custom_permission" add foreign key ("company", "assignment") references "user_custom_permission_assignment" ("company", "key") deferrable initially immediate;
alter table "user_custom_permission_assignment" add foreign key ("company", "application") references "outside_record" ("company", "key") deferrable initially immediate;
alter table "user_custom_permission_assignment" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "user_departments" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_departments" add foreign key ("company", "target") references "department" ("company", "key") deferrable initially immediate;
alter table "user_entities" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_entities" add foreign key ("company", "target") references "location" ("company", "key") deferrable initially immediate;
alter table "user_group_member" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "user_group_member" add foreign key ("company", "user_group") references "user_group" ("company", "key") deferrable initially immediate;
alter table "user_locations" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_locations" add foreign key ("company", "target") references "location" ("company", "key") deferrable initially immediate;
alter table "user_permission_assignment" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "user_permission_assignment" add foreign key ("permission") references "permission" ("key") deferrable initially immediate;
alter table "user_preference" add foreign key ("company", "user") references "user" ("company", "key") deferrable initially immediate;
alter table "user_territories" add foreign key ("company", "owner") references "user" ("company", "key") on delete cascade deferrable initially immediate;
alter table "user_territories" add foreign key ("company", "target") references "territory" ("company", "key") deferrable initially immediate;
alter table "user_view" add foreign key ("company", "owner") references "user" ("company", "key") deferrable initially immediate;
alter table "xml_request" add foreign key ("policy") references "transport_policy" ("key") deferrable initially immediate;
insert into "server_version" ("only", "version") values (1, 1);
