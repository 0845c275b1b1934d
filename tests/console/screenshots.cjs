// Pictures of every page, light and dark, wide and on a phone:
//
//   tests/console/run target/debug/sidegate tests/console/screenshots.cjs
//
// They go to docs/console, in place of those that are there.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { base, check, end, holds, launch, signIn } = require("./browser.cjs");
const { DIALOGS, OPEN, addresses } = require("./pages.cjs");

const MOST_BYTES = 100 * 1024;
const folder = path.join(__dirname, "..", "..", "docs", "console");
const KINDS = [
  ["wide", { width: 1024, height: 600 }],
  ["phone", { width: 360, height: 720 }],
];

(async () => {
  for (const file of fs.readdirSync(folder)) if (file.endsWith(".png")) fs.rmSync(path.join(folder, file));
  const browser = await launch();
  let count = 0;
  const large = [];
  const bad = [];
  for (const [kind, viewport] of KINDS) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({ viewport, colorScheme });
      const page = await context.newPage();
      page.on("dialog", (dialog) => dialog.accept());
      const shoot = async (name) => {
        const file = path.join(folder, `${name}-${kind}-${colorScheme}.png`);
        await page.screenshot({ path: file, animations: "disabled", caret: "hide" });
        count += 1;
        if (fs.statSync(file).size > MOST_BYTES) large.push(path.basename(file));
      };
      for (const [name, address] of OPEN) {
        await page.goto(`${base}${address}`);
        await shoot(name);
      }
      await signIn(page);
      for (const [name, address] of await addresses(page)) {
        const reply = await page.goto(`${base}${address}`);
        if (reply.status() >= 400 && name !== "not-found") bad.push(`${name}: ${reply.status()}`);
        await shoot(name);
      }
      for (const [name, act] of DIALOGS) {
        await act(page);
        await shoot(name);
      }
      await context.close();
    }
  }
  await browser.close();
  await check(`${count} pictures, each of a page that answers`, async () => {
    holds(count >= 60, `at least 60 pictures, not ${count}`);
    holds(bad.length === 0, `no page fails: ${bad.join(", ")}`);
  });
  await check("no picture is larger than 100 KB", async () => holds(large.length === 0, large.join(", ")));
  end();
})();
