// What the tests of the console share: a browser, somebody who signs in, and PASS and FAIL lines.
"use strict";
const { chromium } = require("playwright-core");
const { spawnSync } = require("node:child_process");

const env = process.env;
const base = env.BASE_URL;
let failed = false;

/** A check that prints a line; what it throws is a failure, and the tests go on. */
async function check(name, act) {
  try {
    await act();
    console.log(`PASS console: ${name}`);
  } catch (error) {
    failed = true;
    console.log(`FAIL console: ${name} -- ${String(error.stack || error).split("\n").slice(0, 6).join(" | ")}`);
  }
}

function same(got, wanted, what = "value") {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: got ${a}, wanted ${b}`);
}

function holds(claim, what) {
  if (!claim) throw new Error(`not so: ${what}`);
}

/** A browser of its own; `options` are those of a Playwright context. */
async function launch() {
  return chromium.launch({
    executablePath: env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

/** The administrator's password of a demo company. */
function admin(company) {
  return company === "HARBOR" ? env.ADMIN_PASSWORD : env[`${company}_ADMIN_PASSWORD`];
}

/** Signs somebody in on a page. */
async function signIn(page, company = "HARBOR", user = "admin", password = admin(company)) {
  await page.goto(`${base}/`);
  await page.getByLabel("Company ID").fill(company);
  await page.getByLabel("User ID").fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("header.bar").waitFor();
}

/** Opens the menu and a page in it, as guides say: Applications > label. */
async function open(page, label, add = false) {
  await page.locator("#applications > summary").click();
  const item = page.locator("#applications li", { has: page.getByRole("link", { name: label, exact: true }) });
  await item.locator("a").nth(add ? 1 : 0).click();
  await page.waitForLoadState();
}

/** One's own password, and Verify. */
async function verify(page, password) {
  const dialog = page.locator("dialog, main.as-page");
  await dialog.getByLabel("Your password").fill(password);
  await dialog.getByRole("button", { name: "Verify" }).click();
}

/** A request of the REST API, with a token or without. */
async function rest(path, { token, method = "GET", body, form } = {}) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers["content-type"] = "application/json";
  if (form) headers["content-type"] = "application/x-www-form-urlencoded";
  const reply = await fetch(`${base}${path}`, {
    method, headers, body: form ? new URLSearchParams(form) : body && JSON.stringify(body),
  });
  const text = await reply.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* not every answer is JSON */ }
  return { status: reply.status, json, text };
}

/** An access token for a user of a company, by the demo client. */
async function token(user, company = "HARBOR") {
  const reply = await rest("/ia/api/v1/oauth2/token", {
    method: "POST",
    form: { grant_type: "client_credentials", client_id: env.CLIENT_ID, client_secret: env.CLIENT_SECRET, username: `${user}@${company}` },
  });
  if (!reply.json?.access_token) throw new Error(`no token for ${user}: ${reply.text.slice(0, 300)}`);
  return reply.json.access_token;
}

/** The text of an answer of the XML gateway to functions in the login of a user. */
async function xml(company, user, password, functions) {
  const text = (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const body = `<?xml version="1.0" encoding="UTF-8"?><request><control><senderid>${env.SENDER_ID}</senderid><password>${text(env.SENDER_PASSWORD)}</password><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><login><userid>${text(user)}</userid><companyid>${company}</companyid><password>${text(password)}</password></login></authentication><content>${functions}</content></operation></request>`;
  const reply = await fetch(`${base}/ia/xml/xmlgw.phtml`, { method: "POST", headers: { "content-type": "application/xml" }, body });
  return reply.text();
}

/** The newest mail to an address, once it is there; from the stand-in's mailbox. */
async function mail(to, has = "") {
  for (let tries = 0; tries < 100; tries++) {
    const reply = await rest("/sidegate/v1/demo/mails?size=200");
    const found = reply.json["ia::result"].find((m) => m.to === to && (m.body.includes(has) || m.subject.includes(has)));
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no mail to ${to} with ${has}`);
}

/** The generated secret in a mail. */
async function mailedSecret(to) {
  const found = (await mail(to, "sg1_")).body.match(/sg1_[A-Za-z0-9]+/);
  if (!found) throw new Error("the mail has no secret");
  return found[0];
}

/** Lets the demo client act for a user, by the company's form for authorized client applications. */
async function pair(page, user, company = "HARBOR") {
  await page.goto(`${base}/authorized-client-applications/add`);
  const pick = async (label, word) => {
    const field = page.locator("main").getByRole("combobox", { name: label });
    const options = await field.locator("option").allTextContents();
    await field.selectOption({ label: options.find((text) => text.includes(word)) });
  };
  await pick("Client application", env.CLIENT_ID.split(".")[0]);
  await pick("Web Services user", user);
  await page.locator(".head").getByRole("button", { name: "Save" }).click();
  const dialog = page.locator("dialog");
  const saved = page.getByText("Saved.", { exact: false }).first();
  await saved.or(dialog).first().waitFor();
  if (await dialog.count()) await verify(page, admin(company));
  await saved.waitFor();
}

/** Ends a test file with the code that its runner reads. */
function end() {
  process.exitCode = failed ? 1 : 0;
}

module.exports = { admin, base, check, end, env, holds, launch, mail, mailedSecret, open, pair, rest, same, signIn, spawnSync, token, verify, xml };
