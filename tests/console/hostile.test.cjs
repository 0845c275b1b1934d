// What somebody tries who should not be here: foreign forms, kept session ids, closed addresses, markup.
"use strict";
const { admin, base, check, end, env, holds, launch, mailedSecret, same, signIn, rest, token, verify } = require("./browser.cjs");

const COMMON = "The company, the user or the password is not correct, or this user may not come in here";

/** A post of a form as a program sends it. */
async function post(path, form, headers = {}) {
  return fetch(`${base}${path}`, {
    method: "POST", redirect: "manual", body: new URLSearchParams(form),
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
}

function cookie(reply) {
  const set = reply.headers.getSetCookie().find((line) => line.startsWith("sidegate-session="));
  return set && set.split(";")[0];
}

async function enter(company = "HARBOR", user = "admin", password = admin(company), headers = {}) {
  return post("/", { company, user, password }, headers);
}

(async () => {
  await check("nobody learns why a sign-in was refused", async () => {
    const tries = [
      ["HARBOR", "admin", "wrong"], ["HARBOR", "nobody", "wrong"], ["NOWHERE", "admin", "wrong"],
      ["HARBOR", "ws_sync", env.USER_PASSWORD], ["HARBOR", "", ""], ["", "admin", admin("HARBOR")],
    ];
    for (const [company, user, password] of tries) {
      const reply = await enter(company, user, password);
      const page = await reply.text();
      same(reply.status, 401, `${company}/${user}`);
      holds(page.includes(COMMON), `the common sentence for ${company}/${user}`);
      same(cookie(reply), undefined, "cookie");
      holds(!page.includes("sg1_"), "no password in the page");
    }
  });
  await check("a session's cookie is closed to scripts and other sites, and new at each sign-in", async () => {
    const first = await enter();
    const line = first.headers.getSetCookie().find((l) => l.startsWith("sidegate-session="));
    for (const word of ["HttpOnly", "SameSite=Lax", "Path=/"]) holds(line.includes(word), `${word} in ${line}`);
    // A session id that somebody planted is not taken.
    const planted = await enter("HARBOR", "admin", admin("HARBOR"), { cookie: "sidegate-session=planted" });
    holds(cookie(planted) && cookie(planted) !== "sidegate-session=planted" && cookie(planted) !== cookie(first), "another id");
    const again = await fetch(`${base}/overview`, { headers: { cookie: "sidegate-session=planted" } });
    same(again.status, 401, "the planted id");
    // Signing out ends it, also for who kept the cookie.
    const kept = cookie(first);
    const page = await (await fetch(`${base}/overview`, { headers: { cookie: kept } })).text();
    const csrf = page.match(/name="csrf" value="([^"]+)"/)[1];
    same((await post("/session/leave", { csrf }, { cookie: kept })).status, 303, "leaving");
    same((await fetch(`${base}/overview`, { headers: { cookie: kept } })).status, 401, "the kept cookie");
  });
  await check("a form without the session's word, or of another site, changes nothing", async () => {
    const session = cookie(await enter());
    const form = { id: "csrf_dep", name: "x", go: "save" };
    same((await post("/departments/add", form, { cookie: session })).status, 403, "no word");
    same((await post("/departments/add", { ...form, csrf: "x".repeat(43) }, { cookie: session })).status, 403, "a wrong word");
    const page = await (await fetch(`${base}/overview`, { headers: { cookie: session } })).text();
    const csrf = page.match(/name="csrf" value="([^"]+)"/)[1];
    const foreign = [{ origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }];
    for (const headers of foreign) {
      same((await post("/departments/add", { ...form, csrf }, { cookie: session, ...headers })).status, 403, JSON.stringify(headers));
      same((await enter("HARBOR", "admin", admin("HARBOR"), headers)).status, 403, `signing in from ${JSON.stringify(headers)}`);
    }
    const other = cookie(await enter("QUAY"));
    same((await post("/departments/add", { ...form, csrf }, { cookie: other })).status, 403, "the word of another session");
    const bearer = await token("ws_sync");
    const rows = await rest("/ia/api/v1/services/core/query", { method: "POST", token: bearer, body: { object: "company-config/department", fields: ["id"], filters: [{ $eq: { id: "csrf_dep" } }] } });
    same(rows.json["ia::meta"]?.totalCount, 0, `departments made, ${rows.text.slice(0, 300)}`);
    same((await post("/departments/add", { ...form, csrf }, { cookie: session })).status, 303, "her own form");
  });
  await check("every answer forbids frames, foreign scripts and keeping", async () => {
    const session = cookie(await enter());
    for (const path of ["/", "/overview", "/users", "/users/1", "/users/1/edit", "/users/999999", "/forgotten"]) {
      const reply = await fetch(`${base}${path}`, { headers: { cookie: session }, redirect: "manual" });
      const policy = reply.headers.get("content-security-policy") || "";
      for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) holds(policy.includes(part), `${part} at ${path}`);
      same(reply.headers.get("x-frame-options"), "DENY", path);
      same(reply.headers.get("cache-control"), "no-store", path);
      same(reply.headers.get("x-content-type-options"), "nosniff", path);
      holds(!/<[^>]+ (on\w+|style)=/i.test(await reply.text()), `no inline script or style at ${path}`);
    }
  });
  await check("an address leads nowhere outside after signing in", async () => {
    for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      const reply = await post("/", { company: "HARBOR", user: "admin", password: admin("HARBOR"), next });
      same(reply.headers.get("location"), "/overview", next);
    }
  });

  const browser = await launch();
  const context = await browser.newContext();
  const page = await context.newPage();
  let alarmed = 0;
  // Leaving a form that was typed into asks; that is no script of a stranger.
  page.on("dialog", async (dialog) => { if (dialog.type() !== "beforeunload") alarmed += 1; await dialog.accept(); });
  const marks = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onfocus='alert(1)' autofocus='", "\u202Edrowssap\u202C", "{{7*7}}</textarea><b>"];
  await check("markup in every field of a record stays text in list, view, form and trail", async () => {
    await signIn(page);
    for (const [at, mark] of marks.entries()) {
      await page.goto(`${base}/contacts/add`);
      for (const input of await page.locator("main input[type=text], main textarea").all()) {
        const most = Number(await input.getAttribute("maxlength")) || 200;
        if (await input.isEditable()) await input.fill(mark.slice(0, most));
      }
      await page.getByLabel("Contact name").fill(`M${at} ${mark}`.slice(0, 60));
      await page.locator(".head").getByRole("button", { name: "Save" }).click();
      await page.locator(".notice").first().waitFor();
      holds(await page.locator("main img, main b, main script").count() === 0, `nothing of ${mark} became markup`);
      const wrong = await page.locator(".notice.fault li").allTextContents();
      if (wrong.length) {
        // What a rule refuses is told as text, and the rest of the marks is kept in the form.
        holds(await page.locator("main img, main b").count() === 0, "told as text");
        continue;
      }
      await page.goto(`${base}/contacts?f=&q=M${at}`);
      holds(await page.locator("main img, main b").count() === 0, "the list");
    }
    same(alarmed, 0, "scripts that ran");
  });
  await check("markup in addresses stays text", async () => {
    for (const mark of marks) {
      const said = encodeURIComponent(mark);
      for (const path of [`/users?q=${said}`, `/users?f=id~eq~${said}`, `/users?f=${said}~eq~x`, `/users?sort=${said}`, `/go?q=${said}`, `/users/${said}`, `/overview?done=${said}`, `/web-services-users/add?id=${said}`]) {
        await page.goto(`${base}${path}`);
        holds(await page.locator("main img, main b, main script").count() === 0, `${path}`);
      }
    }
    same(alarmed, 0, "scripts that ran");
  });
  await check("who is no administrator finds the doors closed, whichever address she types", async () => {
    // A standard user without privileges, made for this.
    await page.goto(`${base}/users/add`);
    await page.getByLabel("User ID (required)").fill("plain_one");
    await page.getByLabel("Account email address (required)").fill("plain_one@example.org");
    await page.getByLabel("First name").fill("Plain");
    await page.getByLabel("Last (family) name").fill("One");
    await page.getByLabel("User type").selectOption("employee");
    await page.locator(".head").getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Create" }).click();
    await verify(page, admin("HARBOR"));
    await page.getByText("Saved.", { exact: false }).first().waitFor();
    const secret = await mailedSecret("plain_one@example.org");
    const reply = await enter("HARBOR", "plain_one", secret);
    const session = cookie(reply);
    holds(session, "she signs in");
    const home = await (await fetch(`${base}/overview`, { headers: { cookie: session } })).text();
    for (const word of ["/web-services-users", "/roles", "/subscriptions", "/audit-trail"]) holds(!home.includes(`href="${word}"`), `${word} is not in her menu`);
    const csrf = home.match(/name="csrf" value="([^"]+)"/)[1];
    for (const path of ["/users", "/users/1", "/users/1/edit", "/users/add", "/web-services-users", "/web-services-users/add", "/roles", "/roles/1", "/roles/add", "/roles/1/subscriptions", "/user-groups", "/subscriptions", "/audit-trail", "/company", "/company-security", "/company-security/setup/edit", "/contacts", "/contacts/1", "/web-services-authorizations", "/mails", "/users/1/credentials", "/users/1/sessions", "/users/1/permissions-report", "/users/1/audit-trail", "/connect"]) {
      const status = (await fetch(`${base}${path}`, { headers: { cookie: session }, redirect: "manual" })).status;
      holds([403, 404].includes(status), `${path} answers ${status}`);
    }
    for (const [path, form] of [["/users/1/edit", { userName: "Taken", "was:userName": "x", go: "verify", own_password: secret }], ["/users/add", { id: "x", accountEmail: "x@example.org", go: "verify", own_password: secret }], ["/users/2/delete", { go: "verify", own_password: secret }], ["/roles/add", { id: "x", go: "save" }], ["/company-security/setup/edit", { go: "verify", own_password: secret }], ["/users/1/reset", { go: "verify", own_password: secret }]]) {
      const status = (await post(path, { ...form, csrf }, { cookie: session })).status;
      holds([403, 404].includes(status), `a post to ${path} answers ${status}`);
    }
  });
  await check("the third wrong own password ends the session", async () => {
    await page.goto(`${base}/departments/add`);
    await page.goto(`${base}/users/1/edit`);
    await page.getByLabel("Username").fill("Somebody else");
    await page.locator(".head").getByRole("button", { name: "Save" }).click();
    for (const told of ["You can try twice more", "You can try once more"]) {
      await verify(page, "wrong");
      await page.getByText(told).waitFor();
    }
    await verify(page, "wrong");
    await page.getByText("Your session has ended").waitFor();
    const reply = await page.goto(`${base}/overview`);
    same(reply.status(), 401, "the overview");
  });
  await browser.close();
  end();
})();
