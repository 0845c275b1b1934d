// Sidegate's console. Every page works without this; it makes dialogs of steps, keeps focus, saves clicks.
"use strict";
(() => {
  const body = document.body;
  let dirty = false;

  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

  // What a fetched page says: shown over this page if it is a step, instead of it if it is not.
  const show = (page, address, from) => {
    const main = page.querySelector("main");
    if (!main) { location.assign(address); return; }
    const standing = document.querySelector("main");
    if (main.dataset.dialog !== undefined && (dialog || standing.dataset.dialog === undefined)) {
      over(main, from);
      return;
    }
    closeDialog();
    document.title = page.title;
    const frame = page.querySelector("#frame");
    const own = document.querySelector("#frame");
    if (frame && own) {
      own.replaceWith(document.adoptNode(frame));
      if (address && address !== location.href) history.pushState({}, "", address);
      document.documentElement.dataset.theme = page.documentElement.dataset.theme || "";
      begin();
      focusFirst(document.querySelector("main"));
    } else {
      location.assign(address);
    }
  };

  const focusFirst = (root) => {
    if (!root) return;
    const wanted = root.querySelector(".notice.fault, [autofocus], .notice, h1");
    if (wanted) {
      if (!wanted.matches("input,select,textarea,button,a")) wanted.tabIndex = -1;
      wanted.focus();
    }
  };

  let dialog = null;
  let opener = null;
  const closeDialog = () => {
    if (!dialog) return;
    const old = dialog;
    dialog = null;
    if (old.open) old.close();
    old.remove();
    if (opener && opener.isConnected) opener.focus();
    opener = null;
  };
  const over = (main, from) => {
    const content = document.adoptNode(main.querySelector(".dialog"));
    if (!dialog) {
      opener = from || document.activeElement;
      dialog = document.createElement("dialog");
      dialog.addEventListener("close", () => closeDialog());
      body.append(dialog);
    }
    dialog.className = content.classList.contains("wide") ? "wide" : "";
    const title = content.querySelector("h1");
    if (title) {
      title.id = "dialog-title";
      dialog.setAttribute("aria-labelledby", "dialog-title");
    }
    dialog.replaceChildren(content);
    if (!dialog.open) dialog.showModal();
    enhance(dialog);
    const first = content.querySelector("[autofocus], input:not([type=hidden]), select, textarea, button");
    if (first) first.focus();
  };

  const send = async (form, button) => {
    const address = (button && button.getAttribute("formaction")) || form.getAttribute("action") || location.pathname + location.search;
    const method = ((button && button.getAttribute("formmethod")) || form.method || "get").toLowerCase();
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form, button || undefined)) if (typeof value === "string") data.append(name, value);
    const buttons = form.querySelectorAll("button");
    buttons.forEach((b) => (b.disabled = true));
    try {
      const request = method === "get"
        ? fetch(address.split("?")[0] + "?" + data, { headers: { "sidegate-part": "1" } })
        : fetch(address, { method: "POST", body: data, headers: { "sidegate-part": "1" } });
      const reply = await request;
      const type = reply.headers.get("content-type") || "";
      if (!type.startsWith("text/html")) { buttons.forEach((b) => (b.disabled = false)); form.submit(); return; }
      const stays = method !== "get" && !reply.redirected;
      const page = parsed(await reply.text());
      // A step over a page leaves that page as it was; a page says itself whether it holds nothing new.
      if (!page.querySelector("main[data-dialog]")) dirty = stays && !page.querySelector("form[data-clean]");
      show(page, stays ? location.href : reply.url, button);
    } catch (error) {
      console.error(error);
      tell(form, "The server did not answer. Nothing you typed is lost; try again.");
    } finally {
      buttons.forEach((b) => (b.disabled = false));
    }
  };

  const tell = (near, text) => {
    let notice = near.querySelector(".notice.fault.local");
    if (!notice) {
      notice = document.createElement("p");
      notice.className = "notice fault local";
      notice.setAttribute("role", "alert");
      near.prepend(notice);
    }
    notice.textContent = text;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!form.matches("form[data-step]") || (button && button.hasAttribute("data-leave"))) return;
    if (button && button.hasAttribute("data-close") && form.closest("dialog")) {
      event.preventDefault();
      closeDialog();
      return;
    }
    event.preventDefault();
    send(form, button);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-step]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      fetch(link.href, { headers: { "sidegate-part": "1" } })
        .then(async (reply) => show(parsed(await reply.text()), reply.url, link))
        .catch(() => location.assign(link.href));
      return;
    }
    const copy = event.target.closest("button[data-copy], button[data-copy-of]");
    if (copy) {
      const text = copy.dataset.copy ?? document.getElementById(copy.dataset.copyOf).value;
      const done = () => { const was = copy.textContent; copy.textContent = "Copied"; setTimeout(() => (copy.textContent = was), 1500); };
      if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => {});
    }
    const print = event.target.closest("button[data-print]");
    if (print) window.print();
    document.querySelectorAll("details.drop[open], details.help[open]").forEach((open) => {
      if (!open.contains(event.target)) open.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "Escape") document.querySelectorAll("details.drop[open], details.help[open]").forEach((open) => {
      open.open = false;
      open.querySelector("summary").focus();
    });
    if ((event.key === "/" && !typing) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
      const find = document.querySelector(".bar .find input");
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    }
  });

  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) dirty = true;
    const filter = event.target.closest("input[data-narrows]");
    if (filter) {
      const words = filter.value.toLowerCase();
      document.querySelectorAll(filter.dataset.narrows).forEach((row) => (row.hidden = !row.textContent.toLowerCase().includes(words)));
    }
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  document.addEventListener("change", (event) => {
    const at = event.target;
    if (at.matches("[data-goes]")) at.form.requestSubmit(at.form.querySelector("[data-go]"));
    if (at.matches("[data-all]")) {
      document.querySelectorAll(at.dataset.all).forEach((box) => (box.checked = at.checked));
      picked();
    }
    if (at.matches("[data-row]")) picked();
  });
  const picked = () => {
    const bar = document.querySelector(".picked");
    if (!bar) return;
    const count = document.querySelectorAll("[data-row]:checked").length;
    bar.hidden = count === 0;
    const told = bar.querySelector("[data-count]");
    if (told) told.textContent = String(count);
  };

  // Something that is made meanwhile: its page is asked for again until it is done.
  const again = async (page) => {
    if (!page.isConnected) return;
    try {
      const reply = await fetch(page.dataset.polls, { headers: { "sidegate-part": "1" } });
      const next = parsed(await reply.text());
      if (page.isConnected) show(next, reply.url);
    } catch (error) {
      console.error(error);
      setTimeout(() => again(page), 2000);
    }
  };

  // A filter offers the tests that fit its field, and the words of a choice.
  const narrowed = (form) => {
    const [field, test] = [form.querySelector("[name=ff]"), form.querySelector("[name=fo]")];
    const every = [...test.options];
    const fit = () => {
      const chosen = field.selectedOptions[0];
      if (!chosen) return;
      const was = test.value;
      test.replaceChildren(...every.filter((option) => option.dataset.sorts.split(" ").includes(chosen.dataset.sort)));
      test.value = [...test.options].some((option) => option.value === was) ? was : test.options[0].value;
      const old = form.querySelector("[name=fv]");
      const words = chosen.dataset.choices;
      const several = ["in", "notIn"].includes(test.value);
      const picks = words && !several;
      if (!picks && old.tagName === "INPUT") return;
      const next = document.createElement(picks ? "select" : "input");
      if (picks) {
        const lines = words.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
        next.append(...[...lines, ["", "(empty)"]].map(([value, label]) => new Option(label, value)));
      }
      Object.assign(next, { id: old.id, name: "fv" });
      next.setAttribute("aria-describedby", "filter-hint");
      if (!picks || [...next.options].some((option) => option.value === old.value && old.value)) next.value = picks ? old.value : "";
      old.replaceWith(next);
    };
    field.addEventListener("change", fit);
    test.addEventListener("change", fit);
    fit();
  };

  // Rows of a pick: a further one appears as soon as the last is used.
  const enhance = (root) => {
    root.querySelectorAll("[data-rows]").forEach((rows) => {
      if (rows.dataset.ready) return;
      rows.dataset.ready = "1";
      rows.addEventListener("change", (event) => {
        const items = rows.querySelectorAll("[data-item]");
        const last = items[items.length - 1];
        if (last && last.contains(event.target) && event.target.value) {
          const next = last.cloneNode(true);
          next.querySelectorAll("select, input").forEach((field) => { field.value = ""; field.removeAttribute("id"); });
          last.after(next);
        }
      });
    });
    root.querySelectorAll("dialog [data-polls]").forEach((page) => setTimeout(() => again(page), 400));
    root.querySelectorAll("dialog [data-fetches]").forEach((page) => location.assign(page.dataset.fetches));
    root.querySelectorAll("form[data-filter]").forEach(narrowed);
    root.querySelectorAll(".needs-script").forEach((item) => (item.hidden = false));
    root.querySelectorAll(".without-script").forEach((item) => (item.hidden = true));
    document.dispatchEvent(new CustomEvent("sidegate:shown", { detail: root }));
  };
  // Permissions: a choice for a section ticks its rows, ticks say what the choice is and what they need.
  const weigh = (form) => {
    form.querySelectorAll("[data-part]").forEach((part) => {
      const boxes = [...part.querySelectorAll("input[type=checkbox]")];
      const is = (choice) => boxes.every((box) => box.checked === (choice === "all" || (choice === "read" && box.hasAttribute("data-reads"))));
      const whole = ["all", "none", "read"].find(is);
      part.querySelectorAll("[data-whole]").forEach((radio) => (radio.checked = radio.value === whole));
    });
    form.querySelectorAll(".permission-row").forEach((row) => {
      const missing = lacking(row);
      const offer = row.querySelector("[data-offer]");
      if (!offer) return;
      offer.hidden = missing.length === 0;
      const called = missing.map((box) => {
        const other = box.closest(".permission-row");
        const label = box.parentNode.textContent.trim();
        return other === row ? label : `${label} of ${other.querySelector("legend").textContent}`;
      });
      offer.textContent = `Needs ${called.join(", ")}: add`;
    });
  };
  const lacking = (row) => {
    const ids = [...row.querySelectorAll("input[data-needs]:checked")].flatMap((box) => box.dataset.needs.split(" "));
    return [...new Set(ids)].map((id) => document.getElementById(id)).filter((box) => box && !box.checked);
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-permissions]");
    if (!form) return;
    if (event.target.matches("[data-whole]")) {
      const choice = event.target.value;
      event.target.closest("[data-part]").querySelectorAll("input[type=checkbox]").forEach((box) => {
        box.checked = choice === "all" || (choice === "read" && box.hasAttribute("data-reads"));
      });
    }
    weigh(form);
  });
  document.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-offer]");
    if (!offer) return;
    const row = offer.closest(".permission-row");
    lacking(row).forEach((box) => (box.checked = true));
    weigh(offer.closest("form"));
    row.querySelector("input").focus();
  });
  document.addEventListener("sidegate:shown", (event) => event.detail.querySelectorAll("form[data-permissions]").forEach(weigh));

  const begin = () => { enhance(document); picked(); };
  window.addEventListener("popstate", () => location.reload());
  begin();
})();
