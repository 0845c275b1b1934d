// Connecting an integration takes at most half of what the guide takes, and comes to the same.
"use strict";
const { admin, base, check, end, env, holds, launch, mailedSecret, rest, same, token, xml } = require("./browser.cjs");
const { addUser, counted, dialog, giveGranular, given, go, keyOf, openRole, prove, save } = require("./guide.cjs");

/** Signs in by counted clicks. */
async function enter(by) {
  const { page } = by;
  await page.goto(`${base}/`);
  await by.type(page.getByLabel("Company ID"), "HARBOR");
  await by.type(page.getByLabel("User ID"), "admin");
  await by.type(page.getByLabel("Password", { exact: true }), admin("HARBOR"));
  await by.click(page.getByRole("button", { name: "Sign in" }));
  await page.locator("header.bar").waitFor();
}

/** What is there in the end, beside names. */
async function state(id) {
  const bearer = await token("ws_sync");
  const user = (await rest(`/ia/api/v1/objects/company-config/user/${await keyOf(bearer, "user", id)}`, { token: bearer })).json["ia::result"];
  const role = user.roles[0];
  return {
    userType: user.userType, admin: user.adminPrivileges, status: user.status, restricted: user.webServices.isRestricted,
    roles: user.roles.length, rights: await given(bearer, "role", role.key, "rolePermissionAssignments"),
    departments: (await rest("/ia/api/v1/objects/company-config/department", { token: await token(id) })).status,
    contacts: (await rest("/ia/api/v1/objects/company-config/contact", { token: await token(id) })).status,
  };
}

(async () => {
  const browser = await launch();
  const counts = {};
  let fast = "";

  await check("Codat's guide leads to a user who comes in", async () => {
    const context = await browser.newContext();
    const by = counted(await context.newPage());
    by.page.setDefaultTimeout(15000);
    await enter(by);
    await addUser(by, "HARBOR", "by_guide", { role: "By guide" });
    await openRole(by, "By guide");
    await giveGranular(by);
    await save(by, "HARBOR");
    await by.click(by.page.getByRole("button", { name: "Done" }));
    // The company lets the client application act for her.
    await go(by, "Authorized client applications", true);
    const client = by.page.locator("main").getByRole("combobox", { name: "Client application" });
    await by.choose(client, { label: await client.locator("option", { hasText: env.CLIENT_ID }).first().textContent() });
    const user = by.page.locator("main").getByRole("combobox", { name: "Web Services user" });
    await by.choose(user, { label: await user.locator("option", { hasText: "by_guide" }).first().textContent() });
    await by.click(by.page.locator(".head").getByRole("button", { name: "Save" }));
    await by.page.locator(".notice", { hasText: "Saved." }).waitFor();
    const secret = await mailedSecret("by_guide@example.org");
    holds((await xml("HARBOR", "by_guide", secret, "<function controlid='f'><getAPISession/></function>")).includes("<sessionid>"), "a session over XML");
    counts.guide = by.count;
    await context.close();
  });

  await check("Connect an integration makes all of it and tests every link", async () => {
    const context = await browser.newContext();
    const by = counted(await context.newPage());
    const { page } = by;
    page.setDefaultTimeout(15000);
    await enter(by);
    await go(by, "Connect an integration");
    await by.choose(page.getByLabel("Integration", { exact: true }), { label: "Codat (granular option)" });
    await page.getByRole("textbox", { name: "User ID" }).waitFor();
    fast = await page.getByRole("textbox", { name: "User ID" }).inputValue();
    holds(/^codat_[0-9a-f]{4}$/.test(fast), `a generated User ID: ${fast}`);
    await by.choose(page.getByLabel("Comes in through"), `client:${env.CLIENT_ID}`);
    await by.type(page.getByRole("textbox", { name: "Account email address" }), "fast@example.org");
    await by.click(page.getByRole("button", { name: "Save" }));
    await prove(by, "HARBOR");
    await page.getByRole("heading", { name: "Live test" }).waitFor();
    const lines = await page.locator("#live li .state").allTextContents();
    for (const part of ["Client application", "Company", "User", "Role and permissions", "Entity", "First read"]) {
      holds(lines.includes(`${part}: works`), `${part} works: ${lines}`);
    }
    same(await page.locator(".rail .state.failed, .rail .state.open").count(), 0, "steps that are not done");
    counts.connect = by.count;
    const secret = await mailedSecret("fast@example.org");
    holds((await xml("HARBOR", fast, secret, "<function controlid='f'><getAPISession/></function>")).includes("<sessionid>"), "a session over XML");
    await context.close();
  });

  await check("both ways come to the same over REST", async () => same(await state(fast), await state("by_guide"), "what is there"));
  const sum = (count) => count.clicks + count.typed;
  const told = ["guide", "connect"].map((way) => `${way} ${counts[way]?.clicks} clicks and ${counts[way]?.typed} fields`).join(", ");
  await check(`connecting takes at most half: ${told}`, async () => holds(sum(counts.connect) * 2 <= sum(counts.guide), told));

  await check("connecting works without script, and tells what is wrong", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const by = counted(await context.newPage());
    const { page } = by;
    await enter(by);
    await page.goto(`${base}/connect?integration=codat-granular`);
    await page.getByRole("textbox", { name: "Account email address" }).fill("plain@example.org");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Choose the sender or client application").first().waitFor();
    same(await page.getByRole("textbox", { name: "Account email address" }).inputValue(), "plain@example.org", "what was typed");
    await page.getByLabel("Comes in through").selectOption(`sender:${env.SENDER_ID}`);
    await page.getByRole("textbox", { name: "User ID" }).fill("plain_1");
    await page.getByRole("button", { name: "Save" }).click();
    await prove(by, "HARBOR");
    await page.getByRole("heading", { name: "Live test" }).waitFor();
    await page.getByLabel("The user's password").fill(await mailedSecret("plain@example.org"));
    await page.getByRole("button", { name: "Test again" }).click();
    const lines = await page.locator("#live li .state").allTextContents();
    holds(lines.includes("Password: works") && lines.includes("Sender: works"), `all of it works: ${lines}`);
    same(await dialog(page).count(), 0, "dialogs");
    await context.close();
  });
  await browser.close();
  end();
})();
