// The cost page: the cost of each choice over size, the best choice in each range of sizes, and a ranking at one size.
import { distinct, element, openPage, select, show, words, writeState } from "./common.js";
import { drawPlot } from "./cost-plot.js";
import { ranking, support } from "./cost-tables.js";
import { provenance, statements, terms } from "./cost-words.js";

const ABSOLUTE = "absolute";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const narrow = window.matchMedia("(max-width: 40rem)");

const [site, cost] = await openPage("cost.html", "cost.json");
let state;

function change(key, value) {
  state[key] = value;
  writeState(state);
  draw();
}

// --- What is selected ---

const hasResults = (problem) => problem.views.length > 0;

const selectedProblem = () =>
  cost.problems.find((one) => one.title === state.problem) || cost.problems.find(hasResults) || cost.problems[0];

/** The selection in the address, for a problem that has results. */
function selected(problem) {
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
  return {
    cost,
    state,
    change,
    isVisible,
    narrow: narrow.matches,
    problem,
    sources,
    from,
    views,
    view,
    quantities,
    quantityName,
    ratios,
    over,
    measure,
  };
}

const source = (view) => `${view.machine}, ${view.environment}`;

/** A value from the address, decoded; one that is cut off is returned as it is, so that the page is still shown. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The parameter values whose choices are hidden. */
function hidden() {
  return new Set((state.hide || "").split(",").filter(Boolean).map(decoded));
}

const isVisible = (name) => !name.some((value) => hidden().has(value));

// --- The page ---

function draw() {
  const main = document.querySelector("main");
  const focused = document.activeElement?.id;
  const drawn = document.getElementById("plot");
  if (drawn) {
    window.Plotly.purge(drawn);
  }
  const problem = selectedProblem();
  if (!problem || !hasResults(problem)) {
    main.replaceChildren(element("h1", {}, cost.title), ...withoutResults(problem).filter(Boolean));
    return restoreFocus(focused);
  }
  const now = selected(problem);
  const plot = element("div", { class: "plot", id: "plot", role: "img", "aria-label": now.measure.words });
  const parts = [
    element("h1", {}, cost.title),
    controls(now),
    description(problem),
    plot,
    filters(now),
    terms(now, cost),
    statements(now, isVisible),
    ranking(now),
    support(now),
    provenance(now, cost, site),
  ];
  main.replaceChildren(...parts.filter(Boolean));
  drawPlot(plot, now);
  restoreFocus(focused);
}

/** Drawing replaces the elements, so the keyboard focus has to be restored. */
function restoreFocus(id) {
  if (id) {
    document.getElementById(id)?.focus();
  }
}

function withoutResults(problem) {
  if (!problem) {
    return [element("p", {}, "The suite has no benchmark for any problem of this page.")];
  }
  const missing = element(
    "p",
    {},
    "No results yet: ",
    element("code", {}, problem.benchmark),
    " has not been measured.",
  );
  return [element("div", { class: "controls" }, problemList(problem)), description(problem), missing];
}

function problemList(problem) {
  const options = cost.problems.map((one) => [
    one.title,
    hasResults(one) ? one.title : `${one.title} (no results yet)`,
  ]);
  return select("problem", "Problem", options, problem.title, change);
}

const description = (problem) =>
  problem.description ? element("p", { id: "description" }, problem.description) : null;

function choose(key, title, values, current, text = words) {
  return select(
    key,
    title,
    values.map((value) => [value, text(value)]),
    current,
    change,
  );
}

function controls(now) {
  const variants = Object.keys(now.view.variant).map((name) => {
    const values = distinct(now.views.map((view) => view.variant[name]));
    return values.length > 1 ? choose(name, words(name), values, now.view.variant[name]) : null;
  });
  return element(
    "div",
    { class: "controls" },
    problemList(now.problem),
    ...variants,
    now.sources.length > 1 ? choose("source", "Measured on", now.sources, now.from, (text) => text) : null,
    choose("quantity", "Show", now.quantities, now.quantityName, (name) => cost.quantities[name]),
    now.ratios.length
      ? choose("over", "Values", ["", ...now.ratios], now.over, (name) =>
          name ? `multiple of ${words(name)}` : ABSOLUTE,
        )
      : null,
  );
}

/** A checkbox for each value of the parameters that identify a choice. */
function filters(now) {
  const groups = cost.series.map((parameter, index) => {
    const values = distinct(now.measure.lines.map((line) => line.name[index]));
    const boxes = values.map((value) => {
      const box = element("input", {
        type: "checkbox",
        id: `show-${parameter}-${value}`,
        checked: !hidden().has(value),
      });
      box.addEventListener("change", () => {
        const others = hidden();
        if (box.checked) {
          others.delete(value);
        } else {
          others.add(value);
        }
        change("hide", [...others].sort().map(encodeURIComponent).join(","));
      });
      return element("label", { title: cost.terms[value] }, box, words(value));
    });
    return element("fieldset", {}, element("legend", {}, words(parameter)), ...boxes);
  });
  return element("div", {}, ...groups);
}

show((said) => {
  state = said;
  draw();
});
dark.addEventListener("change", draw);
narrow.addEventListener("change", draw);
