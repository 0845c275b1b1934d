// The help page on Web Services users, step by step in the enhanced style. Each part ends by using the
// user over REST and XML.
"use strict";
const { admin, base, check, end, holds, launch, mail, mailedSecret, open, pair, rest, same, signIn, token, verify, xml } = require("./browser.cjs");

const SESSION = "<function controlid='f'><getAPISession/></function>";
const SCREEN = "Web Services users";
const opens = async (id, secret) => (await xml("HARBOR", id, secret, SESSION)).includes("<sessionid>");

/** More actions > label in the row of a user; View, Edit and the like are also links of the record. */
async function act(page, id, label) {
  const row = page.getByRole("row", { name: new RegExp(id) });
  await row.locator("summary").click();
  await row.getByRole("link", { name: label, exact: true }).or(row.getByRole("button", { name: label, exact: true })).first().click();
}

/** A button at the top of the page. */
const top = (page, name) => page.locator(".head").getByRole("button", { name, exact: true }).or(page.locator(".head").getByRole("link", { name, exact: true }));
const dialog = (page) => page.locator("dialog");

/** The secret of a mail that came after another one. */
async function renewed(email, old) {
  for (let tries = 0; tries < 100; tries++) {
    const found = await mailedSecret(email);
    if (found !== old) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("no mail with another secret");
}

/** What REST says of a user. */
async function users(bearer, id) {
  const reply = await rest("/ia/api/v1/services/core/query", {
    token: bearer, method: "POST",
    body: { object: "company-config/user", fields: ["key", "id", "userName", "status"], filters: [{ $eq: { id } }] },
  });
  return reply.json["ia::result"];
}

(async () => {
  const browser = await launch();
  const page = await browser.newPage();
  const own = admin("HARBOR");
  let secret = "";
  const id = "help_page";
  const email = `${id}@example.org`;

  await check("help page: Add a Web Services user", async () => {
    await signIn(page);
    await open(page, SCREEN, true);
    await page.getByLabel("User ID").fill(id);
    await page.getByLabel("Username", { exact: true }).fill("Help page");
    await page.getByLabel("Account email address (required)").fill(email);
    same(await page.getByLabel("Status", { exact: true }).locator("option").allTextContents(), ["Active", "Locked out"], "a new user's statuses");
    await page.getByRole("button", { name: "Add: Contact name" }).click();
    await dialog(page).getByLabel("First name").fill("Help");
    await dialog(page).getByLabel("Last name").fill("Page");
    await dialog(page).getByLabel("Suggested contact name").fill("help page contact");
    await dialog(page).getByLabel("Primary email address").fill("person@example.org");
    await dialog(page).getByRole("button", { name: "Save" }).click();
    await page.getByText("help page contact (new, saved with the user)").waitFor({ state: "attached" });
    await page.getByText("The contact's primary email address is another one: person@example.org").waitFor();
    await page.getByLabel("User type").selectOption("Business");
    await page.getByLabel("Admin privileges").selectOption("Full");
    await top(page, "Save").click();
    await dialog(page).getByRole("button", { name: "Create" }).click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    secret = await mailedSecret(email);
    holds(await opens(id, secret), "the mailed password opens a session over XML");
    await pair(page, id);
    const [row] = await users(await token(id), id);
    same([row.id, row.userName, row.status], [id, "Help page", "active"], "the user over REST");
  });

  await check("help page: View a Web Services user", async () => {
    await open(page, SCREEN);
    await act(page, id, "View");
    await page.getByRole("heading", { name: id, level: 1 }).waitFor();
    const text = await page.locator("main").innerText();
    for (const word of ["User information", "Financials permissions", "User entities", "Help page", email, "Business", "full", "Activated"]) {
      holds(text.includes(word), `${word} on the page`);
    }
    for (const word of ["Permissions report", "Groups", "Preferences", "Credentials", "Sessions", "Reset password", "Inactivate", "Edit"]) {
      holds(await top(page, word).count() === 1, `the button ${word}`);
    }
    same(await top(page, "Delete").count(), 0, "Delete of a user who was active");
    await page.getByText("The contact's primary email address is person@example.org", { exact: false }).waitFor();
  });

  await check("help page: Edit a Web Services user", async () => {
    await open(page, SCREEN);
    await act(page, id, "Edit");
    same(await page.locator("input[name=id]").count(), 0, "inputs for the User ID");
    await page.getByLabel("Username", { exact: true }).fill("Help page, edited");
    await top(page, "Save").click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    const [row] = await users(await token(id), id);
    same(row.userName, "Help page, edited", "the name over REST");
    holds(await opens(id, secret), "the password still opens a session");
  });

  await check("help page: Inactivate a Web Services user", async () => {
    await open(page, SCREEN);
    await act(page, id, "Edit");
    await page.getByLabel("Status", { exact: true }).selectOption("Inactive");
    await top(page, "Save").click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    holds(!await opens(id, secret), "no session over XML for an inactive user");
    await open(page, SCREEN);
    same(await page.getByRole("row", { name: new RegExp(id) }).count(), 0, "rows of the inactive user");
  });

  await check("help page: Reactivate a Web Services user, found by removing the Status filter", async () => {
    await page.getByRole("link", { name: /Remove.*Status|Status.*remove/i }).first().click();
    await act(page, id, "Edit");
    await page.getByLabel("Status", { exact: true }).selectOption("Active");
    await top(page, "Save").click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    holds(await opens(id, secret), "a session over XML again");
    same((await users(await token(id), id))[0].status, "active", "the status over REST");
  });

  await check("Inactivate and Activate as buttons of the record", async () => {
    await top(page, "Inactivate").click();
    await dialog(page).getByLabel("Your password").fill("not hers");
    await dialog(page).getByRole("button", { name: "Verify" }).click();
    await dialog(page).getByText("That was not your own password", { exact: false }).first().waitFor();
    await verify(page, own);
    await top(page, "Activate").waitFor();
    holds(!await opens(id, secret), "no session while inactive");
    await top(page, "Activate").click();
    await verify(page, own);
    await top(page, "Inactivate").waitFor();
    holds(await opens(id, secret), "a session again");
  });

  await check("Reset password names what uses the user, and ends the old one", async () => {
    await xml("HARBOR", id, secret, "<function controlid='f'><readByQuery><object>USERINFO</object><fields>LOGINID</fields><query/></readByQuery></function>");
    // Uses are counted in memory and written every few seconds.
    let text = "";
    for (let tries = 0; tries < 20 && !text.includes(process.env.SENDER_ID); tries++) {
      await page.reload();
      await top(page, "Reset password").click();
      await dialog(page).getByLabel("Your password").waitFor();
      text = await dialog(page).innerText();
      if (!text.includes(process.env.SENDER_ID)) await page.waitForTimeout(1000);
    }
    holds(text.includes("Used in the last 30 days by"), `what uses the user: ${text}`);
    holds(text.includes(process.env.SENDER_ID), "the sender that used the user");
    await dialog(page).getByLabel("Your password").fill(own);
    await dialog(page).getByRole("button", { name: "Verify" }).click();
    await page.getByText("The password is reset.", { exact: false }).waitFor();
    const old = secret;
    secret = await renewed(email, old);
    holds(await opens(id, secret), "the new password opens");
    holds(!await opens(id, old), "the old one does not");
  });

  await check("Reset password with a time in which both work", async () => {
    await top(page, "Reset password").click();
    await dialog(page).getByLabel("Password until now").selectOption("Works beside the new one for a while");
    const at = (days) => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 16);
    await dialog(page).getByLabel("Until", { exact: true }).fill(at(40));
    await dialog(page).getByLabel("Your password").fill(own);
    await dialog(page).getByRole("button", { name: "Verify" }).click();
    await dialog(page).getByText("30 days", { exact: false }).first().waitFor();
    await dialog(page).locator(".notice.fault").waitFor();
    await dialog(page).getByLabel("Until", { exact: true }).fill(at(2));
    await dialog(page).getByLabel("Your password").fill(own);
    await dialog(page).getByRole("button", { name: "Verify" }).click();
    await page.getByText("The password is reset.", { exact: false }).waitFor();
    const old = secret;
    secret = await renewed(email, old);
    holds(await opens(id, secret) && await opens(id, old), "both passwords open");
  });

  await check("Credentials: End now", async () => {
    await top(page, "Credentials").click();
    const rows = page.getByRole("row", { name: /Active/ });
    same(await rows.count(), 2, "live credentials");
    // The newest comes first: this ends the older one.
    await rows.nth(1).getByRole("button", { name: /End now/ }).click();
    await verify(page, own);
    await page.getByText("Ended at once.").waitFor();
    holds(await opens(id, secret), "the newest password opens");
    same(await page.getByRole("row", { name: /Active/ }).count(), 1, "live credentials after that");
  });

  await check("Sessions: End now", async () => {
    const bearer = await token(id);
    same((await users(bearer, id)).length, 1, "a use of the token");
    await page.getByRole("link", { name: "Done" }).click();
    await top(page, "Sessions").click();
    const token_row = page.getByRole("region", { name: "Tokens" }).or(page.locator("section", { has: page.getByRole("heading", { name: "Tokens" }) })).first();
    await token_row.getByRole("button", { name: /End now/ }).first().click();
    await verify(page, own);
    await page.getByText("Ended at once.").waitFor();
    const reply = await rest("/ia/api/v1/objects/company-config/user", { token: bearer });
    same(reply.status, 401, "the status for the ended token");
  });

  await check("Groups: into one and out of it", async () => {
    const bearer = await token(id);
    const made = await rest("/ia/api/v1/objects/company-config/user-group", { token: bearer, method: "POST", body: { id: "Nightly", description: "Nightly imports" } });
    same(made.status, 201, `a group over REST: ${made.text.slice(0, 200)}`);
    await open(page, SCREEN);
    await page.getByRole("row", { name: new RegExp(id) }).getByRole("link", { name: "Groups" }).click();
    await page.getByLabel("User group", { exact: true }).selectOption({ label: "Nightly" });
    await page.getByRole("button", { name: "Add to the group" }).click();
    await verify(page, own);
    await page.getByRole("button", { name: "Remove: Nightly" }).click();
    await verify(page, own);
    await page.getByText("This user is in no group.").waitFor();
  });

  await check("Preferences for an administrator: the old address is told", async () => {
    await open(page, SCREEN);
    await page.getByRole("row", { name: new RegExp(id) }).getByRole("link", { name: "Preferences" }).click();
    await page.getByLabel("Account email address (required)").fill(`new_${email}`);
    await page.getByLabel("Time zone").selectOption("Europe/Berlin");
    await top(page, "Save").click();
    await verify(page, own);
    await page.getByText("Saved.").first().waitFor();
    await mail(email, "address");
    const found = await rest("/ia/api/v1/services/core/query", {
      token: await token(id), method: "POST",
      body: { object: "company-config/user", fields: ["accountEmail"], filters: [{ $eq: { id } }] },
    });
    same(found.json["ia::result"][0].accountEmail, `new_${email}`, "the address over REST");
  });

  await check("help page: Delete a Web Services user who never came in", async () => {
    await open(page, SCREEN, true);
    await page.getByLabel("User ID").fill("never_used");
    await page.getByLabel("Account email address (required)").fill("never@example.org");
    await page.getByLabel("First name").fill("Never");
    await page.getByLabel("Last (family) name").fill("Used");
    await top(page, "Save").click();
    await dialog(page).getByRole("button", { name: "Create" }).click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    await open(page, SCREEN);
    await act(page, "never_used", "Delete");
    await dialog(page).getByRole("button", { name: "Delete", exact: true }).click();
    await verify(page, own);
    await page.getByText("Deleted.").waitFor();
    same(await users(await token(id), "never_used"), [], "the user over REST");
  });

  await check("help page: Delete of a user who came in is refused in words", async () => {
    const [row] = await users(await token(id), id);
    await page.goto(`${base}/web-services-users/${row.key}/delete`);
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.locator(".notice.fault").getByText("signed in", { exact: false }).waitFor();
    same(await page.getByLabel("Your password").count(), 0, "questions for a password");
    holds(await opens(id, secret), "the user is still there");
  });

  await check("in the classic style the dialog of Delete says OK", async () => {
    const choose = async (style) => {
      await page.goto(`${base}/my-preferences`);
      await page.getByLabel("List style").selectOption(style);
      await top(page, "Save").click();
      await page.getByText("Saved.").first().waitFor();
    };
    await choose("Classic");
    const [row] = await users(await token(id), id);
    await page.goto(`${base}/web-services-users/${row.key}/delete`);
    await page.getByRole("button", { name: "OK", exact: true }).waitFor();
    same(await page.getByRole("button", { name: "Delete", exact: true }).count(), 0, "buttons called Delete");
    await choose("Enhanced");
  });

  await check("two administrators edit one user", async () => {
    const other = await (await browser.newContext()).newPage();
    await signIn(other);
    const [row] = await users(await token(id), id);
    for (const one of [page, other]) await one.goto(`${base}/web-services-users/${row.key}/edit`);
    await page.getByLabel("Username", { exact: true }).fill("First");
    await top(page, "Save").click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    await other.getByLabel("Username", { exact: true }).fill("Second");
    await other.locator(".head").getByRole("button", { name: "Save" }).click();
    await other.getByText("Somebody else saved this meanwhile: First.").waitFor();
    same(await other.getByLabel("Username", { exact: true }).inputValue(), "Second", "what was typed is still there");
    same((await users(await token(id), id))[0].userName, "First", "the name that was saved");
    await other.locator(".head").getByRole("button", { name: "Save" }).click();
    await verify(other, own);
    await other.getByText("Saved.", { exact: false }).first().waitFor();
    same((await users(await token(id), id))[0].userName, "Second", "the name after the second save");
    await other.context().close();
  });

  await check("a Web Services user gets the common sentence at the sign-in page", async () => {
    const words = [];
    for (const [user, password] of [[id, secret], ["nobody_at_all", "wrong password"]]) {
      const fresh = await (await browser.newContext()).newPage();
      await fresh.goto(`${base}/`);
      await fresh.getByLabel("Company ID").fill("HARBOR");
      await fresh.getByLabel("User ID").fill(user);
      await fresh.getByLabel("Password", { exact: true }).fill(password);
      await fresh.getByRole("button", { name: "Sign in" }).click();
      await fresh.locator(".notice.fault").waitFor();
      words.push(await fresh.locator(".notice.fault li").innerText());
      await fresh.context().close();
    }
    same(words[0], words[1], "what both are told");
  });

  await browser.close();
  end();
})();
