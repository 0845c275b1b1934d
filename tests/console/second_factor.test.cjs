// The second factor: set up with an app, asked for at the sign-in, recovery codes good once, trusted
// devices, own preferences. The codes are computed here as RFC 6238 says.
"use strict";
const { createHmac } = require("node:crypto");
const { admin, base, check, end, env, holds, launch, rest, same, signIn, token, verify } = require("./browser.cjs");

/** The code of a seed in base 32, so many half minutes from now. */
function code(seed, ahead = 0) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const letter of seed.replace(/[\s=]/g, "").toUpperCase()) bits += alphabet.indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
  const hash = createHmac("sha1", key).update(step).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, "0");
}

(async () => {
  const browser = await launch();
  const own = admin("HARBOR");
  let seed = "";
  let recovery = [];
  let step = 0;
  /** A code that was not used before: the server takes those of the half minutes around now. */
  const fresh = async () => {
    const now = () => Math.floor(Date.now() / 30000);
    while (step > 0 && step >= now() + 1) await new Promise((done) => setTimeout(done, 500));
    step = Math.max(step + 1, now());
    return code(seed, step - now());
  };
  const knock = async (page) => {
    await page.goto(`${base}/`);
    await page.getByLabel("Company ID").fill("HARBOR");
    await page.getByLabel("User ID").fill("admin");
    await page.getByLabel("Password", { exact: true }).fill(own);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  /** The recovery codes that a page shows, once it does. */
  const kept = async (page) => {
    const items = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await items.first().waitFor();
    return items.allInnerTexts();
  };
  const inside = (page) => page.locator("header.bar").waitFor();
  const page = await (await browser.newContext()).newPage();

  await check("My preferences: date format, time zone and theme act at once", async () => {
    await signIn(page);
    await page.locator("#me > summary").click();
    await page.getByRole("link", { name: "My preferences" }).click();
    await page.getByLabel("Date format").selectOption("DD.MM.YYYY");
    await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await page.getByLabel("Theme").selectOption("Dark");
    await page.locator(".head").getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").first().waitFor();
    same(await page.locator("html").getAttribute("data-theme"), "dark", "the theme");
    await page.goto(`${base}/users`);
    await page.getByRole("link", { name: "jlee", exact: true }).click();
    const text = await page.locator("main").innerText();
    holds(/\b\d\d\.\d\d\.\d{4} \d\d:\d\d\b/.test(text), "a moment in the chosen format");
    await page.goto(`${base}/my-preferences`);
    await page.getByLabel("Session time-out in minutes").fill("5");
    await page.locator(".head").getByRole("button", { name: "Save" }).click();
    await page.locator(".notice.fault").waitFor();
    same(await page.getByLabel("Session time-out in minutes").inputValue(), "5", "what was typed is still there");
    await page.goto(`${base}/my-preferences`, { timeout: 5000 }).catch(() => {});
  });

  await check("a second factor is set up after one's own password", async () => {
    page.on("dialog", (asked) => asked.accept());
    await page.goto(`${base}/my-preferences/security`);
    await page.locator(".head").getByRole("link", { name: "Set up" }).click();
    await verify(page, own);
    await page.getByRole("img", { name: /QR code/ }).waitFor();
    seed = await page.locator("#secret").innerText();
    await page.getByLabel("Code (required)").fill("000000");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.locator(".notice.fault").waitFor();
    same(await page.locator("#secret").innerText(), seed, "the seed stays after a wrong code");
    await page.getByLabel("Code (required)").fill(await fresh());
    await page.getByRole("button", { name: "Confirm" }).click();
    recovery = await kept(page);
    same(recovery.length, 10, "recovery codes");
    await page.getByRole("link", { name: "I have kept them" }).click();
    await page.getByText("10 left").waitFor();
    holds(!(await page.content()).includes(recovery[0]), "recovery codes are not shown again");
  });

  await check("the sign-in asks for a code, refuses a wrong one and one used before", async () => {
    const other = await (await browser.newContext()).newPage();
    await knock(other);
    await other.getByRole("heading", { name: "Your second factor" }).waitFor();
    await other.goto(`${base}/overview`);
    await other.getByRole("heading", { name: "Sign in to Sidegate" }).waitFor();
    await knock(other);
    await other.getByLabel("Code (required)").fill("123");
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.locator(".notice.fault").waitFor();
    const good = await fresh();
    await other.getByLabel("Code (required)").fill(good);
    await other.getByRole("button", { name: "Sign in" }).click();
    await inside(other);
    await other.context().clearCookies();
    await knock(other);
    await other.getByLabel("Code (required)").fill(good);
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.locator(".notice.fault").waitFor();
    await other.context().close();
  });

  await check("a recovery code opens once", async () => {
    const other = await (await browser.newContext()).newPage();
    await knock(other);
    await other.getByLabel("Code (required)").fill(recovery[0]);
    await other.getByRole("button", { name: "Sign in" }).click();
    await inside(other);
    await other.context().clearCookies();
    await knock(other);
    await other.getByLabel("Code (required)").fill(recovery[0]);
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.locator(".notice.fault").waitFor();
    await other.context().close();
  });

  await check("a trusted device is asked no more, until it is trusted no more", async () => {
    const context = await browser.newContext();
    const other = await context.newPage();
    await knock(other);
    await other.getByLabel("Code (required)").fill(recovery[1]);
    await other.getByLabel("Trust this device for 30 days").check();
    await other.getByRole("button", { name: "Sign in" }).click();
    await inside(other);
    await other.locator("#me > summary").click();
    await other.getByRole("button", { name: "Sign out", exact: true }).click();
    await other.getByText("You are signed out.").waitFor();
    await knock(other);
    await inside(other);
    await page.goto(`${base}/my-preferences/security`);
    await page.getByRole("button", { name: /^End now: Chrome on Linux/ }).click();
    await page.locator("dialog").getByLabel("Your code").fill(recovery[2]);
    await verify(page, own);
    await page.getByText("Saved.").first().waitFor();
    await other.locator("#me > summary").click();
    await other.getByRole("button", { name: "Sign out", exact: true }).click();
    await other.getByText("You are signed out.").waitFor();
    await knock(other);
    await other.getByRole("heading", { name: "Your second factor" }).waitFor();
    await context.close();
  });

  await check("new recovery codes replace those of before, and taking the factor away ends all", async () => {
    await page.goto(`${base}/my-preferences/security`);
    await page.getByRole("button", { name: "Make new ones: Recovery codes" }).click();
    await page.locator("dialog").getByLabel("Your code").fill(recovery[3]);
    await verify(page, own);
    const made = await kept(page);
    same(made.length, 10, "new recovery codes");
    await page.getByRole("link", { name: "I have kept them" }).click();
    await page.getByRole("button", { name: /^Take away/ }).click();
    await page.locator("dialog").getByLabel("Your code").fill(recovery[4]);
    await verify(page, own);
    await page.locator("dialog .notice.fault").waitFor();
    await page.locator("dialog").getByLabel("Your code").fill(made[0]);
    await verify(page, own);
    await page.getByText("You have none.", { exact: false }).waitFor();
    const other = await (await browser.newContext()).newPage();
    await knock(other);
    await inside(other);
    await other.context().close();
  });

  await check("where the company wants a second factor, it is set up before coming in", async () => {
    const setting = "/sidegate/v1/objects/sidegate/company-setting/setup";
    const bearer = await token(env.USER_ID);
    const said = await rest(setting, { token: bearer, method: "PATCH", body: { secondFactor: "allUsers" } });
    same(said.status, 200, `the company's setting: ${said.text.slice(0, 200)}`);
    const other = await (await browser.newContext()).newPage();
    await knock(other);
    await other.getByText("Your company wants a second factor").waitFor();
    await other.goto(`${base}/users`);
    await other.getByRole("heading", { name: "Sign in to Sidegate" }).waitFor();
    await other.goto(`${base}/second-factor/enrol`);
    seed = await other.locator("#secret").innerText();
    await other.getByLabel("Code (required)").fill(await fresh());
    await other.getByRole("button", { name: "Confirm" }).click();
    same((await kept(other)).length, 10, "recovery codes");
    await other.getByRole("link", { name: "I have kept them" }).click();
    await inside(other);
    await other.goto(`${base}/my-preferences/security`);
    same(await other.getByRole("button", { name: /^Take away/ }).count(), 0, "ways to take away what the company wants");
    await other.getByRole("button", { name: "Make new ones: Recovery codes" }).click();
    await other.locator("dialog").getByLabel("Your password").fill(own);
    await other.locator("dialog").getByLabel("Your code").fill(await fresh());
    await other.locator("dialog").getByRole("button", { name: "Verify" }).click();
    recovery = await kept(other);
    await rest(setting, { token: bearer, method: "PATCH", body: { secondFactor: "selectedUsers" } });
    await other.context().close();
  });

  await check("the own password changes, and every session ends", async () => {
    await page.goto(`${base}/my-preferences/password`);
    const next = "A rather long new passphrase 7!";
    const fill = async (again) => {
      await page.getByLabel("Your password").fill(own);
      await page.getByLabel("Your code").fill(recovery.pop());
      await page.getByLabel("New password").fill(next);
      await page.getByLabel("The same again").fill(again);
      await page.getByRole("button", { name: "Change" }).click();
    };
    await fill("another one");
    await page.locator(".notice.fault").waitFor();
    await fill(next);
    await page.getByText("Your new password holds from now on.", { exact: false }).waitFor();
    await page.getByLabel("Company ID").fill("HARBOR");
    await page.getByLabel("User ID").fill("admin");
    await page.getByLabel("Password", { exact: true }).fill(next);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Code (required)").fill(recovery.pop());
    await page.getByRole("button", { name: "Sign in" }).click();
    await inside(page);
  });

  await browser.close();
  end();
})();
