"use strict";

// The theme's search shows a passage of each page found by fetching it, which a browser refuses to a page opened from a file.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
