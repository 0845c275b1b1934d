// A Web Services user is added by the form, and comes in over REST and XML.
"use strict";
const { admin, base, check, end, holds, launch, mailedSecret, open, rest, same, signIn, verify, xml } = require("./browser.cjs");

(async () => {
  const browser = await launch();
  for (const script of [true, false]) {
    const word = script ? "with script" : "without script";
    const context = await browser.newContext({ javaScriptEnabled: script });
    const page = await context.newPage();
    await check(`a Web Services user is added ${word}`, async () => {
      const id = script ? "added_1" : "added_2";
      await signIn(page);
      if (script) await open(page, "Web Services users", true);
      else await page.goto(`${base}/web-services-users/add`);
      await page.getByLabel("User ID (required)").fill(id);
      await page.getByLabel("Account email address (required)").fill(`${id}@example.org`);
      await page.getByRole("button", { name: "Add: Contact name" }).click();
      const dialog = page.locator("dialog, main.as-page");
      await dialog.getByLabel("First name").fill("Nightly");
      await dialog.getByLabel("Last name").fill("Import");
      await dialog.getByLabel("Suggested contact name").fill(`${id} contact`);
      await dialog.getByRole("button", { name: "Save" }).click();
      await page.getByText(`${id} contact (new, saved with the user)`).waitFor({ state: "attached" });
      same(await page.getByLabel("User ID (required)").inputValue(), id, "what was typed before");
      await page.getByLabel("Admin privileges").selectOption("full");
      await page.locator(".head").getByRole("button", { name: "Save" }).click();
      await page.locator("dialog, main.as-page").getByRole("button", { name: "Create" }).click();
      await verify(page, admin("HARBOR"));
      await page.getByText("Saved.", { exact: false }).first().waitFor();
      const secret = await mailedSecret(`${id}@example.org`);
      const answer = await xml("HARBOR", id, secret, "<function controlid='f'><getAPISession/></function>");
      holds(answer.includes("<sessionid>"), `a session over XML: ${answer.slice(0, 400)}`);
    });
    await context.close();
  }
  await browser.close();
  end();
})();
