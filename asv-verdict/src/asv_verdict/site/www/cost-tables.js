// The tables of the cost page: the ranking at one size, and all values with the reasons for missing ones.
import { distinct, element, label, labelled, quantity, words } from "./common.js";
import { axisTitle } from "./cost-plot.js";

/** The value of a curve at a size, interpolated on logarithmic axes; null outside of the measured sizes. */
function at(line, size) {
  const points = line?.points || [];
  const exact = points.find(([here]) => here === size);
  if (exact) {
    return { value: exact[1], noise: exact[2], exact: true, cell: exact[4] };
  }
  const index = points.findIndex(([here]) => here > size);
  if (index < 1) {
    return null;
  }
  const [[left, low, lowNoise], [right, high, highNoise]] = [points[index - 1], points[index]];
  const share = Math.log(size / left) / Math.log(right / left);
  const value = low > 0 && high > 0 ? low * (high / low) ** share : Math.max(low, high);
  return { value, noise: Math.max(lowNoise, highNoise), exact: false, cell: points[index][4] };
}

function lineOf(view, measure, name) {
  return view.measures[measure]?.lines.find((line) => label(line.name) === label(name));
}

/** The choices at one size, the fastest first. */
export function ranking(now) {
  const { cost, problem, state, view } = now;
  const measured = distinct(view.measures.time.lines.flatMap((line) => line.points.map(([size]) => size))).sort(
    (a, b) => a - b,
  );
  const [least, largest] = [measured[0], measured[measured.length - 1]];
  const wanted = Number(state.size);
  const isKnown = wanted >= least && wanted <= largest;
  const size = isKnown ? wanted : largest;
  const input = element("input", {
    type: "number",
    id: "choose-size",
    min: least,
    max: largest,
    step: "any",
    value: size,
  });
  input.addEventListener("change", () => now.change("size", input.value));
  const rows = rankedRows(now, size);
  const others = Object.keys(view.measures)
    .filter((name) => name.startsWith("time/"))
    .map((name) => name.slice("time/".length));
  const known = ["memory", "compile", "error"].filter((name) => rows.some((row) => row[name]));
  const columns = [
    "",
    words(cost.series.join(", ")),
    cost.quantities.time,
    ...others.map((name) => `× ${words(name)}`),
    ...known.map((name) => title(name, view, cost)),
  ];
  if (known.includes("compile")) {
    columns.push("Break-even calls");
  }
  const table = element(
    "table",
    { id: "ranking" },
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        ...columns.map((title, index) => element("th", { scope: "col", class: index > 1 ? "number" : null }, title)),
      ),
    ),
    element("tbody", {}, ...rows.map((row) => rankedRow(row, rows, { cost, view, others, known, size }))),
  );
  return element(
    "section",
    { "aria-label": "Ranking" },
    element("h2", {}, `Ranking at ${problem.size} = ${size.toLocaleString("en")}`),
    least < largest
      ? element(
          "div",
          { class: "controls" },
          labelled(`${problem.size}, from ${least.toLocaleString("en")} to ${largest.toLocaleString("en")}`, input),
        )
      : null,
    state.size && !isKnown ? element("p", { class: "note" }, outside(problem, state.size, least, largest)) : null,
    element("div", { class: "wide" }, table),
    element("p", { class: "note" }, [...notes(others, known)].join(" ")),
  );
}

function outside(problem, size, least, largest) {
  return `${problem.size} = ${size} is outside of the measured sizes, ${least.toLocaleString("en")} to ${largest.toLocaleString("en")}. The table shows ${problem.size} = ${largest.toLocaleString("en")}.`;
}

function* notes(others, known) {
  yield "Equal ranks: the times differ by less than their noise. ≈: interpolated between measured sizes.";
  if (others.length) {
    yield `× ${words(others[0])}: the time as a multiple of ${words(others[0])}.`;
  }
  if (known.includes("compile")) {
    yield "Build time: everything before the first result, such as tracing, compiling and the first call.";
    yield "Break-even calls: the number of calls from which a choice costs less in total, build time included, than the choice that is cheapest for a single call.";
  }
}

/** The unit of an error is its kind, for instance "relative error". */
function title(name, view, cost) {
  const unit = name === "error" ? view.measures.error.unit : "";
  return unit ? unit[0].toUpperCase() + unit.slice(1) : cost.quantities[name];
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

/** The rank of a row; rows tie with the first of their rank if they differ by less than the noise of both. */
function rankOf(row, rows) {
  let first = 0;
  for (let index = 0; rows[index] !== row; index += 1) {
    const [one, other] = [rows[first].time, rows[index + 1].time];
    if (other.value > one.value * (1 + Math.max(one.noise, other.noise))) {
      first = index + 1;
    }
  }
  return first + 1;
}

function rankedRow(row, rows, { cost, view, others, known, size }) {
  const unit = (name) => view.measures[name]?.unit;
  const cell = (found, ofUnit) =>
    element("td", { class: "number" }, found ? (found.exact ? "" : "≈ ") + quantity(found.value, ofUnit) : "");
  return element(
    "tr",
    {},
    element("td", { class: "number" }, String(rankOf(row, rows))),
    element("th", { scope: "row" }, element("a", { href: graphAddress(row.time.cell, cost) }, words(label(row.name)))),
    cell(row.time, unit("time")),
    ...others.map((name) => cell(at(lineOf(view, `time/${name}`, row.name), size), "")),
    ...known.map((name) =>
      name === "error"
        ? element("td", { class: "number" }, row.error ? errorWords(row.error.value) : "")
        : cell(row[name], unit(name)),
    ),
    known.includes("compile") ? element("td", { class: "number" }, breakEvenCalls(row, rows)) : null,
  );
}

const errorWords = (value) => (value === 0 ? "0" : value.toExponential(0));

/** The number of calls from which a choice is cheaper than the cheapest for a single call; the build includes one call. */
function breakEvenCalls(row, rows) {
  const known = rows.filter((one) => one.compile);
  if (!row.compile || known.length < 2) {
    return "";
  }
  const cheapest = known.reduce((best, one) => (one.compile.value < best.compile.value ? one : best));
  if (label(row.name) === label(cheapest.name)) {
    return "1";
  }
  const gain = cheapest.time.value - row.time.value;
  return gain > 0 ? (1 + Math.ceil((row.compile.value - cheapest.compile.value) / gain)).toLocaleString("en") : "never";
}

/** The address of a cell's graph in ASV's pages. */
function graphAddress(cell, cost) {
  const benchmark = cell.split("(")[0];
  const names = cost.parameters[benchmark] || [];
  const values = cell.slice(benchmark.length + 1, -1).split(", ");
  const pairs =
    names.length === values.length
      ? names.map((name, index) => `p-${encodeURIComponent(name)}=${encodeURIComponent(values[index])}`)
      : [];
  return `index.html#${encodeURIComponent(benchmark)}${pairs.length ? `?${pairs.join("&")}` : ""}`;
}

const TIMED = "timed";

function noteOnValues(now, rows, reasons) {
  const sentences = [`${axisTitle(now)}.`, "Empty: not measured."];
  if (rows.some((row) => [...row.children].some((cell) => cell.textContent === TIMED))) {
    sentences.push(`${TIMED}: the cell has a time, but no value of this quantity.`);
  }
  if (reasons.length) {
    sentences.push("n/a: the cell does not run; the number in brackets refers to the list of reasons.");
  }
  return sentences.join(" ");
}

/** All values, and the reasons for cells that do not run. */
export function support(now) {
  const { isVisible, measure, problem, view } = now;
  const reasons = distinct(view.support.flatMap((row) => row.states).filter(Boolean));
  const rows = view.support
    .filter((row) => isVisible(row.name))
    .map((row) => {
      const line = measure.lines.find((one) => label(one.name) === label(row.name));
      const cells = row.states.map((reason, index) => {
        const found = line?.points.find(([size]) => size === problem.sizes[index]);
        const text = found
          ? quantity(found[1], measure.unit)
          : reason
            ? `n/a (${reasons.indexOf(reason) + 1})`
            : reason === ""
              ? TIMED
              : "";
        return element("td", { class: "number" }, text);
      });
      return element("tr", {}, element("th", { scope: "row" }, words(label(row.name))), ...cells);
    });
  return element(
    "section",
    { "aria-label": "All values" },
    element("h2", {}, "All values, and why some are missing"),
    element("p", { class: "note", id: "support-note" }, noteOnValues(now, rows, reasons)),
    element(
      "div",
      { class: "wide" },
      element(
        "table",
        { class: "support", id: "support", "aria-describedby": "support-note" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("td", {}),
            ...problem.sizes.map((size) =>
              element("th", { scope: "col", class: "number" }, `${problem.size} = ${size.toLocaleString("en")}`),
            ),
          ),
        ),
        element("tbody", {}, ...rows),
      ),
    ),
    reasons.length
      ? element("ol", { class: "reason", id: "reasons" }, ...reasons.map((reason) => element("li", {}, reason)))
      : null,
  );
}
