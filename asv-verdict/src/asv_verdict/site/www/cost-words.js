// The sentences of the page "Gradient cost": terms, summary, crossings and provenance.
import { commitLink, day, distinct, element, words } from "./common.js";
import { visibleCrossings } from "./cost-plot.js";

/** The meaning of the parameter values and denominators in the plot. */
export function terms(now, cost) {
  const used = new Set([...now.ratios, ...now.measure.lines.flatMap((line) => line.name)]);
  const rows = Object.entries(cost.terms).filter(([term]) => used.has(term));
  const list = rows.flatMap(([term, meaning]) => [element("dt", {}, words(term)), element("dd", {}, meaning)]);
  return rows.length
    ? element("details", { id: "terms" }, element("summary", {}, "What these words mean"), element("dl", {}, ...list))
    : null;
}

/** The summary and the crossings. `isVisible` tells whether the curve of a name is shown. */
export function statements(now, isVisible) {
  const marks = visibleCrossings(now);
  const hides = now.measure.lines.some((line) => line.ranked && !isVisible(line.name));
  const items = marks.map((one) => element("li", {}, words(one.sentence)));
  return element(
    "section",
    { class: "words", "aria-label": "In words" },
    element("p", { id: "summary" }, words(now.measure.words), hides ? " (hidden curves included)" : ""),
    marks.length
      ? element(
          "details",
          { id: "crossings" },
          element("summary", {}, crossingCount(marks.length)),
          element("ul", {}, ...items),
        )
      : noCrossing(now),
  );
}

const crossingCount = (count) =>
  count === 1 ? "1 crossing of the visible curves" : `${count} crossings of the visible curves`;

/** The sentence that no visible curves cross, unless each has one size only. */
function noCrossing(now) {
  const hasCurves = now.measure.lines.some((line) => line.points.length > 1);
  return hasCurves
    ? element("p", { id: "crossings", class: "note" }, "No two visible curves cross by more than their noise.")
    : null;
}

/** The machine, dates, commits and packages behind the curves, and their noise. */
export function provenance(now, cost, site) {
  const from = now.view.provenance;
  const packages = Object.entries(from.packages).map(([name, version]) => `${name} ${version}`);
  const dates = distinct([day(from.first), day(from.last)]).join(" to ");
  const hashes = distinct(
    now.view.measures.time.lines.flatMap((line) => line.points.map((point) => cost.commits[point[3]][0])),
  );
  const noise = now.view.measures.time.lines
    .flatMap((line) => line.points.map((point) => point[2]))
    .sort((a, b) => a - b);
  const [median, most] = [noise[Math.floor(noise.length / 2)], noise[noise.length - 1]].map(
    (one) => `${(100 * one).toFixed(1)} %`,
  );
  const range = median === most ? most : `${median} (median), ${most} (largest)`;
  const floor = now.view.noise_is_measured
    ? `Noise floor: ${range}.`
    : `Noise floor: not measured, assumed to be ${range}.`;
  const about = [from.cpu, ...from.gpus, from.system, from.python && `Python ${from.python}`, ...packages]
    .filter(Boolean)
    .join(", ");
  const all = Object.entries(from.all_packages)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
  const commits = hashes.slice(0, 5).flatMap((hash) => [" ", commitLink(hash, site.commit_url)]);
  return element(
    "footer",
    { id: "provenance", class: "note" },
    element("h2", {}, "Measured with"),
    element(
      "p",
      {},
      `${from.machine}: ${about || from.environment}. Measured ${dates}. ${floor} Commit${hashes.length > 1 ? "s" : ""}`,
      ...commits,
      hashes.length > 5 ? ` and ${hashes.length - 5} more.` : ".",
    ),
    all ? element("details", {}, element("summary", {}, "All packages"), all) : null,
  );
}
