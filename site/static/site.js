"use strict";

// The theme's search shows a passage of each page found by fetching it, which a browser refuses to a page opened from a file.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What scrolls sideways can be reached by keyboard, and only that.
const reach = () => {
  for (const each of document.querySelectorAll("div.math, .wide")) {
    if (each.scrollWidth > each.clientWidth + 1) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
};
addEventListener("DOMContentLoaded", () => {
  reach();
  addEventListener("resize", reach);
});
