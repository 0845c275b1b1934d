// Roles are copied, assigned, checked, and tried with nothing left of the trial.
"use strict";
const { base, check, end, holds, launch, rest, same, signIn, token } = require("./browser.cjs");
const { counted, dialog, given, go, keyOf, prove } = require("./guide.cjs");

(async () => {
  const browser = await launch();
  const page = await browser.newPage();
  page.setDefaultTimeout(15000);
  const by = counted(page);
  await signIn(page);
  const bearer = await token("ws_sync");
  const role = await rest("/ia/api/v1/objects/company-config/role", { token: bearer, method: "POST",
    body: { id: "Departments only", rolePermissionAssignments: [{ permission: { id: "101" }, accessRights: ["list", "view"] }] } });
  same(role.status, 201, role.text);
  const openIt = async (id) => {
    await go(by, "Roles");
    await page.getByRole("link", { name: id, exact: true }).click();
    await page.getByRole("link", { name: "View subscriptions" }).waitFor();
  };

  await check("a role is copied", async () => {
    await openIt("Departments only");
    await page.getByRole("link", { name: "Copy" }).click();
    await dialog(page).getByLabel("Name").fill("Departments, copied");
    await dialog(page).getByRole("button", { name: "Copy" }).click();
    await prove(by, "HARBOR");
    await page.locator(".notice", { hasText: "Saved." }).waitFor();
    const rows = await given(bearer, "role", await keyOf(bearer, "role", "Departments, copied"), "rolePermissionAssignments");
    same(rows, ["company.departments: list view"]);
  });

  await check("a role is assigned to a user from its own page", async () => {
    await openIt("Departments, copied");
    await page.getByRole("link", { name: "Assign" }).click();
    const pick = dialog(page).getByRole("group", { name: "Users", exact: true }).getByRole("combobox").last();
    await pick.selectOption({ label: await pick.locator("option", { hasText: "ws_bare" }).first().textContent() });
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await prove(by, "HARBOR");
    await page.locator(".notice", { hasText: "Saved." }).waitFor();
    holds((await page.locator("main").textContent()).includes("ws_bare"), "the role's page names her");
    const user = await rest(`/ia/api/v1/objects/company-config/user/${await keyOf(bearer, "user", "ws_bare")}`, { token: bearer });
    holds(user.json["ia::result"].roles.some((one) => one.id === "Departments, copied"), "and so does the user over REST");
  });

  await check("the least role of an integration is made from the check", async () => {
    await openIt("Departments only");
    await page.getByRole("link", { name: "Check against an integration" }).click();
    await page.getByLabel("Check against").selectOption({ label: "Codat (granular option)" });
    await page.getByRole("heading", { name: "Has and needs 2" }).waitFor();
    await page.getByRole("heading", { name: "Needs and lacks 24" }).waitFor();
    await page.getByRole("button", { name: "Make the least role" }).click();
    await dialog(page).getByLabel("Name").fill("Least of Codat");
    await dialog(page).getByRole("button", { name: "Make the role" }).click();
    await prove(by, "HARBOR");
    await page.locator(".notice", { hasText: "Saved." }).waitFor();
    const rows = await given(bearer, "role", await keyOf(bearer, "role", "Least of Codat"), "rolePermissionAssignments");
    same(rows.length, 13, "permissions");
  });

  await check("a permissions report is read, and kept as a file", async () => {
    const key = await keyOf(bearer, "user", "ws_bare");
    await page.goto(`${base}/web-services-users/${key}/permissions-report`);
    await page.getByText("granted by role Departments, copied").first().waitFor();
    for (const [word, start] of [["csv", "\ufeff\"Module\""], ["xlsx", "PK"], ["docx", "PK"], ["pdf", "%PDF"]]) {
      const reply = await page.request.get(`${base}/web-services-users/${key}/permissions-report?as=${word}`);
      same(reply.status(), 200, word);
      const text = (await reply.body()).toString("utf8");
      holds(text.startsWith(start), `${word} begins with ${start}: ${JSON.stringify(text.slice(0, 20))}`);
    }
  });

  await check("a role is tried, and nothing is left of it afterwards", async () => {
    const before = (await page.locator("#applications li a:first-child").allTextContents()).join();
    await openIt("Departments only");
    await page.getByRole("link", { name: "Try role" }).click();
    await page.getByRole("button", { name: "Try role" }).click();
    const band = page.locator(".band.trial");
    await band.waitFor();
    holds((await band.textContent()).includes("Departments only"), "the band names the role");
    const menu = await page.locator("#applications li a:first-child").allTextContents();
    holds(menu.includes("Departments") && !menu.includes("Roles") && !menu.includes("Web Services users"), `the menu is the role's: ${menu}`);
    const refused = await page.goto(`${base}/roles`);
    same(refused.status(), 403, "what the role may not see, by its address");
    await page.getByRole("button", { name: "Stop trying" }).click();
    await page.getByRole("heading", { name: "Roles", exact: true }).waitFor();
    same(await page.locator(".band.trial").count(), 0, "bands");
    same((await page.locator("#applications li a:first-child").allTextContents()).join(), before, "the menu");
    const role = await rest(`/ia/api/v1/objects/company-config/role/${await keyOf(bearer, "role", "Departments only")}`, { token: bearer });
    same(role.json["ia::result"].roleUsers, [], "users of the role");
  });
  await browser.close();
  end();
})();
