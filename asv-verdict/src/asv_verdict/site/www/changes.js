// "What changed": the verdicts of the nights, newest first; each change has its values and its attribution.
import { commitLink, element, openPage, quantity, select, show, writeState } from "./common.js";

const SIGNS = { pass: "✓", regression: "▲", broken: "✕", inconclusive: "?" };
const PLURALS = { pass: "passes", regression: "regressions" };
const KINDS = {
  changes: "changes, and verdicts other than pass",
  all: "all verdicts",
};
// The words for the baselines of a report.
const BASELINES = { previous: "the previous commit", reference: "the reference", history: "its history" };
const NAMED = 10;

const [site, { nights }] = await openPage("changes.html", "changes.json");
let state;

function change(key, value) {
  state[key] = value;
  writeState(state);
  draw();
}

function draw() {
  const focused = document.activeElement?.id;
  const kind = state.show in KINDS ? state.show : "changes";
  const machines = [...new Set(nights.map((night) => night.machine))].sort();
  const ofMachine = nights.filter((night) => !machines.includes(state.machine) || night.machine === state.machine);
  const shown = ofMachine.filter((night) => kind === "all" || !isQuiet(night));
  document
    .querySelector("main")
    .replaceChildren(
      element("h1", {}, "What changed"),
      element("p", { id: "count" }, countWords(ofMachine)),
      nights.length
        ? element(
            "p",
            { class: "note" },
            "A cell is one benchmark with one combination of its parameters. A ratio is the new value divided by the old one, with its 99 % interval.",
          )
        : "",
      ...(nights.length ? [controls(kind, machines)] : []),
      ...shown.map(article),
    );
  if (focused) {
    document.getElementById(focused)?.focus();
  }
}

function controls(kind, machines) {
  const names = [["", "all"], ...machines.map((name) => [name, name])];
  return element(
    "div",
    { class: "controls" },
    select("show", "Show", Object.entries(KINDS), kind, change),
    machines.length > 1 ? select("machine", "Machine", names, state.machine || "", change) : null,
  );
}

const isQuiet = (night) => night.verdict === "pass" && !confirmed(night).length;
const confirmed = (night) => night.changes.filter((one) => one.state === "confirmed");

function countWords(found) {
  if (!found.length) {
    return "No verdict yet. Run `python -m asv_verdict nightly`.";
  }
  const counts = Object.keys(SIGNS)
    .map((verdict) => [found.filter((night) => night.verdict === verdict).length, verdict])
    .filter(([count]) => count)
    .map(([count, verdict]) => `${count} ${(count > 1 && PLURALS[verdict]) || verdict}`);
  const noun = found.every((night) => night.kind === "release") ? "release" : "night";
  return `${found.length} ${noun}${found.length === 1 ? "" : "s"}: ${counts.join(", ")}.`;
}

function article(night) {
  const commits = Object.entries(night.commits || {}).map(([role, hash]) =>
    element("li", {}, `${role}: `, commitLink(hash, site.commit_url), ` ${night.subjects?.[hash] || ""}`),
  );
  const lists = [
    ["Expected cells without a number", night.missing],
    ["Not compared", night.undecided],
    ["Left out for lack of time", night.left_out],
    ["Problems", night.problems],
    ["Notes", night.notes],
  ].filter(([, sentences]) => sentences?.length);
  return element(
    "article",
    { id: `night-${night.number}` },
    element(
      "h2",
      {},
      element("span", { class: `verdict-${night.verdict}` }, `${SIGNS[night.verdict] || ""} ${night.verdict}`),
      [night.title, (night.started || "").slice(0, 10), night.machine]
        .filter(Boolean)
        .map((part) => ` · ${part}`)
        .join(""),
    ),
    element(
      "p",
      { class: "note" },
      `${night.measured} of ${night.expected} expected cells measured${night.cpu ? ` on ${night.cpu}` : ""}`,
    ),
    element("ul", { class: "note" }, ...commits),
    // Confirmed changes come first.
    ...["confirmed", "inconclusive"]
      .flatMap((state) => night.changes.filter((one) => one.state === state))
      .map((one) => finding(one, night)),
    ...lists.map(([title, sentences]) => sentenceList(title, sentences, Boolean(night.folder))),
    night.folder
      ? element(
          "p",
          {},
          element("a", { href: `${night.folder}/report.md` }, "Report"),
          ", ",
          element("a", { href: `${night.folder}/report.json` }, "complete report as JSON"),
        )
      : null,
  );
}

function sentenceList(title, sentences, hasReport) {
  const items = sentences.slice(0, NAMED).map((sentence) => element("li", {}, sentence));
  const more =
    sentences.length > NAMED
      ? element("li", {}, `and ${sentences.length - NAMED} more${hasReport ? " in the complete report" : ""}`)
      : null;
  return element(
    "details",
    {},
    element("summary", {}, `${title}: ${sentences.length}`),
    element("ul", {}, ...items, more),
  );
}

function finding(one, night) {
  const ratio = one.ratio === null ? "∞" : one.ratio.toFixed(3);
  const [low, high] = one.interval || [];
  // As `Change.has_interval`: one round shows no scatter, and a level shift has no interval of its own.
  const isKnown = !one.threshold || one.rounds > 1 || (!one.rounds && low < high);
  const interval =
    isKnown && Number.isFinite(low) && Number.isFinite(high) ? ` (${low.toFixed(3)} to ${high.toFixed(3)})` : "";
  const what = one.state === "inconclusive" ? `inconclusive: ${one.effect}` : one.effect;
  const values = [one.before, one.after].map((value) => quantity(value, one.unit || "units"));
  return element(
    "section",
    {},
    element(
      "p",
      {},
      element("strong", { class: one.state === "confirmed" ? `effect-${one.effect}` : null }, `${what} × ${ratio}`),
      `${interval}, compared with ${BASELINES[one.baseline] || one.baseline}: `,
      element("a", { href: one.graph }, element("code", {}, one.cell)),
      values.every(Boolean) ? `, ${values[0]} → ${values[1]}` : "",
      Number.isFinite(one.threshold) ? `; threshold ${(100 * one.threshold).toFixed(1)} %` : "",
    ),
    attribution(one, night),
    one.plot && night.folder
      ? element("img", {
          class: "finding",
          loading: "lazy",
          src: `${night.folder}/${encodeURIComponent(one.plot)}`,
          alt: "Left: the history of this cell. Right: the rounds of the confirmation.",
        })
      : null,
  );
}

function attribution(one, night) {
  const parts = [];
  const named = (hash) => [commitLink(hash, site.commit_url), ` ${night.subjects?.[hash] || ""}`.trimEnd()];
  const commits = one.commits || [];
  if (commits.length === 1) {
    parts.push(element("span", {}, ...named(commits[0])));
  } else if (commits.length) {
    parts.push(
      element(
        "span",
        {},
        `one of ${commits.length} commits from `,
        ...named(commits[0]),
        " to ",
        ...named(commits[commits.length - 1]),
      ),
    );
  }
  if (one.packages?.length) {
    parts.push(element("span", {}, one.packages.join(", ")));
  }
  const attributed = parts.length
    ? ["Attributed to ", ...parts.flatMap((part, index) => (index ? ["; ", part] : [part])), ". "]
    : [];
  const accepted = one.accepted ? [`Accepted: ${one.accepted}`] : [];
  return attributed.length || accepted.length ? element("p", { class: "note" }, ...attributed, ...accepted) : null;
}

show((said) => {
  state = said;
  draw();
});
