// "Gradient cost" and the like: what each choice costs over size, who is best where, and a table for one size.
import { commitLink, day, distinct, element, label, openPage, select, show, words, writeState } from "./common.js";
import { drawPlot, visibleCrossings } from "./cost-plot.js";
import { ranking, support } from "./cost-tables.js";

const AS_IT_IS = "as it is";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const narrow = window.matchMedia("(max-width: 40rem)");

const [site, cost] = await openPage("cost.html", "cost.json");
let state;

function change(key, value) {
  state[key] = value;
  writeState(state);
  draw();
}

// --- What is chosen ---

function chosen() {
  const shown = cost.problems.filter((problem) => problem.views.length);
  const problem = shown.find((one) => one.title === state.problem) || shown[0];
  if (!problem) {
    return null;
  }
  const sources = distinct(problem.views.map(source));
  const from = sources.includes(state.source) ? state.source : sources[0];
  const views = problem.views.filter((view) => source(view) === from);
  const matches = (view) => Object.entries(view.variant).filter(([name, value]) => state[name] === value).length;
  const view = views.reduce((best, one) => (matches(one) > matches(best) ? one : best));
  const quantities = Object.keys(cost.quantities).filter((name) => name !== "error" && name in view.measures);
  const quantityName = quantities.includes(state.quantity) ? state.quantity : quantities[0];
  const ratios = cost.denominators.filter((name) => view.measures[`${quantityName}/${name}`]?.lines.length);
  const over = ratios.includes(state.over) ? state.over : "";
  const measure = view.measures[over ? `${quantityName}/${over}` : quantityName];
  return { cost, state, change, isVisible, narrow: narrow.matches, shown, problem, sources, from, views, view, quantities, quantityName, ratios, over, measure };
}

const source = (view) => `${view.machine}, ${view.environment}`;

/** An address that was cut short in sending still shows the page. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The values of each parameter of a choice that are not shown. */
function hidden() {
  return new Set((state.hide || "").split(",").filter(Boolean).map(decoded));
}

const isVisible = (name) => !name.some((value) => hidden().has(value));

// --- The page ---

function draw() {
  const main = document.querySelector("main");
  const focused = document.activeElement?.id;
  const now = chosen();
  if (!now) {
    main.replaceChildren(element("h1", {}, cost.title), element("p", {}, "Nothing that this page shows has been measured yet."));
    return;
  }
  const drawn = document.getElementById("plot");
  if (drawn) {
    window.Plotly.purge(drawn);
  }
  const plot = element("div", { class: "plot", id: "plot", role: "img", "aria-label": now.measure.words });
  main.replaceChildren(
    element("h1", {}, cost.title),
    controls(now),
    plot,
    filters(now),
    statements(now),
    ranking(now),
    support(now),
    provenance(now),
  );
  drawPlot(plot, now);
  if (focused) {
    document.getElementById(focused)?.focus();
  }
}

function choose(key, title, values, current, text = words) {
  return select(key, title, values.map((value) => [value, text(value)]), current, change);
}

function controls(now) {
  const variants = Object.keys(now.view.variant).map((name) => {
    const values = distinct(now.views.map((view) => view.variant[name]));
    return values.length > 1 ? choose(name, words(name), values, now.view.variant[name]) : null;
  });
  return element(
    "div",
    { class: "controls" },
    choose("problem", "Problem", now.shown.map((one) => one.title), now.problem.title),
    ...variants,
    now.sources.length > 1 ? choose("source", "Measured on", now.sources, now.from, (text) => text) : null,
    choose("quantity", "Show", now.quantities, now.quantityName, (name) => cost.quantities[name]),
    now.ratios.length ? choose("over", "As", ["", ...now.ratios], now.over, (name) => (name ? `multiple of ${words(name)}` : AS_IT_IS)) : null,
  );
}

/** A box for each value of the parameters that make a choice. */
function filters(now) {
  const groups = cost.series.map((parameter, index) => {
    const values = distinct(now.measure.lines.map((line) => line.name[index]));
    const boxes = values.map((value) => {
      const box = element("input", { type: "checkbox", id: `show-${parameter}-${value}`, checked: !hidden().has(value) });
      box.addEventListener("change", () => {
        const others = hidden();
        if (box.checked) {
          others.delete(value);
        } else {
          others.add(value);
        }
        change("hide", [...others].sort().map(encodeURIComponent).join(","));
      });
      return element("label", {}, box, words(value));
    });
    return element("fieldset", {}, element("legend", {}, words(parameter)), ...boxes);
  });
  return element("div", {}, ...groups);
}

// --- In words ---

function statements(now) {
  const marks = visibleCrossings(now);
  const hides = now.measure.lines.some((line) => line.ranked && !isVisible(line.name));
  const items = marks.map((one) => element("li", {}, words(one.sentence)));
  return element(
    "section",
    { class: "words", "aria-label": "In words" },
    element("p", { id: "summary" }, words(now.measure.words), hides ? " (also of what is hidden)" : ""),
    marks.length
      ? element("details", { id: "crossings" }, element("summary", {}, `${marks.length} crossing${marks.length === 1 ? "" : "s"} of the curves that are shown`), element("ul", {}, ...items))
      : element("p", { id: "crossings", class: "note" }, "No two of the curves that are shown cross beyond their noise."),
  );
}

// --- Where it comes from ---

function provenance(now) {
  const from = now.view.provenance;
  const packages = Object.entries(from.packages).map(([name, version]) => `${name} ${version}`);
  const dates = distinct([day(from.first), day(from.last)]).join(" to ");
  const hashes = distinct(now.view.measures.time.lines.flatMap((line) => line.points.map((point) => cost.commits[point[3]][0])));
  const noise = now.view.measures.time.lines.flatMap((line) => line.points.map((point) => point[2])).sort((a, b) => a - b);
  const [median, most] = [noise[Math.floor(noise.length / 2)], noise[noise.length - 1]].map((one) => `${(100 * one).toFixed(1)} %`);
  const range = `${median === most ? most : `${median} in the median and ${most} at most`}, as the bands show`;
  const floor = now.view.noise_is_measured ? `noise floors ${range}` : `its noise has not been measured, and is taken for ${range}`;
  const about = [from.cpu, ...from.gpus, from.system, from.python && `Python ${from.python}`, ...packages].filter(Boolean).join(", ");
  const all = Object.entries(from.all_packages).map(([name, version]) => `${name} ${version}`).join(", ");
  const commits = hashes.slice(0, 5).flatMap((hash) => [" ", commitLink(hash, site.commit_url)]);
  return element(
    "footer",
    { id: "provenance", class: "note" },
    element("h2", {}, "Measured with"),
    element("p", {}, `${from.machine}: ${about || from.environment}; ${dates}; ${floor}; commit${hashes.length > 1 ? "s" : ""}`, ...commits, hashes.length > 5 ? ` and ${hashes.length - 5} more.` : "."),
    all ? element("details", {}, element("summary", {}, "All packages"), all) : null,
  );
}

show((said) => {
  state = said;
  draw();
});
dark.addEventListener("change", draw);
narrow.addEventListener("change", draw);
