// The pages that screenshots and the accessibility check walk over: name, address, and what is done first.
"use strict";
const { base } = require("./browser.cjs");

/** The key of the first record of an object whose id is this. */
async function key(page, screen, id) {
  await page.goto(`${base}/${screen}?f=&q=${encodeURIComponent(id)}`);
  const href = await page.locator("td a", { hasText: id }).first().getAttribute("href");
  return href.split("/")[2];
}

/** Pages of somebody who is signed in; an address may ask for a key. */
const PAGES = [
  ["go-to", "/go?q=a"],
  ["overview", "/overview"],
  ["web-services-users", "/web-services-users"],
  ["web-services-users-all", "/web-services-users?f="],
  ["web-services-user", "/web-services-users/{ws_sync}"],
  ["web-services-user-add", "/web-services-users/add"],
  ["web-services-user-edit", "/web-services-users/{ws_sync}/edit"],
  ["web-services-user-delete", "/web-services-users/{ws_bare}/delete"],
  ["user-permissions-report", "/web-services-users/{ws_sync}/permissions-report"],
  ["user-groups-of", "/web-services-users/{ws_sync}/groups"],
  ["user-preferences", "/web-services-users/{ws_sync}/preferences"],
  ["user-credentials", "/web-services-users/{ws_sync}/credentials"],
  ["user-sessions", "/web-services-users/{ws_sync}/sessions"],
  ["user-reset", "/web-services-users/{ws_sync}/reset"],
  ["user-check", "/web-services-users/{ws_sync}/check"],
  ["user-audit-trail", "/web-services-users/{ws_sync}/audit-trail"],
  ["users", "/users"],
  ["my-preferences", "/my-preferences"],
  ["my-password", "/my-preferences/password"],
  ["my-security", "/my-preferences/security"],
  ["user-edit", "/users/1/edit"],
  ["list-columns", "/web-services-users/list/columns"],
  ["list-classic-all", "/users?f=&size=50"],
  ["roles", "/roles"],
  ["role", "/roles/1"],
  ["role-add", "/roles/add"],
  ["role-edit", "/roles/1/edit"],
  ["role-subscriptions", "/roles/1/subscriptions"],
  ["role-copy", "/roles/1/copy"],
  ["role-members", "/roles/1/members"],
  ["role-try", "/roles/1/try"],
  ["role-check", "/roles/1/check"],
  ["user-groups", "/user-groups"],
  ["connect", "/connect"],
  ["subscriptions", "/subscriptions"],
  ["audit-trail", "/audit-trail"],
  ["e-mail-delivery", "/email-delivery"],
  ["mails", "/mails"],
  ["company", "/company"],
  ["company-security", "/company-security"],
  ["company-security-edit", "/company-security/setup/edit"],
  ["company-verification", "/company-verification"],
  ["web-services-authorizations", "/web-services-authorizations"],
  ["client-applications", "/authorized-client-applications"],
  ["contacts", "/contacts"],
  ["contact", "/contacts/1"],
  ["contact-edit", "/contacts/1/edit"],
  ["entities", "/entities"],
  ["locations", "/locations"],
  ["departments", "/departments"],
  ["departments-filtered", "/departments?f=status~eq~active&f=name~contains~a&any=1&edit=1"],
  ["departments-fault", "/departments?f=audit.createdDateTime~gt~soon"],
  ["departments-columns", "/departments/list/columns"],
  ["departments-save-view", "/departments/list/view?what=keep"],
  ["departments-view-all", "/departments?view=all&size=50"],
  ["territories", "/territories"],
  ["usage", "/usage"],
  ["not-found", "/users/999999"],
];

/** Lists and forms that look like those above and differ in what they hold. */
const ALIKE = [
  "advanced-audit-trail", "attachment-folders", "attachments", "classes", "console-sessions", "contact-tax-groups",
  "credentials", "document-sequences", "employees", "exchange-rate-types", "exchange-rates", "external-authorizations",
  "second-factors", "time-types", "timesheet-approval-records", "timesheet-decisions", "timesheets", "timesheets-to-approve",
  "transaction-allocations", "transaction-currencies", "trusted-devices",
].map((name) => [name, `/${name}`]).concat([
  "attachment-folders", "classes", "contacts", "departments", "employees", "entities", "locations", "territories", "user-groups",
  "web-services-authorizations", "authorized-client-applications",
].map((name) => [`${name}-add`, `/${name}/add`]));

/** Pages of nobody. */
const OPEN = [
  ["sign-in", "/"],
  ["forgotten", "/forgotten"],
  ["new-password", "/new-password?why=expired"],
];

/** What stands over a page: a name, and how it is opened. */
const DIALOGS = [
  ["menu", async (page) => {
    await page.goto(`${base}/overview`);
    await page.locator("#applications > summary").click();
  }],
  ["dialog-contact", async (page) => {
    await page.goto(`${base}/web-services-users/add`);
    await page.getByRole("button", { name: "Add: Contact name" }).click();
    await page.locator("dialog[open]").waitFor();
  }],
  ["dialog-permissions", async (page) => {
    await page.goto(`${base}/roles/1/subscriptions`);
    await page.getByRole("button", { name: "Permissions: General Ledger" }).click();
    await page.locator("dialog[open]").waitFor();
  }],
  ["form-with-errors", async (page) => {
    await page.goto(`${base}/web-services-users/add`);
    await page.locator(".head").getByRole("button", { name: "Save" }).click();
    await page.locator(".notice.fault").waitFor();
  }],
];

/** The addresses with their keys filled in. */
async function addresses(page) {
  const known = {};
  const filled = [];
  for (const [name, address] of PAGES) {
    const id = address.match(/\{(.+)\}/)?.[1];
    if (id && !known[id]) known[id] = await key(page, "web-services-users", id);
    filled.push([name, id ? address.replace(`{${id}}`, known[id]) : address]);
  }
  return filled;
}

module.exports = { ALIKE, DIALOGS, OPEN, addresses };
