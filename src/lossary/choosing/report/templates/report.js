(() => {
  "use strict";
  const cell = (row, column) => row.cells[column].textContent.trim();
  const asNumber = text => parseFloat(text.replace(/[,<\s]/g, "").replace("infinite", "Infinity"));
  const compare = (a, b, down) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return down ? b - a : a - b;
  };
  const sort = (table, column, numeric) => {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach(head => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = (one, other) => numeric
      ? compare(asNumber(cell(one, column)), asNumber(cell(other, column)), down)
      : (down ? -1 : 1) * cell(one, column).localeCompare(cell(other, column));
    body.append(...[...body.rows].sort(order));
  };
  for (const table of document.querySelectorAll("table")) {
    if (table.tBodies[0].rows.length < 3) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, column, head.classList.contains("n")));
    });
  }
  document.addEventListener("mouseover", event => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    for (const each of document.querySelectorAll("[data-key]"))
      each.classList.toggle("lit", key !== undefined && each.dataset.key === key);
  });
})();
