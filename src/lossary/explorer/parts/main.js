// What leads to the page's questions and panels, and the first picture.

// Buttons and not links: the address says what is seen.
const leadsTo = (node, text, focused) => html("button", { type: "button", class: "small", text, onclick: () => {
  if (node.tagName === "DETAILS") node.open = true;
  node.scrollIntoView({ behavior: isStill() ? "auto" : "smooth", block: node.tagName === "DETAILS" ? "center" : "start" });
  focused.focus({ preventScroll: true });
} });

const headings = [...document.querySelectorAll("main > section:not(.losses) > h2")];
byId("panels").append(...headings.map(each => {
  each.tabIndex = -1;
  return leadsTo(each, each.textContent, each);
}));
byId("questions").append(...[...document.querySelectorAll("section details > summary")].filter(each => each.textContent.endsWith("?"))
  .map(each => leadsTo(each.parentElement, each.textContent, each)));
byId("contents").open = matchMedia("(min-width: 60rem)").matches;

changed();
