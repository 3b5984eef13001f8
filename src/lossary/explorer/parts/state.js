// What the page shows, and the address that says so.

const MOST_LOSSES = 4, MOST_POINTS = 300, MOST_LABELLED = 100;
const FURTHEST = 1e100; // of places and weights: their squares, and sums of these, are still numbers

const START = {
  points: [[1, 1.7], [2, 2.1], [3, 2.9], [4, 3.1], [5, 4.2], [6, 4.4], [7, 5.3], [8, 5.7], [9, 0.6]]
    .map(([x, y]) => ({ x, y, w: 1 })),
  losses: ["squared_error", "huber", "absolute_error"].map(name => ({ name, given: {} })),
  selected: 8, weigh: null, guess: null, hidden: false, residual: 2.5, skew: 0.6, scatter: "leaning",
  surface: 0, start: [1, 4], rate: 0.01, batch: 0, steps: 60,
  cloud: "blobs", seed: 1, flipped: 0, labelled: null, two: ["logistic", "hinge", "exponential"], shade: 0,
  model: "line", ridge: 0.05, pace: 0.3, epochs: 0, dot: 0,
  scores: [2, 1, 0, -1], target: [1, 0, 0, 0], smoothing: 0, temperature: 1, gamma: 2,
  formula: "log(1 + (f - y)^2 / c)", constants: { c: 1 }, at: 0,
};

const RANGES = { residual: [-6, 6], skew: [-1, 1], rate: [0.001, 1], batch: [0, 3], steps: [0, 300],
  smoothing: [0, 0.5], temperature: [0.25, 4], gamma: [0, 5], seed: [1, 999999], flipped: [0, 0.5], ridge: [0.001, 1],
  pace: [0.001, 10], epochs: [0, 2000], at: [-6, 6] };
const WHOLE = ["steps", "seed", "epochs"];
const CHOICES = { scatter: ["leaning", "points"], cloud: Object.keys(CLOUDS), model: ["line", "network"] };
const LONGEST_FORMULA = 200;

const copyOf = value => JSON.parse(JSON.stringify(value));

const spec = ({ name, given }) => {
  const said = Object.entries(given).map(([parameter, value]) => `${parameter}=${value}`);
  return said.length ? `${name}:${said.join(",")}` : name;
};

// A loss as an address or a person writes it; null if it is none of ours.
const parsed = text => {
  const [name, rest = ""] = text.split(":");
  if (!Object.hasOwn(LOSSES, name)) return null;
  const given = {};
  for (const part of rest.split(",").filter(Boolean)) {
    const [parameter, value] = part.split("=");
    const known = LOSSES[name].parameters.find(each => each.name === parameter);
    if (known && value !== "" && isInside(known, Number(value))) given[parameter] = Number(value);
  }
  return { name, given };
};

const written = state => {
  const pairs = [["points", state.points.map(({ x, y, w }) => w === 1 ? `${x},${y}` : `${x},${y},${w}`).join(";")]];
  for (const each of state.losses) pairs.push(["loss", spec(each)]);
  if (state.selected !== null) pairs.push(["point", state.selected + 1]);
  if (state.weigh !== null) pairs.push(["weights", state.weigh + 1]);
  if (state.guess) pairs.push(["guess", state.guess.join(",")]);
  if (state.hidden) pairs.push(["hidden", 1]);
  pairs.push(["residual", state.residual], ["skew", state.skew]);
  if (state.surface) pairs.push(["surface", state.surface + 1]);
  pairs.push(["start", state.start.join(",")], ["rate", state.rate], ["batch", state.batch], ["steps", state.steps]);
  for (const name of ["scores", "target"]) pairs.push([name, state[name].join(",")]);
  for (const name of ["smoothing", "temperature", "gamma"]) pairs.push([name, state[name]]);
  pairs.push(...changedPairs(state));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&").replaceAll("+", "%2B");
};

// What stands in the address only where it is not as at the start.
const changedPairs = state => {
  const told = {
    ...Object.fromEntries(["scatter", "cloud", "seed", "flipped", "shade", "model", "ridge", "pace", "epochs", "at"].map(name => [name, state[name]])),
    two: state.two.join(), labelled: state.labelled?.map(each => each.join()).join(";") ?? "",
    formula: encodeURIComponent(state.formula),
    constants: Object.entries(state.constants).map(([name, value]) => `${name}:${value}`).join(),
  };
  const usual = state === START ? {} : Object.fromEntries(changedPairs(START));
  return Object.entries(told).filter(([name, value]) => String(value) !== String(usual[name] ?? ""));
};

const isNear = value => Number.isFinite(value) && Math.abs(value) <= FURTHEST;
const someCount = points => points.some(each => each.w > 0);

const numbers = text => text.split(",").map(part => part.trim() === "" ? NaN : Number(part));

const readTwoClasses = (asked, state) => {
  const labelled = (asked.get("labelled") ?? "").split(";").map(numbers)
    .filter(([across, up, label, ...more]) => !more.length && Math.abs(across) <= EDGE && Math.abs(up) <= EDGE && (label === 0 || label === 1));
  if (labelled.length >= 2) state.labelled = labelled.slice(0, MOST_LABELLED);
  const two = [...new Set((asked.get("two") ?? "").split(","))].filter(name => Object.hasOwn(TWO, name)).slice(0, MOST_LOSSES);
  if (two.length) state.two = two;
  const shade = Number(asked.get("shade"));
  if (Number.isInteger(shade) && shade > 0 && shade < state.two.length) state.shade = shade;
};

const readOwn = (asked, state) => {
  const formula = asked.get("formula");
  if (formula === null || !formula.trim() || formula.length > LONGEST_FORMULA) return;
  const constants = (asked.get("constants") ?? "").split(",").map(each => each.split(":"))
    .filter(([name, value, ...more]) => /^[A-Za-z_]\w*$/.test(name) && value?.trim() && Number.isFinite(Number(value)) && !more.length);
  Object.assign(state, { formula, constants: Object.fromEntries(constants.map(([name, value]) => [name, Number(value)])) });
};

// The state that an address asks for; what it does not say, or says wrongly, is as at the start.
const read = address => {
  const asked = new URLSearchParams(address), state = copyOf(START);
  const points = (asked.get("points") ?? "").split(";").filter(Boolean).map(numbers)
    .filter(each => (each.length === 2 || each.length === 3) && each.every(isNear) && (each[2] ?? 1) >= 0)
    .map(([x, y, w = 1]) => ({ x, y, w })).slice(0, MOST_POINTS);
  if (someCount(points)) { state.points = points; state.selected = null; }
  const losses = asked.getAll("loss").map(parsed).filter(Boolean).slice(0, MOST_LOSSES);
  if (losses.length) state.losses = losses;
  const place = (name, count) => {
    const number = Number(asked.get(name));
    return Number.isInteger(number) && number >= 1 && number <= count ? number - 1 : null;
  };
  if (asked.has("point")) state.selected = place("point", state.points.length);
  state.weigh = place("weights", state.losses.length);
  state.surface = place("surface", state.losses.length) ?? 0;
  for (const name of ["guess", "start"]) {
    const pair = numbers(asked.get(name) ?? "");
    if (pair.length === 2 && pair.every(isNear)) state[name] = pair;
  }
  state.hidden = Boolean(state.guess) && asked.get("hidden") === "1";
  const row = name => numbers(asked.get(name) ?? "");
  const scores = row("scores"), target = row("target");
  if (scores.length === 4 && scores.every(each => Math.abs(each) <= 8)) state.scores = scores;
  if (target.length === 4 && target.every(each => each >= 0 && each <= 1) && target.some(each => each > 0)) state.target = target;
  for (const [name, [low, high]] of Object.entries(RANGES)) {
    const value = asked.get(name);
    if (value && Number.isFinite(Number(value))) state[name] = between(Number(value), low, high);
  }
  for (const name of WHOLE) state[name] = Math.round(state[name]);
  for (const [name, words] of Object.entries(CHOICES)) if (words.includes(asked.get(name))) state[name] = asked.get(name);
  readTwoClasses(asked, state);
  readOwn(asked, state);
  if (![0, 1, 3].includes(state.batch)) state.batch = START.batch;
  return state;
};

const firstAddress = () => location.hash.slice(1) || document.querySelector("main").dataset.start;

let state = read(firstAddress());
const watchers = [];
let isDue = false;

// Browsers stop a page that writes its address at every step of a drag.
const SAVED_EVERY = 400;
let saving = 0, savedAt = -SAVED_EVERY;

const save = () => {
  saving = 0;
  savedAt = performance.now();
  const address = `#${written(state)}`;
  if (address !== location.hash) history.replaceState(null, "", address);
};

// Say that the state has changed: all is drawn anew in the next frame, once.
const changed = () => {
  saving ||= setTimeout(save, Math.max(0, savedAt + SAVED_EVERY - performance.now()));
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    watchers.forEach(watch => watch(state));
  });
};

addEventListener("hashchange", () => { state = read(firstAddress()); changed(); });
