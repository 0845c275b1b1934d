// Codat's guide in a role-based company, step by step: full access, then the granular option.
"use strict";
const { base, check, end, holds, launch, rest, same, signIn, token } = require("./browser.cjs");
const { ACTIVITIES, CATALOGUE, MODULES, addUser, counted, dialog, giveAll, giveGranular, given, keyOf, openRole, opened, save, works } = require("./guide.cjs");

const rolesOf = (bearer, id) => keyOf(bearer, "role", id);

(async () => {
  const browser = await launch();
  const page = await browser.newPage();
  page.setDefaultTimeout(15000);
  const by = counted(page);
  const problems = [];
  page.on("console", (message) => { if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) problems.push(message.text()); });
  page.on("pageerror", (error) => problems.push(String(error)));
  await signIn(page);

  await check("Codat's guide: the user and its role are added", () => addUser(by, "HARBOR", "codat_full", { role: "Codat full" }));
  await check("Codat's guide: twelve modules get All, saved at once", async () => {
    await openRole(by, "Codat full");
    await giveAll(by);
    holds((await page.locator(".head .unsaved").textContent()).startsWith("unsaved: "), "what is not saved is marked");
    const before = await rest(`/ia/api/v1/objects/company-config/role/${await rolesOf(await token("ws_sync"), "Codat full")}`, { token: await token("ws_sync") });
    same(before.json["ia::result"].rolePermissionAssignments.length, 0, "nothing is stored before the page is saved");
    const told = await save(by, "HARBOR");
    holds(told.some((line) => line.includes("1 user gains")), `the preview says for how many: ${told}`);
    holds(told.some((line) => line.startsWith("codat_full gains")), `and for whom: ${told}`);
    await by.click(page.getByRole("button", { name: "Done" }));
    await page.getByRole("heading", { name: "Roles", exact: true }).waitFor();
    same(new URL(page.url()).pathname, "/roles", "Done leads to the list");
  });
  await check("Codat's guide: every right of the twelve modules is there", async () => {
    const bearer = await token("ws_sync");
    const key = await rolesOf(bearer, "Codat full");
    const rows = await given(bearer, "role", key, "rolePermissionAssignments");
    const modules = new Set(rows.map((row) => row.split(".")[0]));
    same(modules.size, MODULES.length, "modules");
    const wanted = CATALOGUE.filter(([, module, , , rights]) => modules.has(module) && rights)
      .map(([, module, name, , rights]) => `${module}.${name}: ${rights.split(" ").sort().join(" ")}`).sort();
    same(rows, wanted, "rights");
    await works("HARBOR", "codat_full");
  });
  await check("Codat's guide: checking a role reads every module", async () => {
    await openRole(by, "Codat full");
    for (const module of MODULES) {
      await page.getByRole("button", { name: `Permissions: ${module}`, exact: true }).click();
      const checked = await opened(page, module);
      for (let at = 0; at < await checked.count(); at += 1) holds(await checked.nth(at).isChecked(), `${module} is All`);
      await dialog(page).getByRole("button", { name: "Cancel" }).click();
      await dialog(page).waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "Done" }).click();
    await page.waitForURL("**/roles");
  });

  await check("Codat's guide: the granular option", async () => {
    await addUser(by, "HARBOR", "codat_fine", { role: "Codat granular" });
    await openRole(by, "Codat granular");
    await giveGranular(by);
    await save(by, "HARBOR");
    const bearer = await token("ws_sync");
    const rows = await given(bearer, "role", await rolesOf(bearer, "Codat granular"), "rolePermissionAssignments");
    same(rows.length, ACTIVITIES.length, "permissions");
    holds(rows.every((row) => row.startsWith("company.") && row.endsWith(": list view")), `rights: ${rows}`);
    const hers = await works("HARBOR", "codat_fine");
    const closed = await rest("/ia/api/v1/objects/company-config/contact", { token: hers });
    same(closed.status, 403, "contacts, which nobody gave");
  });

  await check("leaving with unsaved permissions asks first", async () => {
    await openRole(by, "Codat granular");
    await page.getByRole("button", { name: "Permissions: Taxes", exact: true }).click();
    await dialog(page).getByRole("radio", { name: "Read only" }).first().check();
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Done" }).click();
    await dialog(page).getByRole("heading", { name: "Leave without saving?" }).waitFor();
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
    holds(await page.locator(".head .unsaved").isVisible(), "the choices are still there");
    await page.getByRole("button", { name: "Done" }).click();
    await dialog(page).getByRole("button", { name: "Leave without saving" }).click();
    await page.waitForURL("**/roles");
  });

  await check("what a right needs is offered and not added by itself", async () => {
    await openRole(by, "Codat granular");
    await page.getByRole("button", { name: "Permissions: Company", exact: true }).click();
    const row = dialog(page).getByRole("group", { name: "Contacts", exact: true });
    await row.getByLabel("Edit", { exact: true }).check();
    holds(!(await row.getByLabel("List", { exact: true }).isChecked()), "List is not ticked by itself");
    holds(!(await dialog(page).getByRole("radio", { name: "All" }).first().isChecked()), "a mixed section has no choice");
    await row.getByRole("button", { name: /Needs List/ }).click();
    holds(await row.getByLabel("List", { exact: true }).isChecked(), "List is ticked by the button");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await dialog(page).waitFor({ state: "detached" });
    same(await page.locator(".head .unsaved").textContent(), "unsaved: 1");
  });

  await check("the guide's pages raise no error in the browser", async () => same(problems, []));

  await check("permissions are given without script", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await signIn(plain);
    const key = await rolesOf(await token("ws_sync"), "Codat granular");
    await plain.goto(`${base}/roles/${key}/subscriptions`);
    await plain.getByRole("button", { name: "Permissions: Taxes" }).click();
    await plain.getByRole("radio", { name: "Read only" }).first().check();
    await plain.getByRole("button", { name: "Save" }).click();
    await plain.getByRole("button", { name: "Permissions: Company" }).click();
    await plain.getByRole("group", { name: "Contacts", exact: true }).getByLabel("Edit", { exact: true }).check();
    await plain.getByRole("button", { name: "Save" }).click();
    await plain.getByText("does nothing useful without List").waitFor();
    await plain.getByRole("button", { name: "Add what they need" }).click();
    await plain.locator(".head").getByRole("button", { name: "Save" }).click();
    await plain.getByLabel("Your password").fill(process.env.ADMIN_PASSWORD);
    await plain.getByRole("button", { name: "Verify" }).click();
    await plain.getByText("The permissions are saved").waitFor();
    const bearer = await token("ws_sync");
    const rows = await given(bearer, "role", key, "rolePermissionAssignments");
    holds(rows.includes("company.contacts: edit list"), `contacts: ${rows}`);
    holds(rows.some((row) => row.startsWith("taxes.") && row.endsWith(": list view")), `taxes: ${rows}`);
    await context.close();
  });
  await browser.close();
  end();
})();
