// Functions of all pages. Content of result files is set as text and never as HTML.

/** The page warns when the newest result is older than this; `python -m asv_verdict status` has the same threshold. */
const OLD_DAYS = 3;
const SECONDS_OF_A_DAY = 86400;

/** Create an element with attributes and children; a child is an element or text. */
export function element(name, attributes, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === true) {
      created.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      created.setAttribute(key, value);
    }
  }
  created.append(...children.filter((child) => child !== null && child !== undefined));
  return created;
}

/** Load a JSON file from the folder of the page. */
export async function load(name) {
  const answer = await fetch(name, { cache: "no-cache" });
  if (!answer.ok) {
    throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
  }
  return answer.json();
}

/** The age of the newest result, so that readers see when the nightly run has stopped. */
export function banner(site) {
  if (site.newest === null) {
    return element("p", { class: "banner old", role: "status" }, "No results yet.");
  }
  const days = (Date.now() / 1000 - site.newest) / SECONDS_OF_A_DAY;
  const when = day(site.newest);
  if (days < -0.1) {
    return element(
      "p",
      { class: "banner old", role: "status" },
      `The newest result is dated ${when}, which is in the future. Check the clock of the machine.`,
    );
  }
  const age = days < 1 ? "less than a day" : days < 2 ? "1 day" : `${Math.floor(days)} days`;
  return days > OLD_DAYS
    ? element(
        "p",
        { class: "banner old", role: "status" },
        `The newest result is ${age} old (${when}). Nothing has been measured since.`,
      )
    : element("p", { class: "banner", role: "status" }, `The newest result is ${age} old (${when}).`);
}

/** Add the header with links and banner to the page; returns the data of the site and of the page. */
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

/** Draw the state in the address, now and after every change; if that fails, the error message replaces the page. */
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
    .map(([address, title]) =>
      element("a", { href: address, "aria-current": address === current ? "page" : null }, title),
    );
  document.title = `${document.title} · ${site.project}`;
  return element(
    "header",
    {},
    element("strong", { class: "project" }, site.project),
    element("nav", { "aria-label": "Pages" }, ...links),
    banner(site),
  );
}

function failed(error) {
  document
    .querySelector("main")
    .replaceChildren(
      element("p", { class: "banner old", role: "alert" }, `The page could not be drawn: ${error.message}`),
    );
}

/** The distinct values in the order of their first occurrence. */
export const distinct = (values) => [...new Set(values)];

/** The parameter values of a choice as one line. */
export const label = (name) => name.join(" ");

/** An identifier as words. */
export const words = (text) => text.replaceAll("_", " ");

/** The day of a time in seconds since 1970. */
export function day(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** A commit, with a link if the configuration has an address for commits. */
export function commitLink(hash, address) {
  const name = element("code", {}, hash.slice(0, 8));
  return /^https?:\/\//.test(address) ? element("a", { href: address + hash }, name) : name;
}

/** An input with its label. */
export function labelled(title, input) {
  return element("div", {}, element("label", { for: input.id }, title), input);
}

/** A drop-down list; options are pairs of value and text. */
export function select(key, title, options, current, changed) {
  const list = element(
    "select",
    { id: `choose-${key}` },
    ...options.map(([value, text]) => element("option", { value, selected: value === current }, text)),
  );
  list.addEventListener("change", () => changed(key, list.value));
  return labelled(title, list);
}

/** The state in the address after #. */
function readState() {
  return Object.fromEntries(new URLSearchParams(window.location.hash.slice(1)));
}

/** Write the state into the address, without a new entry in the browser's history. */
export function writeState(state) {
  const kept = Object.entries(state).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  window.history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
}

const SCALES = {
  seconds: [
    [1, "s"],
    [1e-3, "ms"],
    [1e-6, "µs"],
    [1e-9, "ns"],
  ],
  bytes: [
    [1e9, "GB"],
    [1e6, "MB"],
    [1e3, "kB"],
    [1, "B"],
  ],
};

/** A number with its unit, to three digits. */
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
  return Math.abs(rounded) >= 1e5
    ? rounded.toExponential(2)
    : rounded.toLocaleString("en", { maximumSignificantDigits: 3 });
}
