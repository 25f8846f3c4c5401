// The plot of the cost page: a curve over size for each choice, on logarithmic axes.
import { day, distinct, label, quantity, words } from "./common.js";

// Six of Okabe and Ito's colours, which colour-blind readers can distinguish, and four more. pictures.py has the same.
// Unranked lines have the colour of the text.
const COLOURS = [
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#8c6d31",
  "#7f7f7f",
  "#0072b2",
  "#aa4499",
  "#999933",
];
const DASHES = ["solid", "dash", "dot", "dashdot"];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up"];

function style(name, now) {
  const first = Math.max(distinct(everyName(now).map((one) => one[0])).indexOf(name[0]), 0);
  const others = distinct(everyName(now).map((one) => one.slice(1).join(" ") || one[0]));
  const colour = Math.max(others.indexOf(name.slice(1).join(" ") || name[0]), 0);
  const kind = name.length > 1 ? first : 0;
  // With more choices than colours, choices of one colour differ in their markers.
  const mark = kind + Math.floor(colour / COLOURS.length);
  return {
    colour: COLOURS[colour % COLOURS.length],
    dash: DASHES[kind % DASHES.length],
    symbol: SYMBOLS[mark % SYMBOLS.length],
  };
}

/** The ranked choices of all problems: a choice has the same colour in each problem. */
function everyName({ cost }) {
  everyName.found ||= cost.problems.flatMap((problem) =>
    problem.views.flatMap((view) => view.support.filter((row) => row.ranked).map((row) => row.name)),
  );
  return everyName.found;
}

/** Draw the visible curves with their noise bands and crossings. */
export function drawPlot(target, now) {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const lines = now.measure.lines.filter((line) => now.isVisible(line.name));
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
      name: "crossing",
      marker: { symbol: "circle-open", size: 15, color: colour("--text"), line: { width: 1.5 } },
    });
  }
  const layout = {
    margin: { l: 60, r: 10, t: 10, b: 45 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--text"), family: "system-ui, sans-serif" },
    hoverlabel: { bgcolor: colour("--field"), font: { color: colour("--text") }, bordercolor: colour("--line") },
    xaxis: {
      ...axis,
      type: "log",
      title: { text: escaped(now.problem.size) },
      tickvals: ticks(now),
      ticktext: ticks(now).map((size) => size.toLocaleString("en")),
    },
    yaxis: { ...axis, type: "log", title: { text: escaped(axisTitle(now)) }, ...heights(now) },
    legend: { orientation: now.narrow ? "h" : "v", itemclick: false, itemdoubleclick: false, y: now.narrow ? -0.2 : 1 },
    hovermode: "closest",
  };
  window.Plotly.newPlot(target, traces, layout, {
    responsive: true,
    displaylogo: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d"],
  });
}

/** A curve and its noise band. */
function traceOf(line, now, colour) {
  const look = style(line.name, now);
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
  const [hash, date] = now.cost.commits[commit];
  const parts = [
    words(label(line.name)),
    `${now.problem.size} = ${size.toLocaleString("en")}`,
    `${quantity(value, now.measure.unit)}, noise floor ${(100 * noise).toFixed(1)} %`,
    `commit ${hash.slice(0, 8)}, ${day(date)}`,
  ];
  return parts.join(" · ");
}

/** Plotly interprets some HTML in texts. */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function ticks(now) {
  return distinct(now.measure.lines.flatMap((line) => line.points.map(([size]) => size))).sort((a, b) => a - b);
}

/** Ticks of the vertical axis with readable units: powers of ten, and their multiples by 2 and 5 on a short axis. */
function heights(now) {
  const values = now.measure.lines
    .flatMap((line) => line.points.map(([, value]) => value))
    .filter((value) => value > 0);
  const [least, largest] = [Math.min(...values), Math.max(...values)].map(Math.log10);
  const steps = largest - least < 2.5 ? [1, 2, 5] : [1];
  const found = [];
  for (let power = Math.floor(least) - 1; power <= Math.ceil(largest); power += 1) {
    found.push(...steps.map((step) => step * 10 ** power));
  }
  return { tickvals: found, ticktext: found.map((value) => quantity(value, now.measure.unit)) };
}

/** The title of the vertical axis. */
export function axisTitle(now) {
  const name = now.cost.quantities[now.quantityName];
  return now.over ? `${name}, as a multiple of ${words(now.over)}` : name;
}

/** The crossings of two visible curves. */
export function visibleCrossings(now) {
  const visible = new Set(now.measure.lines.filter((line) => now.isVisible(line.name)).map((line) => label(line.name)));
  return now.measure.crossings.filter((one) => visible.has(one.better) && visible.has(one.worse));
}
