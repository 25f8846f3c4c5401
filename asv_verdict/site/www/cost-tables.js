// The tables of the cost page: the choices ranked at one size, and what runs with the reasons for what does not.
import { distinct, element, label, labelled, quantity, words } from "./common.js";
import { axisTitle } from "./cost-plot.js";

/** Between measured sizes a curve is straight on logarithmic axes; beyond them nothing is known. */
function at(line, size) {
  const points = line?.points || [];
  const exact = points.find(([here]) => here === size);
  if (exact) {
    return { value: exact[1], exact: true, cell: exact[4] };
  }
  const index = points.findIndex(([here]) => here > size);
  if (index < 1) {
    return null;
  }
  const [[left, low], [right, high]] = [points[index - 1], points[index]];
  const share = Math.log(size / left) / Math.log(right / left);
  const value = low > 0 && high > 0 ? low * (high / low) ** share : Math.max(low, high);
  return { value, exact: false, cell: points[index][4] };
}

function lineOf(view, measure, name) {
  return view.measures[measure]?.lines.find((line) => label(line.name) === label(name));
}

/** The choices at one size, the fastest first. */
export function ranking(now) {
  const { cost, problem, state, view } = now;
  const measured = distinct(view.measures.time.lines.flatMap((line) => line.points.map(([size]) => size))).sort((a, b) => a - b);
  const [least, largest] = [measured[0], measured[measured.length - 1]];
  const wanted = Number(state.size);
  const isKnown = wanted >= least && wanted <= largest;
  const size = isKnown ? wanted : largest;
  const input = element("input", { type: "number", id: "choose-size", min: least, max: largest, step: "any", value: size });
  input.addEventListener("change", () => now.change("size", input.value));
  const rows = rankedRows(now, size);
  const others = Object.keys(view.measures).filter((name) => name.startsWith("time/")).map((name) => name.slice("time/".length));
  const known = ["memory", "compile", "error"].filter((name) => rows.some((row) => row[name]));
  const columns = ["", "choice", cost.quantities.time, ...others.map((name) => `× ${words(name)}`), ...known.map((name) => cost.quantities[name])];
  if (known.includes("compile")) {
    columns.push("pays after");
  }
  const table = element(
    "table",
    { id: "ranking" },
    element("thead", {}, element("tr", {}, ...columns.map((title, index) => element("th", { scope: "col", class: index > 1 ? "number" : null }, title)))),
    element("tbody", {}, ...rows.map((row, index) => rankedRow(row, index, rows, { cost, view, others, known, size }))),
  );
  return element(
    "section",
    { "aria-label": "Table for one size" },
    element("h2", {}, `Which one at this size?`),
    element("div", { class: "controls" }, labelled(`${problem.size}, from ${least.toLocaleString("en")} to ${largest.toLocaleString("en")}`, input)),
    state.size && !isKnown ? element("p", { class: "note" }, `${state.size} is not within what was measured; this is ${problem.size} = ${size.toLocaleString("en")}.`) : null,
    element("div", { class: "wide" }, table),
    element("p", { class: "note" }, `≈ is between measured sizes. “Pays after” is the number of calls from which it is the cheaper one, with all that comes before its first result, than what is cheapest for a single call.`),
  );
}

function rankedRows({ view, isVisible }, size) {
  return view.measures.time.lines
    .filter((line) => line.ranked && isVisible(line.name))
    .map((line) => ({
      name: line.name,
      time: at(line, size),
      memory: at(lineOf(view, "memory", line.name), size),
      compile: at(lineOf(view, "compile", line.name), size),
      error: at(lineOf(view, "error", line.name), size),
    }))
    .filter((row) => row.time)
    .sort((one, other) => one.time.value - other.time.value);
}

function rankedRow(row, index, rows, { cost, view, others, known, size }) {
  const unit = (name) => view.measures[name]?.unit;
  const cell = (found, ofUnit) => element("td", { class: "number" }, found ? (found.exact ? "" : "≈ ") + quantity(found.value, ofUnit) : "");
  return element(
    "tr",
    {},
    element("td", { class: "number" }, String(index + 1)),
    element("th", { scope: "row" }, element("a", { href: graphAddress(row.time.cell, cost) }, words(label(row.name)))),
    cell(row.time, unit("time")),
    ...others.map((name) => cell(at(lineOf(view, `time/${name}`, row.name), size), "")),
    ...known.map((name) => (name === "error" ? element("td", { class: "number" }, row.error ? errorWords(row.error.value) : "") : cell(row[name], unit(name)))),
    known.includes("compile") ? element("td", { class: "number" }, paysAfter(row, rows)) : null,
  );
}

const errorWords = (value) => (value === 0 ? "0" : value.toExponential(0));

/** Calls from which a choice is cheaper than the one that is cheapest for a single call, which `compile` ends with. */
export function paysAfter(row, rows) {
  const known = rows.filter((one) => one.compile);
  if (!row.compile || known.length < 2) {
    return "";
  }
  const cheapest = known.reduce((best, one) => (one.compile.value < best.compile.value ? one : best));
  if (label(row.name) === label(cheapest.name)) {
    return "one call";
  }
  const gain = cheapest.time.value - row.time.value;
  return gain > 0 ? `${(1 + Math.ceil((row.compile.value - cheapest.compile.value) / gain)).toLocaleString("en")} calls` : "never";
}

/** ASV's graph of a cell. */
function graphAddress(cell, cost) {
  const benchmark = cell.split("(")[0];
  const names = cost.parameters[benchmark] || [];
  const values = cell.slice(benchmark.length + 1, -1).split(", ");
  const pairs = names.length === values.length ? names.map((name, index) => `p-${encodeURIComponent(name)}=${encodeURIComponent(values[index])}`) : [];
  return `index.html#${encodeURIComponent(benchmark)}${pairs.length ? `?${pairs.join("&")}` : ""}`;
}

/** What runs at which size, in numbers, and why the others do not. */
export function support(now) {
  const { isVisible, measure, problem, view } = now;
  const reasons = distinct(view.support.flatMap((row) => row.states).filter(Boolean));
  const rows = view.support
    .filter((row) => isVisible(row.name))
    .map((row) => {
      const line = measure.lines.find((one) => label(one.name) === label(row.name));
      const cells = row.states.map((reason, index) => {
        const found = line && line.points.find(([size]) => size === problem.sizes[index]);
        const text = found ? quantity(found[1], measure.unit) : reason ? `no (${reasons.indexOf(reason) + 1})` : reason === "" ? "runs" : "";
        return element("td", { class: "number" }, text);
      });
      return element("tr", {}, element("th", { scope: "row" }, words(label(row.name))), ...cells);
    });
  return element(
    "section",
    { "aria-label": "What runs" },
    element("h2", {}, "In numbers, and what does not run"),
    element(
      "div",
      { class: "wide" },
      element(
        "table",
        { class: "support", id: "support" },
        element("caption", {}, `${axisTitle(now)}. An empty field has not been measured.`),
        element("thead", {}, element("tr", {}, element("td", {}), ...problem.sizes.map((size) => element("th", { scope: "col", class: "number" }, `${problem.size} = ${size.toLocaleString("en")}`)))),
        element("tbody", {}, ...rows),
      ),
    ),
    reasons.length ? element("ol", { class: "reason", id: "reasons" }, ...reasons.map((reason) => element("li", {}, reason))) : null,
  );
}
