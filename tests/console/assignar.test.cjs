// Assignar's guide: from the right entity, a Web Services user without a Username, with the help beside
// the addresses and the contact; the role comes afterwards.
"use strict";
const { admin, check, end, holds, launch, mailedSecret, open, pair, rest, same, signIn, token, verify, xml } = require("./browser.cjs");

const id = "AssignarIntegration";
const email = "assignar.integration@example.org";

(async () => {
  const browser = await launch();
  const page = await browser.newPage();
  const own = admin("HARBOR");
  const dialog = page.locator("dialog");
  let entity = "";

  await check("Assignar: sign in and be in the right entity", async () => {
    await signIn(page);
    const picker = page.getByLabel("Entity", { exact: true });
    entity = (await picker.locator("option").nth(1).getAttribute("value"));
    await picker.selectOption(entity);
    await page.waitForURL(/done=switched/);
    same(await page.getByLabel("Entity", { exact: true }).inputValue(), entity, "the entity at the top");
  });

  await check("Assignar: Applications > Company > Admin > Web Services users > Add", async () => {
    await open(page, "Web Services users");
    await page.locator(".head").getByRole("link", { name: "Add", exact: true }).click();
    await page.getByLabel("User ID").fill(id);
    await page.getByLabel("Username", { exact: true }).fill("");
  });

  await check("Assignar: the help beside Primary email address, Account email address and Contact name", async () => {
    const help = async (label, ...words) => {
      const box = page.locator("details.help", { has: page.locator(`summary[aria-label="Help: ${label}"]`) });
      await box.locator("summary").click();
      const text = await box.locator(".panel").innerText();
      for (const word of words) holds(text.includes(word), `${word} in the help of ${label}: ${text}`);
      await page.keyboard.press("Escape");
      holds(!await box.locator(".panel").isVisible(), "Escape closes the help");
    };
    await help("Account email address", "may differ");
    await help("Primary email address", "may differ");
    await help("Contact name", "Every user has a contact");
  });

  await check("Assignar: Status, User type, Admin privileges, contact, Save", async () => {
    await page.getByLabel("Account email address (required)").fill(email);
    await page.getByLabel("Status", { exact: true }).selectOption("Active");
    await page.getByLabel("User type").selectOption("Business");
    await page.getByLabel("Admin privileges").selectOption("Full");
    await page.getByRole("button", { name: "Add: Contact name" }).click();
    await dialog.getByLabel("First name").fill("Assignar");
    await dialog.getByLabel("Last name").fill("Integration");
    await dialog.getByLabel("Suggested contact name").fill("Assignar");
    await dialog.getByLabel("Primary email address").fill("support@assignar.example");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("Assignar (new, saved with the user)").waitFor({ state: "attached" });
    await page.locator(".head").getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("button", { name: "Create" }).click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
  });

  await check("Assignar: the user comes in over XML and REST, called like its contact", async () => {
    const secret = await mailedSecret(email);
    const answer = await xml("HARBOR", id, secret, "<function controlid='f'><getAPISession/></function>");
    holds(answer.includes("<sessionid>"), `a session over XML: ${answer.slice(0, 300)}`);
    await pair(page, id);
    const reply = await rest("/ia/api/v1/services/core/query", {
      token: await token(id), method: "POST",
      body: { object: "company-config/user", fields: ["id", "userName", "status", "entity.id"], filters: [{ $eq: { id } }] },
    });
    const [row] = reply.json["ia::result"];
    same([row.id, row.userName, row.status, row["entity.id"]], [id, "Assignar Integration", "active", entity], "the user over REST");
  });

  await check("Assignar: in the call, the integration role is made and given to the user", async () => {
    await open(page, "Web Services users");
    await page.getByRole("link", { name: id, exact: true }).click();
    await page.locator(".head").getByRole("link", { name: "Edit" }).click();
    await page.getByRole("group", { name: "Roles" }).getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByLabel("Name").fill("Assignar role");
    await dialog.getByLabel("Description").fill("What Assignar needs");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.locator(".head").getByRole("button", { name: "Save" }).click();
    await verify(page, own);
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    await page.getByRole("link", { name: "Assignar role", exact: false }).waitFor();
  });

  await browser.close();
  end();
})();
