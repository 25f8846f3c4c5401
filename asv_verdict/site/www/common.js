// What the pages share. Whatever comes from result files is set as text and never as HTML.

/** Days after which the newest result is called old, as `python -m asv_verdict status` does. */
const OLD_DAYS = 3;
const SECONDS_OF_A_DAY = 86400;

/** An element with attributes and children, which are elements or text. */
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === true) {
      made.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The content of a JSON file beside the page. */
export async function load(name) {
  const answer = await fetch(name, { cache: "no-cache" });
  if (!answer.ok) {
    throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
  }
  return answer.json();
}

/** How old the newest result is: a dead dashboard says that it is dead. */
export function banner(site) {
  if (site.newest === null) {
    return element("p", { class: "banner old", role: "status" }, "There are no results yet.");
  }
  const days = (Date.now() / 1000 - site.newest) / SECONDS_OF_A_DAY;
  const when = day(site.newest);
  if (days < -0.1) {
    return element("p", { class: "banner old", role: "status" }, `The newest result is dated ${when}, in the future: a clock has jumped.`);
  }
  const age = days < 1 ? "less than a day" : days < 2 ? "one day" : `${Math.floor(days)} days`;
  return days > OLD_DAYS
    ? element("p", { class: "banner old", role: "status" }, `The newest result is ${age} old (${when}): nothing has been measured since.`)
    : element("p", { class: "banner", role: "status" }, `The newest result is ${age} old (${when}).`);
}

/** The head of a page with the links between all pages and the banner, the site and the page's data. */
export async function openPage(address, data) {
  try {
    const [site, content] = await Promise.all([load("site.json"), load(data)]);
    document.body.prepend(head(site, address));
    return [site, content];
  } catch (error) {
    failed(error);
    throw error;
  }
}

/** Draw what the address says, now and whenever it changes. A page that cannot be shown says why. */
export function show(draw) {
  const shown = () => {
    try {
      draw(readState());
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  shown();
  window.addEventListener("hashchange", shown);
}

function head(site, current) {
  const pages = [
    ["cost.html", site.cost],
    ["changes.html", "What changed"],
    ["index.html#/", "Grid"],
    ["index.html#/summarylist", "List"],
    ["index.html#/regressions", "ASV's regressions"],
  ];
  const links = pages
    .filter(([, title]) => title)
    .map(([address, title]) => element("a", { href: address, "aria-current": address === current ? "page" : null }, title));
  document.title = `${document.title} · ${site.project}`;
  return element("header", {}, element("strong", { class: "project" }, site.project), element("nav", { "aria-label": "Pages" }, ...links), banner(site));
}

function failed(error) {
  document.querySelector("main").replaceChildren(element("p", { class: "banner old", role: "alert" }, `This page cannot be shown: ${error.message}`));
}

/** Each value once, in the order of its first. */
export const distinct = (values) => [...new Set(values)];

/** The values of a choice's parameters in one line. */
export const label = (name) => name.join(" ");

/** A name from the code as people read it. */
export const words = (text) => text.replaceAll("_", " ");

/** A date in seconds since 1970, as a day. */
export function day(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** A commit, linked where there is a place to look at it. */
export function commitLink(hash, address) {
  const name = element("code", {}, hash.slice(0, 8));
  return /^https?:\/\//.test(address) ? element("a", { href: address + hash }, name) : name;
}

/** A title and what is chosen with it. */
export function labelled(title, input) {
  return element("div", {}, element("label", { for: input.id }, title), input);
}

/** A list to choose from: pairs of value and text. */
export function select(key, title, options, current, changed) {
  const made = element("select", { id: `choose-${key}` }, ...options.map(([value, text]) => element("option", { value, selected: value === current }, text)));
  made.addEventListener("change", () => changed(key, made.value));
  return labelled(title, made);
}

/** What the parameters of the address after # say. */
function readState() {
  return Object.fromEntries(new URLSearchParams(window.location.hash.slice(1)));
}

/** Write them, without a new entry in the history of the browser for each turn of a knob. */
export function writeState(state) {
  const kept = Object.entries(state).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  window.history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
}

const SCALES = {
  seconds: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]],
  bytes: [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]],
};

/** A number in its unit, to three digits. */
export function quantity(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return "";
  }
  if (unit === "") {
    return `${digits(value)} ×`;
  }
  const scales = SCALES[unit];
  if (!scales) {
    return `${value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : digits(value)} ${unit}`;
  }
  const [scale, name] = scales.find(([size]) => Math.abs(value) >= size) || scales[scales.length - 1];
  return `${digits(value / scale)} ${name}`;
}

function digits(value) {
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1e5 ? rounded.toExponential(2) : rounded.toLocaleString("en", { maximumSignificantDigits: 3 });
}
