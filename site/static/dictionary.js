/* The dictionary's filter: rows that have every word typed, in the library chosen; both are kept in the address. */
"use strict";

(() => {
  const form = document.getElementById("finder");
  const wanted = document.getElementById("wanted"), library = document.getElementById("library");
  const told = document.getElementById("told");
  const rows = [...document.querySelectorAll("#names tbody tr")].map(row => ({row, text: row.textContent.toLowerCase()}));

  const narrow = () => {
    const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const {row, text} of rows) {
      row.hidden = !(words.every(word => text.includes(word)) && (!library.value || row.dataset.library === library.value));
      shown += !row.hidden;
    }
    told.textContent = shown === rows.length ? `${shown} names` : `${shown} of ${rows.length} names`;
  };

  const remember = () => {
    const address = new URL(location.href);
    for (const [name, value] of [["q", wanted.value.trim()], ["lib", library.value]])
      if (value) address.searchParams.set(name, value); else address.searchParams.delete(name);
    address.hash = "";
    history.replaceState(null, "", address.href.replace(/#$/, ""));
  };

  const recall = () => {
    const asked = new URLSearchParams(location.search);
    wanted.value = asked.get("q") || "";
    library.value = asked.get("lib") || "";
    if (library.selectedIndex < 0) library.value = "";
    narrow();
  };

  form.addEventListener("input", () => { narrow(); remember(); });
  form.addEventListener("submit", event => event.preventDefault());
  wanted.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !wanted.value) return;
    event.preventDefault();
    wanted.value = "";
    narrow();
    remember();
  });
  form.hidden = false;
  recall();
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
})();
