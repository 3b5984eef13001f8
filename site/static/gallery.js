"use strict";

// The filters of the gallery: what is chosen stands in the address, and is told as a count.
(() => {
  const form = document.getElementById("filters"), count = document.getElementById("count");
  const cards = [...document.querySelectorAll(".loss-card")], names = [...new FormData(form).keys()];

  const suits = (card, chosen) => names.every(name => {
    const wanted = chosen.get(name).trim();
    if (!wanted) return true;
    if (name !== "q") return card.dataset[name].split("|").includes(wanted);
    return wanted.toLowerCase().split(/\s+/).every(word => `${card.textContent} ${card.dataset.words}`.toLowerCase().includes(word));
  });

  const show = () => {
    const chosen = new FormData(form);
    let shown = 0;
    for (const card of cards) {
      card.hidden = !suits(card, chosen);
      shown += card.hidden ? 0 : 1;
    }
    count.textContent = shown ? `${shown} of ${cards.length} losses` : "No loss is all of that; ask for less.";
  };

  const save = () => {
    const said = new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();
    history.replaceState(null, "", said ? `#${said}` : location.pathname + location.search);
  };

  const read = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const name of names) {
      const field = form.elements[name], value = asked.get(name) ?? "";
      field.value = value;
      if (field.value !== value) field.value = "";
    }
    show();
  };

  form.addEventListener("input", () => { show(); save(); });
  form.addEventListener("reset", () => setTimeout(() => { show(); save(); }));
  form.addEventListener("submit", event => event.preventDefault());
  addEventListener("hashchange", read);
  form.hidden = false;
  read();
})();
