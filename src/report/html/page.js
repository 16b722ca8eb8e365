"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const list = $("list");
  const rows = [...list.querySelectorAll("details.f")];
  if (!rows.length) return;
  document.documentElement.classList.add("js");
  const fields = ["verdict", "severity", "rule", "file", "author", "month"];
  const search = $("search"), sort = $("sort"), group = $("group"), count = $("count");
  // Read at the first search: it takes as long as all the rest.
  let texts;
  const text = (row) => (texts ||= new Map(rows.map((row) => [row, row.textContent.toLowerCase()]))).get(row);
  const position = new Map(rows.map((row, at) => [row, at]));
  const selects = {};
  for (const field of fields) {
    const select = (selects[field] = $("by-" + field));
    const counts = new Map();
    for (const row of rows) if (row.dataset[field]) counts.set(row.dataset[field], (counts.get(row.dataset[field]) || 0) + 1);
    const known = [...counts].sort((a, b) => (field === "month" ? (a[0] < b[0] ? -1 : 1) : b[1] - a[1]));
    for (const [value, n] of known) select.append(new Option(`${value} (${n})`, value));
    select.parentElement.hidden = counts.size < 2;
    select.addEventListener("change", show);
  }
  const orders = {
    position: (a, b) => position.get(a) - position.get(b),
    file: (a, b) => (a.dataset.file < b.dataset.file ? -1 : a.dataset.file > b.dataset.file ? 1 : orders.position(a, b)),
    newest: (a, b) => (b.dataset.time || 0) - (a.dataset.time || 0) || orders.position(a, b),
    oldest: (a, b) => (a.dataset.time || 1e15) - (b.dataset.time || 1e15) || orders.position(a, b),
    rule: (a, b) => (a.dataset.rule < b.dataset.rule ? -1 : a.dataset.rule > b.dataset.rule ? 1 : orders.position(a, b)),
  };
  let moved = false;
  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter((row) =>
      fields.every((field) => !selects[field].value || selects[field].value === row.dataset[field]) &&
      words.every((word) => text(row).includes(word)));
    kept.sort(orders[sort.value]);
    const by = group.value;
    const say = () => {
      count.textContent = kept.length === rows.length ? `${rows.length} findings` : `${kept.length} of ${rows.length} findings`;
    };
    // The page comes in this order.
    if (!by && sort.value === "position" && kept.length === rows.length && list.children.length === rows.length && !moved) return say();
    moved = true;
    const all = document.createDocumentFragment();
    if (by) {
      const groups = new Map();
      for (const row of kept) {
        const key = row.dataset[by] || "unknown";
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(row);
      }
      for (const [key, some] of groups) {
        const details = document.createElement("details"), summary = document.createElement("summary");
        details.className = "g";
        details.open = true;
        summary.textContent = `${key} (${some.length})`;
        details.append(summary, ...some);
        all.append(details);
      }
    } else all.append(...kept);
    list.replaceChildren(all);
    say();
  }
  let waiting;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 120); });
  sort.addEventListener("change", show);
  group.addEventListener("change", show);
  $("reset").addEventListener("click", () => {
    search.value = "";
    for (const field of fields) selects[field].value = "";
    show();
  });
  $("fold").addEventListener("click", () => {
    const groups = [...list.querySelectorAll("details.g")], some = groups.length ? groups : [...list.querySelectorAll("details.f")].slice(0, 500);
    const open = !some.some((one) => one.open);
    for (const one of some) one.open = open;
  });
  for (const button of document.querySelectorAll("button[data-field]")) button.addEventListener("click", () => {
    const select = selects[button.dataset.field];
    select.value = select.value === button.dataset.value ? "" : button.dataset.value;
    show();
    $("findings").scrollIntoView();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); }
    else if (event.key === "Escape" && document.activeElement === search) { search.value = ""; show(); search.blur(); }
    else if ((event.key === "j" || event.key === "k") && !typing) {
      const all = [...list.querySelectorAll("details.f>summary")].filter((one) => one.checkVisibility ? one.checkVisibility() : true);
      const at = all.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
      const next = all[Math.max(0, Math.min(all.length - 1, at))];
      if (next) next.focus();
    }
  });
  addEventListener("beforeprint", () => { for (const row of list.querySelectorAll("details.f")) row.open = rows.length <= 500; });
  show();
})();
