// The steps of Codat's guide that several tests take.
"use strict";
const { readFileSync } = require("node:fs");
const { admin, env, holds, mailedSecret, rest, same, token, xml } = require("./browser.cjs");

/** The modules that get full access, as the guide names them. */
const MODULES = ["Administration", "Company", "Cash Management", "General Ledger", "Accounts Payable", "Accounts Receivable",
  "Projects", "Inventory Control", "Order Entry", "Purchasing", "Contracts", "Taxes"];

/** The catalogue's lines, and the names of its permissions by key. */
const CATALOGUE = readFileSync(`${__dirname}/../../catalogue/permissions.csv`, "utf8").trim().split("\n").slice(1).map((line) => line.split(","));
const NAMES = new Map(CATALOGUE.map(([key, module, name]) => [key, `${module}.${name}`]));

/** The activities and lists of the granular option, as the guide names them. */
const ACTIVITIES = ["Departments", "Locations", "Class", "Employees", "Territory", "Document numbering", "Contact tax group",
  "Attachment folders", "Attachments", "Transaction allocations", "Transaction currencies", "Exchange rate types", "Exchange rate"];

/** A page whose clicks and typed fields are counted. */
function counted(page) {
  const count = { clicks: 0, typed: 0, all: () => count.clicks + count.typed };
  return {
    page,
    count,
    click: async (locator) => { count.clicks += 1; await locator.click(); },
    choose: async (locator, value) => { count.clicks += 1; await locator.selectOption(value); },
    check: async (locator) => { count.clicks += 1; await locator.check(); },
    type: async (locator, text) => { count.typed += 1; await locator.fill(text); },
  };
}

const dialog = (page) => page.locator("dialog, main.as-page");

/** Opens a page of the menu by counted clicks. */
async function go(by, label, add = false) {
  await by.click(by.page.locator("#applications > summary"));
  const item = by.page.locator("#applications li", { has: by.page.getByRole("link", { name: label, exact: true }) });
  await by.click(item.locator("a").nth(add ? 1 : 0));
  await by.page.waitForLoadState();
}

async function prove(by, company) {
  await by.type(dialog(by.page).getByLabel("Your password"), admin(company));
  await by.click(dialog(by.page).getByRole("button", { name: "Verify" }));
}

/** Adds the Web Services user, with a role where the company has roles. */
async function addUser(by, company, id, { role } = {}) {
  const { page } = by;
  await go(by, "Web Services users", true);
  await by.type(page.getByLabel("User ID"), id);
  await by.type(page.getByLabel("Username"), `${id} name`);
  await by.type(page.getByLabel("Account email address (required)"), `${id}@example.org`);
  await by.click(page.getByRole("button", { name: "Add: Contact name" }));
  for (const label of ["First name", "Last name", "Suggested contact name", "Print as"]) {
    await by.type(dialog(page).getByLabel(label), `${id} name`);
  }
  await by.click(dialog(page).getByRole("button", { name: "Save" }));
  await dialog(page).waitFor({ state: "detached" });
  await by.choose(page.getByLabel("User type"), "business");
  await by.choose(page.getByLabel("Admin privileges"), "full");
  if (role) {
    await by.click(page.getByRole("group", { name: "Roles" }).getByRole("button", { name: "Add" }));
    await by.type(dialog(page).getByLabel("Name"), role);
    await by.type(dialog(page).getByLabel("Description"), `For ${id}`);
    await by.click(dialog(page).getByRole("button", { name: "Save" }));
    await dialog(page).waitFor({ state: "detached" });
  }
  await by.click(page.locator(".head").getByRole("button", { name: "Save" }));
  await by.click(dialog(page).getByRole("button", { name: "Create" }));
  await prove(by, company);
  await page.locator(".notice", { hasText: "Saved." }).first().waitFor();
}

/** Opens the subscriptions of a role from the list. */
async function openRole(by, role) {
  const { page } = by;
  await go(by, "Roles");
  await by.click(page.getByRole("link", { name: role, exact: true }));
  await by.click(page.getByRole("link", { name: "View subscriptions" }));
  await page.getByRole("heading", { name: "Roles subscriptions" }).waitFor();
}

/** The choices *All* of a module whose dialog opens now. */
async function opened(page, module) {
  await dialog(page).getByRole("heading", { name: `Permissions · ${module}` }).waitFor();
  return dialog(page).getByRole("radio", { name: "All" });
}

/** Full access on each module. */
async function giveAll(by) {
  const { page } = by;
  for (const module of MODULES) {
    await by.click(page.getByRole("button", { name: `Permissions: ${module}`, exact: true }));
    const parts = await opened(page, module);
    for (let at = 0; at < await parts.count(); at += 1) await by.check(parts.nth(at));
    await by.click(dialog(page).getByRole("button", { name: "Save" }));
    await dialog(page).waitFor({ state: "detached" });
  }
}

/** List and View on each of the thirteen activities. */
async function giveGranular(by) {
  const { page } = by;
  await by.click(page.getByRole("button", { name: "Permissions: Company", exact: true }));
  for (const activity of ACTIVITIES) {
    const row = dialog(page).getByRole("group", { name: activity, exact: true });
    await by.check(row.getByLabel("List", { exact: true }));
    await by.check(row.getByLabel("View", { exact: true }));
  }
  await by.click(dialog(page).getByRole("button", { name: "Save" }));
  await dialog(page).waitFor({ state: "detached" });
}

/** Saves the subscriptions, and gives what the preview said. */
async function save(by, company) {
  const { page } = by;
  await by.click(page.locator(".head").getByRole("button", { name: "Save" }));
  await dialog(page).getByRole("heading", { name: "Enter your own password" }).or(page.locator(".notice.fault")).first().waitFor();
  holds(await dialog(page).count(), `the page asks for the password: ${await page.locator(".notice").allTextContents()}`);
  const told = await dialog(page).locator(".dialog > p").allTextContents();
  await prove(by, company);
  await page.locator(".notice", { hasText: "The permissions are saved" }).waitFor();
  return told;
}

/** The permissions of a role or user over REST: `module.name` with rights. */
async function given(token, object, key, list) {
  const record = await rest(`/ia/api/v1/objects/company-config/${object}/${key}`, { token });
  const rows = record.json["ia::result"][list];
  return rows.map((row) => `${NAMES.get(row.permission.key)}: ${[...row.accessRights].sort().join(" ")}`).sort();
}

/** The key of a record by its id. */
async function keyOf(bearer, object, id) {
  const found = await rest("/ia/api/v1/services/core/query", { token: bearer, method: "POST",
    body: { object: `company-config/${object}`, fields: ["key", "id"], filters: [{ $eq: { id } }] } });
  return found.json["ia::result"][0].key;
}

/** Lets the client application act for a user, who then works over both doors with the mailed secret; gives her token. */
async function works(company, id, by = "ws_sync") {
  const made = await rest("/sidegate/v1/objects/sidegate/client-authorization", { token: await token(by, company), method: "POST",
    body: { clientApplication: { id: env.CLIENT_ID }, user: { id } } });
  same(made.status, 201, `authorization: ${made.text}`);
  const bearer = await token(id, company);
  const list = await rest("/ia/api/v1/services/core/query", { token: bearer, method: "POST", body: { object: "company-config/department", fields: ["id"] } });
  same(list.status, 200, "departments over REST");
  const secret = await mailedSecret(`${id}@example.org`);
  const answer = await xml(company, id, secret, "<function controlid='f'><readByQuery><object>DEPARTMENT</object><fields>DEPARTMENTID</fields><query></query></readByQuery></function>");
  holds(answer.includes("<status>success</status>") && !answer.includes("<status>failure</status>"), `departments over XML: ${answer.slice(0, 600)}`);
  return bearer;
}

module.exports = { ACTIVITIES, CATALOGUE, MODULES, addUser, counted, dialog, giveAll, giveGranular, given, go, keyOf, openRole, opened, prove, save, works };
