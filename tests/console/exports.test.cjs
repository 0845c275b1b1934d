// Exports from both styles of a list, read back by readers of their own: what is in the file is the list.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { base, check, end, holds, launch, rest, same, signIn, spawnSync, token } = require("./browser.cjs");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidegate-exports-"));

/** The cells of a table in a workbook or document, by nothing but a ZIP and an XML reader. */
const reader = `
import sys, zipfile
import xml.etree.ElementTree as tree
kind, name = sys.argv[1:]
import json, csv
def strip(tag): return tag.rsplit("}", 1)[-1]
def all(node, tag): return [n for n in node.iter() if strip(n.tag) == tag]
def text(node): return "".join(n.text or "" for n in all(node, "t"))
if kind == "csv":
    with open(name, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file, strict=True))
    out = {"rows": rows, "head": []}
else:
    archive = zipfile.ZipFile(name)
    assert archive.testzip() is None
    if kind == "xlsx":
        names = archive.namelist()
        strings = archive.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in names else "<none/>"
        shared = [text(item) for item in all(tree.fromstring(strings), "si")]
        rows = []
        sheet = tree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        assert not all(sheet, "f"), "a formula"
        for row in all(sheet, "row"):
            cells = []
            for cell in all(row, "c"):
                value = all(cell, "v")
                value = value[0].text if value else text(cell)
                cells.append(shared[int(value)] if cell.get("t") == "s" else value)
            rows.append(cells)
        others = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet") and n != "xl/worksheets/sheet1.xml"]
        out = {"rows": rows, "head": [text(tree.fromstring(archive.read(n))) for n in others]}
    else:
        body = tree.fromstring(archive.read("word/document.xml"))
        table = all(body, "tbl")[0]
        rows = [[text(cell) for cell in all(row, "tc")] for row in all(table, "tr")]
        out = {"rows": rows, "head": [text(p) for p in all(body, "p")]}
print(json.dumps(out))
`;
const script = path.join(folder, "reader.py");
fs.writeFileSync(script, reader);

function read(kind, file) {
  if (kind === "pdf") {
    const done = spawnSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`pdftotext: ${done.stderr}`);
    return { text: done.stdout };
  }
  const done = spawnSync("python3", [script, kind, file], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${kind}: ${done.stderr}`);
  return JSON.parse(done.stdout);
}

/** The cells of the list's own columns, as the page shows them. */
async function shown(page, count) {
  const rows = await page.locator("table.cards tbody tr").all();
  const out = [];
  for (const row of rows) {
    const cells = await row.locator("td").allInnerTexts();
    out.push(cells.slice(1, 1 + count).map((cell) => cell.trim()));
  }
  return out;
}

/** Takes the file of a format, with script or without. */
async function take(page, label, scripted, kind) {
  await page.locator("#export > summary").click();
  const coming = scripted ? page.waitForEvent("download") : null;
  await page.locator("#export").getByRole("button", { name: label, exact: true }).click();
  let download;
  if (scripted) download = await coming;
  else {
    const link = page.getByRole("link", { name: /^Download / });
    await link.waitFor();
    [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  }
  const file = path.join(folder, `${Date.now()}.${kind}`);
  await download.saveAs(file);
  holds(download.suggestedFilename().endsWith(`.${kind}`), `the name ${download.suggestedFilename()}`);
  return file;
}

/** Where rows begin: below the line of the columns. */
function table(rows, first) {
  const at = rows.findIndex((row) => row[0] === first);
  if (at < 0) throw new Error(`no line of columns: ${JSON.stringify(rows.slice(0, 8))}`);
  return rows.slice(at).filter((row) => row.some((cell) => cell !== ""));
}

(async () => {
  const browser = await launch();
  const access = await token("ws_sync");
  // More than a page, with what spreadsheets take for more than text.
  const odd = ["=1+1", "+1", "-1", "@SUM(A1)", "\"q,\"", "a;b"];
  for (let number = 1; number <= 130; number++) {
    const name = number <= odd.length ? odd[number - 1] : `Number ${number}`;
    const body = { id: `X${String(number).padStart(3, "0")}`, name, status: number % 10 ? "active" : "inactive" };
    const reply = await rest("/ia/api/v1/objects/company-config/department", { token: access, method: "POST", body });
    if (reply.status >= 300) throw new Error(reply.text);
  }

  for (const [style, scripted] of [["enhanced", true], ["classic", true], ["enhanced", false]]) {
    const context = await browser.newContext({ javaScriptEnabled: scripted, acceptDownloads: true });
    const page = await context.newPage();
    await signIn(page);
    await page.goto(`${base}/departments`);
    const turn = page.getByRole("button", { name: style === "classic" ? "Classic list" : "Enhanced list" });
    if (await turn.count()) {
      await turn.click();
      await page.getByRole("button", { name: style === "classic" ? "Enhanced list" : "Classic list" }).waitFor();
    }
    // Of both styles: 117 rows that are not inactive, the last first, and a column that is not usual.
    const address = `${base}/departments?q=X&sort=-id&columns=id,name,status,audit.createdDateTime`;
    await page.goto(`${address}&size=500`);
    const heads = (await page.locator("thead th a").allInnerTexts()).map((head) => head.replace(/ [▴▾]$/, "").trim());
    const list = await shown(page, heads.length);
    await page.goto(`${address}&size=50`);
    const word = `${style} list, ${scripted ? "with script" : "without script"}`;
    await check(`the ${word} shows what is exported`, async () => {
      same(list.length, 117, "rows");
      same(list[0][0], "X129", "the first row");
      await page.getByText("1 to 50 of 117").waitFor();
    });
    for (const [label, kind] of [["CSV", "csv"], ["Excel", "xlsx"], ["Word", "docx"], ["PDF", "pdf"]]) {
      await check(`${label} of the ${word} has its rows, order and filters`, async () => {
        await page.goto(`${address}&size=50`);
        const file = await take(page, label, scripted, kind);
        const got = read(kind, file);
        const filter = style === "classic" ? "Filter: Inactive ones are left out" : "Filter: Status is Active";
        if (kind === "pdf") {
          const lines = got.text.split("\n");
          holds(got.text.includes(filter) && got.text.includes("Search: X"), `the filters: ${got.text.slice(0, 500)}`);
          const ids = lines.map((line) => (line.match(/^\s*(X\d{3})\b/) || [])[1]).filter(Boolean);
          same(ids, list.map((row) => row[0]), "ids in the order of the list");
          holds(got.text.includes("Harbor Trading Group") && got.text.includes("Departments"), "title and company");
          return;
        }
        const rows = table(got.rows, heads[0]);
        same(rows[0].slice(0, heads.length), heads, "columns");
        // What spreadsheets would run is marked as text in CSV.
        const plain = (cell) => (kind === "csv" && /^'[=+\-@]/.test(cell) ? cell.slice(1) : cell);
        same(rows.slice(1).map((row) => row.slice(0, heads.length).map(plain)), list, "rows");
        if (kind === "csv") {
          for (const row of rows) for (const cell of row) holds(!/^[=+\-@\t\r]/.test(cell), `a cell that runs: ${cell}`);
        } else {
          const everything = JSON.stringify(got);
          holds(everything.includes(filter) && everything.includes("Search: X"), "the filters");
          holds(everything.includes("Harbor Trading Group"), "the company");
        }
      });
    }
    await check(`selected records of the ${word} are exported alone`, async () => {
      await page.goto(`${address}&size=500`);
      await page.getByLabel("Select X003", { exact: true }).check();
      await page.getByLabel("Select X001", { exact: true }).check();
      const bar = page.locator("#picked");
      const coming = scripted ? page.waitForEvent("download") : null;
      await bar.getByRole("button", { name: "Export selected" }).click();
      let download;
      if (scripted) download = await coming;
      else [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /^Download / }).click()]);
      const file = path.join(folder, "selected.csv");
      await download.saveAs(file);
      same(table(read("csv", file).rows, heads[0]).slice(1).map((row) => row[0]), ["X003", "X001"], "rows");
    });
    await context.close();
  }

  await check("nobody fetches the file of another user", async () => {
    const hers = await browser.newContext({ javaScriptEnabled: false });
    const page = await hers.newPage();
    await signIn(page);
    await page.goto(`${base}/departments`);
    await page.locator("#export > summary").click();
    await page.locator("#export").getByRole("button", { name: "CSV" }).click();
    await page.getByRole("link", { name: /^Download / }).waitFor();
    const file = `${base}/departments/list/file?id=${new URL(page.url()).searchParams.get("id")}`;
    same((await hers.request.get(file)).status(), 200, "her own status");
    const other = await browser.newContext();
    await signIn(await other.newPage(), "QUAY");
    same((await other.request.get(file)).status(), 404, "the status for another user");
    await hers.close();
    await other.close();
  });

  await browser.close();
  fs.rmSync(folder, { recursive: true, force: true });
  end();
})();
