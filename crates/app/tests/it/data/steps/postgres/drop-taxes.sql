-- contract: "contact_taxation" has what taxes a contact
alter table "contact" drop column "tax_is_taxable";
alter table "contact" drop column "tax_tax_id";
