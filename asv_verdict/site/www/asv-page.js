// On ASV's own page: links to our pages, the age of the newest result, and a word where a script does not load.
"use strict";

/** Text as HTML that shows it, for the places where ASV's scripts put together HTML from names in results. */
window.asText = function (text) {
  const made = document.createElement("span");
  made.textContent = text === undefined || text === null ? "" : text;
  return made.innerHTML.replaceAll('"', "&quot;").replaceAll("'", "&#39;");
};

(function () {
  // The page that people land on is the one with the answer; an address with a hash is one of ASV's views.
  const landsOnCost = document.currentScript.hasAttribute("data-lands-on-cost");
  if (landsOnCost && !window.location.hash) {
    window.location.replace("cost.html");
    return;
  }
  // In the place of the `onerror` that each script of ASV has in its page. Errors of loading do not bubble.
  window.addEventListener("error", function (event) {
    if (event.target instanceof HTMLScriptElement) {
      window.location = "error.html";
    }
  }, true);
  document.addEventListener("DOMContentLoaded", function () {
    const list = document.querySelector("#nav .navbar-nav");
    const links = [["changes.html", "What changed"]];
    if (landsOnCost) {
      links.unshift(["cost.html", "Gradient cost"]);
    }
    import("./common.js").then(async function (common) {
      const site = await common.load("site.json");
      for (const [address, title] of links) {
        const link = common.element("a", { href: address }, address === "cost.html" ? site.cost : title);
        list.append(common.element("li", {}, link));
      }
      const banner = common.banner(site);
      if (banner.classList.contains("old")) {
        list.append(common.element("li", {}, common.element("p", { class: "navbar-text text-danger" }, banner.textContent)));
      }
    });
  });
})();
