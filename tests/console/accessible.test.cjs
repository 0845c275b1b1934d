// No page breaks a rule of WCAG 2.2 A or AA that axe-core knows, in light, dark and on a phone; and the
// work can be done with the keyboard alone.
"use strict";
const fs = require("node:fs");
const { admin, base, check, end, holds, launch, mailedSecret, same, signIn, xml } = require("./browser.cjs");
const { ALIKE, OPEN, addresses } = require("./pages.cjs");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe finds on a page, as lines; whatever is folded is unfolded first. */
async function violations(page) {
  await page.evaluate(() => document.querySelectorAll("details.help").forEach((d) => (d.open = false)));
  const found = await page.evaluate(async ([source, rules]) => {
    const run = new Function(`${source}; return axe;`)();
    const result = await run.run(document, { runOnly: { type: "tag", values: rules } });
    return result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")} ${(n.any[0] || n.all[0] || n.none[0] || {}).message || ""}`).join("; ")}`);
  }, [axe, RULES]);
  return found;
}

(async () => {
  const browser = await launch();
  // axe is run inside of the page, which its policy forbids to everybody else.
  const kinds = [
    ["light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
    ["dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
    ["phone", { viewport: { width: 360, height: 740 }, colorScheme: "light" }],
  ];
  for (const [kind, options] of kinds) {
    const context = await browser.newContext({ ...options, bypassCSP: true });
    const page = await context.newPage();
    let pages = 0;
    const bad = [];
    const look = async (name, address) => {
      const reply = await page.goto(`${base}${address}`);
      if (reply.status() >= 400 && name !== "not-found") bad.push(`${name}: status ${reply.status()}`);
      pages += 1;
      for (const line of await violations(page)) bad.push(`${name}: ${line}`);
    };
    await check(`axe finds nothing on the pages of nobody (${kind})`, async () => {
      for (const [name, address] of OPEN) await look(name, address);
      same(bad, [], "violations");
    });
    bad.length = 0;
    await check(`axe finds nothing on the pages of an administrator (${kind})`, async () => {
      await signIn(page);
      for (const [name, address] of [...await addresses(page), ...ALIKE]) await look(name, address);
      // Dialogs, the menu and a form with errors.
      await page.goto(`${base}/web-services-users/add`);
      await page.getByRole("button", { name: "Add: Contact name" }).click();
      await page.locator("dialog[open]").waitFor();
      for (const line of await violations(page)) bad.push(`dialog: ${line}`);
      await page.keyboard.press("Escape");
      await page.locator(".head").getByRole("button", { name: "Save" }).click();
      await page.locator(".notice.fault").waitFor();
      for (const line of await violations(page)) bad.push(`errors: ${line}`);
      await page.goto(`${base}/overview`);
      await page.locator("#applications > summary").click();
      for (const line of await violations(page)) bad.push(`menu: ${line}`);
      pages += 3;
      same(bad, [], `violations on ${pages} pages`);
    });
    // On a phone nothing is wider than the page.
    if (kind === "phone") {
      await check("no page is wider than a phone", async () => {
        const wide = [];
        for (const [name, address] of await addresses(page)) {
          await page.goto(`${base}${address}`);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (over > 0) wide.push(`${name}: ${over} px`);
        }
        same(wide, [], "pages");
      });
    }
    await context.close();
  }

  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  // Presses Tab until something with this name has the focus.
  const tabTo = async (name, role) => {
    for (let tries = 0; tries < 200; tries++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        const label = e.labels && e.labels[0] ? e.labels[0].textContent : "";
        return { name: (e.getAttribute("aria-label") || label || e.textContent || "").trim(), tag: e.tagName.toLowerCase() };
      });
      if (at.name.startsWith(name) && (!role || at.tag === role)) return;
    }
    throw new Error(`Tab never reached ${name}`);
  };
  await check("signing in, adding a user and leaving works with the keyboard alone", async () => {
    await page.goto(`${base}/`);
    await page.locator("#company:focus").waitFor();
    await page.keyboard.type("HARBOR");
    await page.keyboard.press("Tab");
    await page.keyboard.type("admin");
    await page.keyboard.press("Tab");
    await page.keyboard.type(admin("HARBOR"));
    await page.keyboard.press("Enter");
    await page.locator("header.bar").waitFor();
    await tabTo("Applications", "summary");
    await page.keyboard.press("Enter");
    await tabTo("Add: Web Services user", "a");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/web-services-users/add");
    await tabTo("User ID", "input");
    await page.keyboard.type("keys_only");
    await tabTo("Account email address", "input");
    await page.keyboard.type("keys_only@example.org");
    await tabTo("Last (family) name", "input");
    await page.keyboard.type("Only");
    await tabTo("First name", "input");
    await page.keyboard.type("Keys");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").getByRole("button", { name: "Create" }).waitFor();
    holds(await page.evaluate(() => document.activeElement.closest("dialog") !== null), "the focus is in the dialog");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").getByLabel("Your password").waitFor();
    await page.keyboard.type(admin("HARBOR"));
    await page.keyboard.press("Enter");
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    const secret = await mailedSecret("keys_only@example.org");
    const answer = await xml("HARBOR", "keys_only", secret, "<function controlid='f'><getAPISession/></function>");
    holds(answer.includes("<sessionid>"), "the user comes in over XML");
  });
  await check("giving permissions works with the keyboard alone", async () => {
    await page.keyboard.press("Escape");
    await page.goto(`${base}/overview`);
    await page.keyboard.press("/");
    await page.keyboard.type("Integration read");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/roles/*");
    await tabTo("View subscriptions", "a");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/subscriptions");
    await tabTo("Permissions: Cash Management", "button");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor();
    for (let tries = 0; tries < 10; tries++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.type === "radio")) break;
    }
    for (let tries = 0; tries < 4; tries++) {
      await page.keyboard.press("ArrowRight");
      if (await page.evaluate(() => document.activeElement.checked && document.activeElement.value === "all")) break;
    }
    holds(await page.locator("dialog[open] input[type=checkbox]:not(:checked)").count() === 0
      || await page.locator("dialog[open] section").first().locator("input[type=checkbox]:not(:checked)").count() === 0, "All ticks every right of the section");
    await tabTo("Save", "button");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await page.getByText("unsaved", { exact: false }).first().waitFor();
    await tabTo("Save", "button");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").getByLabel("Your password").waitFor();
    await page.keyboard.type(admin("HARBOR"));
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await page.locator(".notice[role=status]").first().waitFor();
  });
  await check("exporting works with the keyboard alone", async () => {
    await page.goto(`${base}/roles`);
    await tabTo("Export", "summary");
    await page.keyboard.press("Enter");
    await tabTo("CSV", "button");
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    const file = await (await download).path();
    holds(fs.readFileSync(file, "utf8").includes("Integration read"), "the file has the roles");
  });
  await check("Escape closes a dialog and gives the focus back", async () => {
    await page.goto(`${base}/web-services-users/add`);
    await tabTo("Add: Contact name", "button");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    const name = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    same(name, "Add: Contact name", "focus");
  });
  await browser.close();
  end();
})();
