// "Gradient cost" and the like: what each choice costs over size, who is best where, and a table for one size.
import { commitLink, day, element, labelled, openPage, quantity, select, show, writeState } from "./common.js";

// Okabe and Ito's colours, which people who do not see all colours tell apart; what is not ranked has the text's.
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f"];
const DASHES = ["solid", "dash", "dot", "dashdot"];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up"];
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
  return { shown, problem, sources, from, views, view, quantities, quantityName, ratios, over, measure };
}

const source = (view) => `${view.machine}, ${view.environment}`;
const distinct = (values) => [...new Set(values)];
const label = (name) => name.join(" ");
const words = (text) => text.replaceAll("_", " ");

/** The values of each parameter of a choice that are not shown. */
function hidden() {
  return new Set((state.hide || "").split(",").filter(Boolean).map(decodeURIComponent));
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

// --- The plot ---

function style(name) {
  const first = distinct(everyName().map((one) => one[0])).indexOf(name[0]);
  const others = distinct(everyName().map((one) => one.slice(1).join(" ") || one[0]));
  const colour = others.indexOf(name.slice(1).join(" ") || name[0]);
  const kind = name.length > 1 ? first : 0;
  return { colour: COLOURS[colour % COLOURS.length], dash: DASHES[kind % DASHES.length], symbol: SYMBOLS[kind % SYMBOLS.length] };
}

/** Of all problems, so that a choice looks the same in each of them. */
function everyName() {
  everyName.found ||= cost.problems.flatMap((problem) => problem.views.flatMap((view) => view.support.map((row) => row.name)));
  return everyName.found;
}

function drawPlot(target, now) {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const lines = now.measure.lines.filter((line) => isVisible(line.name));
  const traces = lines.flatMap((line) => traceOf(line, now, colour));
  const axis = { gridcolor: colour("--grid"), linecolor: colour("--line"), zeroline: false, automargin: true };
  const marks = visibleCrossings(now);
  if (marks.length) {
    traces.push({
      x: marks.map((one) => one.size),
      y: marks.map((one) => one.value),
      text: marks.map((one) => escaped(words(one.sentence))),
      hoverinfo: "text",
      mode: "markers",
      name: "curves cross",
      marker: { symbol: "circle-open", size: 15, color: colour("--text"), line: { width: 1.5 } },
    });
  }
  const layout = {
    margin: { l: 60, r: 10, t: 10, b: 45 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--text"), family: "system-ui, sans-serif" },
    hoverlabel: { bgcolor: colour("--field"), font: { color: colour("--text") }, bordercolor: colour("--line") },
    xaxis: { ...axis, type: "log", title: { text: escaped(now.problem.size) }, tickvals: ticks(now), ticktext: ticks(now).map((size) => size.toLocaleString("en")) },
    yaxis: { ...axis, type: "log", title: { text: escaped(axisTitle(now)) }, ...heights(now) },
    legend: { orientation: narrow.matches ? "h" : "v", itemclick: false, itemdoubleclick: false, y: narrow.matches ? -0.2 : 1 },
    hovermode: "closest",
  };
  window.Plotly.newPlot(target, traces, layout, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] });
}

/** A line, and the band of its noise. */
function traceOf(line, now, colour) {
  const look = style(line.name);
  const colourOf = line.ranked ? look.colour : colour("--text");
  const x = line.points.map(([size]) => size);
  const upper = line.points.map(([, value, noise]) => value * (1 + noise));
  const lower = line.points.map(([, value, noise]) => value / (1 + noise));
  const band = {
    x: [...x, ...[...x].reverse()],
    y: [...upper, ...lower.reverse()],
    fill: "toself",
    fillcolor: colourOf,
    opacity: 0.2,
    line: { width: 0 },
    mode: "lines",
    hoverinfo: "skip",
    showlegend: false,
  };
  const curve = {
    x,
    y: line.points.map(([, value]) => value),
    text: line.points.map((point) => escaped(hover(line, point, now))),
    hoverinfo: "text",
    mode: "lines+markers",
    name: escaped(words(label(line.name))),
    line: { color: colourOf, dash: look.dash, width: line.ranked ? 2 : 1.25 },
    marker: { symbol: look.symbol, size: 8, color: colourOf },
  };
  return [band, curve];
}

function hover(line, [size, value, noise, commit], now) {
  const [hash, date] = cost.commits[commit];
  const parts = [
    words(label(line.name)),
    `${now.problem.size} = ${size.toLocaleString("en")}`,
    `${quantity(value, now.measure.unit)} ± ${(100 * noise).toFixed(1)} %`,
    `commit ${hash.slice(0, 8)}, ${day(date)}`,
  ];
  return parts.join(" · ");
}

/** Plotly reads a little HTML in its texts. */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function ticks(now) {
  return distinct(now.measure.lines.flatMap((line) => line.points.map(([size]) => size))).sort((a, b) => a - b);
}

/** Marks of the vertical axis in units that people read: each power of ten, and where there are few of them 2 and 5. */
function heights(now) {
  const values = now.measure.lines.flatMap((line) => line.points.map(([, value]) => value)).filter((value) => value > 0);
  const [least, largest] = [Math.min(...values), Math.max(...values)].map(Math.log10);
  const steps = largest - least < 2.5 ? [1, 2, 5] : [1];
  const found = [];
  for (let power = Math.floor(least) - 1; power <= Math.ceil(largest); power += 1) {
    found.push(...steps.map((step) => step * 10 ** power));
  }
  return { tickvals: found, ticktext: found.map((value) => quantity(value, now.measure.unit)) };
}

function axisTitle(now) {
  const name = cost.quantities[now.quantityName];
  return now.over ? `${name}, as a multiple of ${words(now.over)}` : name;
}

function visibleCrossings(now) {
  const visible = new Set(now.measure.lines.filter((line) => isVisible(line.name)).map((line) => label(line.name)));
  return now.measure.crossings.filter((one) => visible.has(one.better) && visible.has(one.worse));
}

// --- In words ---

function statements(now) {
  const marks = visibleCrossings(now);
  const items = marks.map((one) => element("li", {}, words(one.sentence)));
  return element(
    "section",
    { class: "words", "aria-label": "In words" },
    element("p", { id: "summary" }, words(now.measure.words)),
    marks.length
      ? element("details", { id: "crossings" }, element("summary", {}, `${marks.length} crossings of the curves that are shown`), element("ul", {}, ...items))
      : element("p", { id: "crossings", class: "note" }, "No two of the curves that are shown cross beyond their noise."),
  );
}

// --- The table for one size ---

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

function ranking(now) {
  const { problem, view } = now;
  const measured = distinct(view.measures.time.lines.flatMap((line) => line.points.map(([size]) => size))).sort((a, b) => a - b);
  const [least, largest] = [measured[0], measured[measured.length - 1]];
  const wanted = Number(state.size);
  const isKnown = wanted >= least && wanted <= largest;
  const size = isKnown ? wanted : largest;
  const input = element("input", { type: "number", id: "choose-size", min: least, max: largest, step: "any", value: size });
  input.addEventListener("change", () => change("size", input.value));
  const rows = rankedRows(view, size);
  const others = Object.keys(view.measures).filter((name) => name.startsWith("time/")).map((name) => name.slice("time/".length));
  const known = ["memory", "compile", "error"].filter((name) => name in view.measures);
  const columns = ["", "choice", cost.quantities.time, ...others.map((name) => `× ${words(name)}`), ...known.map((name) => cost.quantities[name])];
  if (known.includes("compile")) {
    columns.push("pays after");
  }
  const table = element(
    "table",
    { id: "ranking" },
    element("thead", {}, element("tr", {}, ...columns.map((title, index) => element("th", { scope: "col", class: index > 1 ? "number" : null }, title)))),
    element("tbody", {}, ...rows.map((row, index) => rankedRow(row, index, rows, { view, others, known, size }))),
  );
  return element(
    "section",
    { "aria-label": "Table for one size" },
    element("h2", {}, `Which one at this size?`),
    element("div", { class: "controls" }, labelled(`${problem.size}, from ${least.toLocaleString("en")} to ${largest.toLocaleString("en")}`, input)),
    state.size && !isKnown ? element("p", { class: "note" }, `${state.size} is beyond what was measured; this is ${problem.size} = ${size.toLocaleString("en")}.`) : null,
    element("div", { class: "wide" }, table),
    element("p", { class: "note" }, `≈ is between measured sizes. “Pays after” is the number of calls from which it is the cheaper one, with all that comes before its first result, than what is cheapest for a single call.`),
  );
}

function rankedRows(view, size) {
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

function rankedRow(row, index, rows, { view, others, known, size }) {
  const unit = (name) => view.measures[name]?.unit;
  const cell = (found, ofUnit) => element("td", { class: "number" }, found ? (found.exact ? "" : "≈ ") + quantity(found.value, ofUnit) : "");
  return element(
    "tr",
    {},
    element("td", { class: "number" }, String(index + 1)),
    element("th", { scope: "row" }, element("a", { href: graphAddress(row.time.cell) }, words(label(row.name)))),
    cell(row.time, unit("time")),
    ...others.map((name) => cell(at(lineOf(view, `time/${name}`, row.name), size), "")),
    ...known.map((name) => (name === "error" ? element("td", { class: "number" }, row.error ? errorWords(row.error.value) : "") : cell(row[name], unit(name)))),
    known.includes("compile") ? element("td", { class: "number" }, paysAfter(row, rows)) : null,
  );
}

const errorWords = (value) => (value === 0 ? "0" : value.toExponential(0));

/** Calls from which a choice is cheaper than the one that is cheapest for a single call. */
export function paysAfter(row, rows) {
  const known = rows.filter((one) => one.compile);
  if (!row.compile || known.length < 2) {
    return "";
  }
  const once = (one) => one.compile.value + one.time.value;
  const cheapest = known.reduce((best, one) => (once(one) < once(best) ? one : best));
  if (label(row.name) === label(cheapest.name)) {
    return "one call";
  }
  const gain = cheapest.time.value - row.time.value;
  return gain > 0 ? `${Math.ceil((row.compile.value - cheapest.compile.value) / gain).toLocaleString("en")} calls` : "never";
}

/** ASV's graph of a cell. */
function graphAddress(cell) {
  const benchmark = cell.split("(")[0];
  const names = cost.parameters[benchmark] || [];
  const values = cell.slice(benchmark.length + 1, -1).split(", ");
  const pairs = names.length === values.length ? names.map((name, index) => `p-${encodeURIComponent(name)}=${encodeURIComponent(values[index])}`) : [];
  return `index.html#${encodeURIComponent(benchmark)}${pairs.length ? `?${pairs.join("&")}` : ""}`;
}

// --- What runs, and why not ---

function support(now) {
  const { problem, view, measure } = now;
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

// --- Where it comes from ---

function provenance(now) {
  const from = now.view.provenance;
  const packages = Object.entries(from.packages).map(([name, version]) => `${name} ${version}`);
  const dates = distinct([day(from.first), day(from.last)]).join(" to ");
  const hashes = distinct(now.view.measures.time.lines.flatMap((line) => line.points.map((point) => cost.commits[point[3]][0])));
  const noise = now.view.measures.time.lines.flatMap((line) => line.points.map((point) => point[2])).sort((a, b) => a - b);
  const range = `${(100 * noise[Math.floor(noise.length / 2)]).toFixed(1)} % in the median and ${(100 * noise[noise.length - 1]).toFixed(1)} % at most, as the bands show`;
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
