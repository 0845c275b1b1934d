// Codat's guide in a company with user-based permissions, and its page about checking.
"use strict";
const { check, end, holds, launch, rest, same, signIn, token } = require("./browser.cjs");
const { ACTIVITIES, MODULES, addUser, counted, dialog, giveAll, giveGranular, given, go, keyOf, save, works } = require("./guide.cjs");

const COMPANY = "QUAY";
const ADMIN = "ws_quay";

(async () => {
  const browser = await launch();
  const page = await browser.newPage();
  page.setDefaultTimeout(15000);
  const by = counted(page);
  await signIn(page, COMPANY);

  await check("Codat's guide, user-based: the subscriptions open after the first save", async () => {
    await addUser(by, COMPANY, "codat_quay");
    await page.getByRole("heading", { name: "User application subscriptions: codat_quay" }).waitFor();
    same(await page.getByRole("group", { name: "Roles" }).count(), 0, "there is no role table");
  });
  await check("Codat's guide, user-based: twelve modules get All", async () => {
    await giveAll(by);
    const told = await save(by, COMPANY);
    holds(told.some((line) => line.startsWith("codat_quay gains")), `the preview: ${told}`);
    await by.click(page.getByRole("button", { name: "Done" }));
    await page.getByRole("heading", { name: "Web Services users", exact: true }).waitFor();
    const bearer = await token(ADMIN, COMPANY);
    const rows = await given(bearer, "user", await keyOf(bearer, "user", "codat_quay"), "permissionAssignments");
    same(new Set(rows.map((row) => row.split(".")[0])).size, MODULES.length, `modules of ${rows.length} permissions`);
    await works(COMPANY, "codat_quay", ADMIN);
  });
  await check("Codat's guide, user-based: the granular option", async () => {
    await addUser(by, COMPANY, "codat_fine");
    await page.getByRole("heading", { name: "User application subscriptions: codat_fine" }).waitFor();
    await giveGranular(by);
    await save(by, COMPANY);
    const bearer = await token(ADMIN, COMPANY);
    const rows = await given(bearer, "user", await keyOf(bearer, "user", "codat_fine"), "permissionAssignments");
    same(rows.length, ACTIVITIES.length, "permissions");
    const hers = await works(COMPANY, "codat_fine", ADMIN);
    same((await rest("/ia/api/v1/objects/company-config/contact", { token: hers })).status, 403, "contacts, which nobody gave");
  });
  await check("Codat's guide, user-based: View permissions tells every right and where it comes from", async () => {
    await go(by, "Web Services users");
    await page.getByRole("link", { name: "codat_fine", exact: true }).click();
    await page.getByRole("link", { name: "View permissions" }).click();
    await page.getByRole("heading", { name: "View permissions: codat_fine" }).waitFor();
    const row = page.getByRole("row", { name: /Departments/ });
    holds((await row.textContent()).includes("List, View"), "departments are told");
    holds((await row.textContent()).includes("the user's own permissions"), "with their origin");
    await page.getByLabel("Filter").fill("exchange rate types");
    same(await page.locator("tr.report-row:visible").count(), 1, "rows that the filter leaves");
  });
  await check("Codat's guide, user-based: what is missing is added from the check", async () => {
    await addUser(by, COMPANY, "codat_check");
    await go(by, "Web Services users");
    await page.getByRole("link", { name: "codat_check", exact: true }).click();
    await page.getByRole("link", { name: "Check against an integration" }).click();
    await page.getByLabel("Check against").selectOption({ label: "Codat (granular option)" });
    await page.getByRole("heading", { name: "Needs and lacks 26" }).waitFor();
    await page.getByRole("button", { name: "Add what is missing" }).click();
    same(await page.locator(".head .unsaved").textContent(), "unsaved: 13", "permissions that wait to be saved");
    await save(by, COMPANY);
    const bearer = await token(ADMIN, COMPANY);
    const rows = await given(bearer, "user", await keyOf(bearer, "user", "codat_check"), "permissionAssignments");
    const fine = await given(bearer, "user", await keyOf(bearer, "user", "codat_fine"), "permissionAssignments");
    same(rows, fine, "the same as by hand");
    same(await dialog(page).count(), 0, "open dialogs");
  });
  await browser.close();
  end();
})();
