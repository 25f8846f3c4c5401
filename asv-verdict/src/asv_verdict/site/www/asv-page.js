// For ASV's own page: links to the pages of asv_verdict, a warning if the newest result is old, and ASV's error page.
"use strict";

/** Escape text for the places where ASV's scripts build HTML from names in results. */
window.asText = (text) => {
  const span = document.createElement("span");
  span.textContent = text === undefined || text === null ? "" : text;
  return span.innerHTML.replaceAll('"', "&quot;").replaceAll("'", "&#39;");
};

(() => {
  // The cost page is the landing page; an address with a hash is one of ASV's views.
  const landsOnCost = document.currentScript.hasAttribute("data-lands-on-cost");
  if (landsOnCost && !window.location.hash) {
    window.location.replace("cost.html");
    return;
  }
  // Replaces the `onerror` of each script in ASV's page. Load errors do not bubble, so this captures them.
  window.addEventListener(
    "error",
    (event) => {
      if (event.target instanceof HTMLScriptElement) {
        window.location = "error.html";
      }
    },
    true,
  );
  document.addEventListener("DOMContentLoaded", () => {
    const list = document.querySelector("#nav .navbar-nav");
    import("./common.js").then(async (common) => {
      const site = await common.load("site.json");
      for (const [address, title] of [
        ["cost.html", site.cost],
        ["changes.html", "What changed"],
      ]) {
        if (title) {
          // a site without a cost page has no title for it
          list.append(common.element("li", {}, common.element("a", { href: address }, title)));
        }
      }
      const banner = common.banner(site);
      if (banner.classList.contains("old")) {
        list.append(
          common.element("li", {}, common.element("p", { class: "navbar-text text-danger" }, banner.textContent)),
        );
      }
    });
  });
})();
