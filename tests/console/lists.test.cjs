// Lists in both styles: filters, order, pages, columns, views, and what is done with several records.
"use strict";
const { admin, base, check, end, holds, launch, mailedSecret, rest, same, signIn, token, verify } = require("./browser.cjs");

const objects = "/ia/api/v1/objects/company-config";

/** The first column of the list, top to bottom. */
const names = (page, column = 2) => page.locator(`table.cards tbody tr td:nth-child(${column})`).allInnerTexts();
const removal = (page, label) => page.getByRole("link", { name: `Remove the ${label} filter`, exact: true });

async function filter(page, field, test, value) {
  await page.locator("#filters > summary").click();
  await page.getByLabel("Field", { exact: true }).selectOption({ label: field });
  await page.getByLabel("Test", { exact: true }).selectOption({ label: test });
  const box = page.getByLabel("Value", { exact: true });
  if ((await box.evaluate((at) => at.tagName)) === "SELECT") await box.selectOption({ label: value });
  else await box.fill(value);
  await page.getByRole("button", { name: "Add the filter" }).click();
  await page.waitForLoadState();
}

(async () => {
  const browser = await launch();
  const access = await token("ws_sync");
  const say = async (path, body, method = "POST") => {
    const reply = await rest(`${objects}${path}`, { token: access, method, body });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text.slice(0, 400)}`);
    return reply.json && reply.json["ia::result"];
  };
  for (let number = 1; number <= 60; number++) {
    await say("/department", { id: `L${String(number).padStart(3, "0")}`, name: number % 2 ? `Odd ${number}` : `Even ${number}`, status: number % 3 ? "active" : "inactive" });
  }

  for (const script of [true, false]) {
    const word = script ? "with script" : "without script";
    const context = await browser.newContext({ javaScriptEnabled: script });
    const page = await context.newPage();
    await signIn(page);

    await check(`the enhanced list hides inactive ones until its Status filter is removed, ${word}`, async () => {
      await page.goto(`${base}/departments?q=L0`);
      await page.getByText("1 to 40 of 40").waitFor();
      await removal(page, "Status").click();
      await page.getByText("1 to 60 of 60").waitFor();
      await page.goto(`${base}/departments?q=L0`);
      await page.locator("#filters > summary").click();
      await page.locator("#filters").getByRole("link", { name: "Remove: Status is Active" }).click();
      await page.getByText("1 to 60 of 60").waitFor();
      same(await page.getByRole("link", { name: "Edit L001" }).count(), 0, "links on the row");
    });

    await check(`View, Edit and Delete stand under More actions, ${word}`, async () => {
      await page.goto(`${base}/departments?q=L001`);
      await page.locator("summary[aria-label='More actions for L001']").click();
      same(await page.locator("details.row-menu[open] a").allInnerTexts(), ["View", "Edit", "Delete"], "actions");
      await page.locator("details.row-menu[open]").getByRole("link", { name: "View" }).click();
      await page.getByRole("heading", { name: "L001" }).waitFor();
    });

    await check(`the classic list has its links on the row and keeps Include inactive, ${word}`, async () => {
      await page.goto(`${base}/departments`);
      await page.getByRole("button", { name: "Classic list" }).click();
      await page.getByRole("button", { name: "Enhanced list" }).waitFor();
      await page.goto(`${base}/departments?q=L0`);
      await page.getByText("1 to 40 of 40").waitFor();
      const box = page.getByLabel("Include inactive");
      holds(!(await box.isChecked()), "the box is clear at first");
      same(await page.locator("table.cards tbody tr").first().locator("td").last().locator("a").allInnerTexts(), ["Edit", "View", "Delete"], "links");
      const turn = async () => {
        if (script) await box.click();
        else { await box.click(); await page.getByRole("button", { name: "Show" }).first().click(); }
      };
      await turn();
      await page.getByText("1 to 60 of 60").waitFor();
      await page.goto(`${base}/overview`);
      await page.goto(`${base}/departments?q=L0`);
      await page.getByText("1 to 60 of 60").waitFor();
      holds(await page.getByLabel("Include inactive").isChecked(), "the box stays ticked");
      await page.goto(`${base}/locations`);
      holds(!(await page.getByLabel("Include inactive").isChecked()), "the box of another list is its own");
      await page.goto(`${base}/departments?q=L0`);
      await turn();
      await page.getByText("1 to 40 of 40").waitFor();
      await page.getByRole("link", { name: "Delete L001" }).click();
      await page.locator("dialog, main.as-page").getByRole("button", { name: "OK" }).waitFor();
      await page.goto(`${base}/departments`);
      await page.getByRole("button", { name: "Enhanced list" }).click();
      await page.getByRole("button", { name: "Classic list" }).waitFor();
    });

    await check(`filters hold all or any, and change and go, ${word}`, async () => {
      await page.goto(`${base}/departments?view=all&q=L0`);
      await filter(page, "Name", "begins with", "Odd");
      await page.getByText("1 to 30 of 30").waitFor();
      await filter(page, "Status", "is", script ? "Inactive" : "inactive");
      await page.getByText("1 to 10 of 10").waitFor();
      await page.getByRole("link", { name: "Match all" }).click();
      await page.getByText("1 to 40 of 40").waitFor();
      await page.getByRole("link", { name: "Match any" }).click();
      await page.locator(".chip").getByRole("link", { name: "Name begins with Odd" }).click();
      same(await page.getByLabel("Value", { exact: true }).inputValue(), "Odd", "the value that is changed");
      await page.getByLabel("Value", { exact: true }).fill("Even");
      await page.getByRole("button", { name: "Change the filter" }).click();
      await page.getByText("1 to 10 of 10").waitFor();
      same(await page.locator(".chip > a:first-child").allInnerTexts(), ["Status is Inactive", "Name begins with Even"], "filters");
      await removal(page, "Name").click();
      await page.getByText("1 to 20 of 20").waitFor();
    });

    await check(`a filter that does not fit is told above the list and kept, ${word}`, async () => {
      await page.goto(`${base}/departments?f=${encodeURIComponent("audit.createdDateTime~gt~soon")}`);
      await page.getByText("The filter “Created is more than soon”: the value must be a day written as MM/DD/YYYY").waitFor();
      same(await page.locator(".chip").count(), 1, "filters");
      await page.locator(".chip a").nth(1).click();
      same(await page.getByRole("alert").count(), 0, "alerts");
      await page.goto(`${base}/departments?f=${encodeURIComponent("name~resembles~x")}`);
      await page.getByText("This list cannot test Name resembles x; remove that filter").waitFor();
      same(await page.locator("table.cards").count(), 0, "tables");
    });

    await check(`order and pages, ${word}`, async () => {
      await page.goto(`${base}/departments?view=all&q=L0`);
      await page.locator("thead").getByRole("link", { name: "Department ID" }).click();
      await page.locator("th[aria-sort=descending]").waitFor();
      same((await names(page))[0], "L060", "the first row");
      await page.getByLabel("Rows on a page").selectOption("50");
      if (!script) await page.locator(".foot").getByRole("button", { name: "Show" }).click();
      await page.getByText("1 to 50 of 60").waitFor();
      await page.getByRole("link", { name: "Next page" }).click();
      await page.getByText("51 to 60 of 60").waitFor();
      same(await names(page), ["L010", "L009", "L008", "L007", "L006", "L005", "L004", "L003", "L002", "L001"], "the last page");
      await page.getByRole("link", { name: "Previous page" }).click();
      await page.getByText("1 to 50 of 60").waitFor();
    });

    await check(`columns are chosen, ordered, frozen and reset, ${word}`, async () => {
      await page.goto(`${base}/departments`);
      const heads = () => page.locator("thead th a").allInnerTexts();
      const before = (await heads()).map((text) => text.trim().replace(/ [▴▾]$/, ""));
      await page.getByRole("button", { name: "Columns" }).click();
      const dialog = page.locator("dialog, main.as-page");
      await dialog.getByRole("button", { name: "Move Name up" }).click();
      if (script) await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") !== "Move Name up");
      await dialog.getByLabel("Status", { exact: true }).uncheck();
      await dialog.getByLabel("Keep the first column in place").check();
      await dialog.getByRole("button", { name: "Use these columns" }).last().click();
      await page.locator(".sheet.frozen").waitFor();
      const after = (await heads()).map((text) => text.trim().replace(/ [▴▾]$/, ""));
      same(after.slice(0, 2), ["Name", "Department ID"], "the first columns");
      holds(!after.includes("Status"), "Status is gone");
      await page.goto(`${base}/overview`);
      await page.goto(`${base}/departments`);
      same((await heads()).map((text) => text.trim().replace(/ [▴▾]$/, "")), after, "columns later");
      await page.getByRole("button", { name: "Columns" }).click();
      await dialog.getByRole("button", { name: "As declared" }).click();
      await page.locator(".sheet:not(.frozen)").waitFor();
      same((await heads()).map((text) => text.trim().replace(/ [▴▾]$/, "")), before, "columns as declared");
    });

    await check(`several records are inactivated at once, ${word}`, async () => {
      await page.goto(`${base}/departments?q=L00&sort=id`);
      await page.getByLabel("Select L001").check();
      await page.getByLabel("Select L002").check();
      await page.getByRole("button", { name: "Inactivate" }).click();
      await page.locator("dialog, main.as-page").getByRole("button", { name: "Inactivate" }).click();
      await page.getByText("2 departments are inactive now.").waitFor();
      await page.getByRole("link", { name: "Back to the list" }).click();
      same(await names(page), ["L004", "L005", "L007", "L008"], "who is left");
      await page.goto(`${base}/departments?view=all&q=L00&sort=id`);
      await page.getByLabel("Select L001").check();
      await page.getByLabel("Select L002").check();
      await page.getByRole("button", { name: "Activate", exact: true }).click();
      await page.locator("dialog, main.as-page").getByRole("button", { name: "Activate" }).click();
      await page.getByText("2 departments are active now.").waitFor();
    });
    await context.close();
  }

  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page);

  await check("users are inactivated after one's own password, and a record that is gone is named", async () => {
    const keys = {};
    for (const id of ["bulk_a", "bulk_b", "bulk_c"]) {
      keys[id] = (await say("/user", {
        id, userName: id, accountEmail: `${id}@example.org`, userType: "business", status: "active",
        contact: { id: `${id} contact`, printAs: id, firstName: "Bulk", lastName: id },
      })).key;
    }
    await page.goto(`${base}/users`);
    for (const id of ["bulk_a", "bulk_b", "bulk_c"]) await page.getByLabel(`Select ${id}`, { exact: true }).check();
    await page.getByText("3 selected").waitFor();
    await say(`/user/${keys.bulk_c}`, undefined, "DELETE");
    await page.getByRole("button", { name: "Inactivate" }).click();
    await verify(page, admin("HARBOR"));
    await page.getByText("2 users are inactive now; 1 could not be changed").waitFor();
    same(await page.locator("td .state").allInnerTexts(), ["Changed", "Changed", "Refused"], "what became of each");
    holds((await page.locator("tbody tr").nth(2).innerText()).includes("There is no"), "the reason");
    const found = await rest("/ia/api/v1/services/core/query", { token: access, method: "POST",
      body: { object: "company-config/user", fields: ["id", "status"], filters: [{ $startsWith: { id: "bulk_" } }], orderBy: [{ id: "asc" }] } });
    same(found.json["ia::result"].map((user) => user.status), ["inactive", "inactive"], "over REST");
  });

  await check("a view is kept, shared, used by another user and over REST", async () => {
    await page.goto(`${base}/departments?view=all`);
    await filter(page, "Name", "begins with", "Odd");
    await page.locator("thead").getByRole("link", { name: "Department ID" }).click();
    await page.locator("#views > summary").click();
    await page.getByRole("button", { name: "Save as…" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByLabel("Name").fill("Odd ones");
    await dialog.getByLabel("Share it with everybody in the company").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.locator("#views > summary", { hasText: "View: Odd ones" }).waitFor();
    const shown = await names(page);
    same(shown.length, 30, "rows of the view");
    same(shown[0], "L059", "its first row");
    const key = new URL(page.url()).searchParams.get("view");
    const run = await rest("/ia/api/v1/services/core/view", { token: access, method: "POST", body: { key, viewType: "user" } });
    same(run.json["ia::result"].map((row) => row.id), shown, "the rows over REST");

    await say("/user", {
      id: "viewer", userName: "viewer", accountEmail: "viewer@example.org", userType: "business", status: "active",
      roles: [{ id: "All access" }],
      contact: { id: "viewer contact", printAs: "viewer", firstName: "View", lastName: "Er" },
    });
    const secret = await mailedSecret("viewer@example.org");
    const other = await browser.newContext();
    const hers = await other.newPage();
    await signIn(hers, "HARBOR", "viewer", secret);
    await hers.goto(`${base}/departments`);
    await hers.locator("#views > summary").click();
    await hers.getByRole("link", { name: "Odd ones" }).click();
    await hers.getByText("1 to 30 of 30").waitFor();
    same(await names(hers), shown, "her rows");
    await hers.locator("#views > summary").click();
    same(await hers.getByRole("button", { name: "Delete view…" }).count(), 0, "ways to delete the view of another user");
    await other.close();
  });

  await check("a view of one of two lists of users says over REST what the list shows", async () => {
    const one = encodeURIComponent("userName~contains~sync");
    const two = encodeURIComponent("id~eq~ws_read");
    await page.goto(`${base}/web-services-users?f=${one}&f=${two}&any=1`);
    const shown = await names(page);
    same(shown, ["ws_entity", "ws_read", "ws_sync"], "the list");
    await page.locator("#views > summary").click();
    await page.getByRole("button", { name: "Save as…" }).click();
    await page.locator("dialog").getByLabel("Name").fill("Sync or reader");
    await page.locator("dialog").getByLabel("Share it with everybody in the company").check();
    await page.locator("dialog").getByRole("button", { name: "Save" }).click();
    await page.locator("#views > summary", { hasText: "View: Sync or reader" }).waitFor();
    same(await names(page), shown, "the view");
    same(await page.locator(".chip > a:first-child").allInnerTexts(), ["Username contains sync", "User ID is ws_read"], "its filters");
    holds(await page.getByRole("link", { name: "Match any" }).count() === 1, "one filter is enough");
    const key = new URL(page.url()).searchParams.get("view");
    const run = await rest("/ia/api/v1/services/core/view", { token: access, method: "POST", body: { key, viewType: "user" } });
    same(run.json["ia::result"].map((row) => row.id), shown, "the rows over REST");
    await page.goto(`${base}/users`);
    await page.locator("#views > summary").click();
    same(await page.getByRole("link", { name: "Sync or reader" }).count(), 0, "the view in the other list");
  });

  await check("a view is renamed, kept to oneself, saved anew and deleted", async () => {
    await page.goto(`${base}/departments`);
    await page.locator("#views > summary").click();
    await page.getByRole("link", { name: "Odd ones" }).click();
    await page.locator("#views > summary", { hasText: "Odd ones" }).click();
    await page.getByRole("button", { name: "Rename or share…" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByLabel("Name").fill("Odd and mine");
    await dialog.getByLabel("Share it with everybody in the company").uncheck();
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.locator("#views > summary", { hasText: "View: Odd and mine" }).waitFor();
    await filter(page, "Status", "is", "Inactive");
    await page.getByText("1 to 10 of 10").waitFor();
    await page.locator("#views > summary").click();
    await page.locator("#views").getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("1 to 10 of 10").waitFor();
    await page.goto(`${base}/departments?view=${new URL(page.url()).searchParams.get("view")}`);
    await page.getByText("1 to 10 of 10").waitFor();
    await page.locator("#views > summary").click();
    await page.getByRole("button", { name: "Delete view…" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("Deleted.").waitFor();
    await page.locator("#views > summary").click();
    same(await page.getByRole("link", { name: "Odd and mine" }).count(), 0, "the view");
  });

  await check("days are typed, shown and exported in the reader's own form", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const [year, month, day] = today.split("-");
    await page.goto(`${base}/departments?view=all&q=L00&columns=id,audit.createdDateTime`);
    await filter(page, "Created", "is at least", `${month}/${day}/${year}`);
    same(await page.locator(".chip > a:first-child").allInnerTexts(), [`Created is at least ${month}/${day}/${year}`], "filters");
    await page.getByText("1 to 9 of 9").waitFor();
    holds(new URL(page.url()).searchParams.get("fv") === `${month}/${day}/${year}`, "the address says what was typed");
    holds((await names(page, 3))[0].startsWith(`${month}/${day}/${year} `), "the moment in a row");
    await page.locator(".chip").getByRole("link").nth(1).click();
    await filter(page, "Created", "is less than", "01/31/2020");
    await page.getByText("Nothing that meets these filters contains").waitFor();
  });

  await check("Go to finds pages, users and roles, and goes where only one is", async () => {
    const find = page.getByRole("searchbox", { name: "Go to a page, user or role" });
    await find.fill("web services us");
    await find.press("Enter");
    await page.waitForURL("**/web-services-users");
    await find.fill("bulk_");
    await find.press("Enter");
    await page.getByRole("heading", { name: "Go to" }).waitFor();
    same(await page.locator("main section h2").allInnerTexts(), ["Users", "Contacts"], "what is called so");
    await find.fill("BULK_A");
    await find.press("Enter");
    await page.getByRole("heading", { name: "bulk_a", exact: true }).waitFor();
    await page.goto(`${base}/go?q=nothingiscalledso`);
    await page.getByText("Nothing that you may see is called so.").waitFor();
  });

  await browser.close();
  end();
})();
