// Two classes: points with labels in the plane, and what a line or a small network makes of them under each loss.

const twoFigure = byId("two-figure"), trainingFigure = byId("training-figure");
const MOST_EPOCHS = RANGES.epochs[1], EPOCHS_A_FRAME = 4, EPOCHS_AT_ONCE = 250;
const MOVED_FROM = 4; // pixels: less is a click
const MARKS = ["M-5-5H5V5H-5Z", "M-5.5 0A5.5 5.5 0 1 1 5.5 0A5.5 5.5 0 1 1-5.5 0Z"], CLASS_NAMES = ["square", "disc"];

const givenOfTwo = name => name === "focal" ? { gamma: state.gamma, alpha: 0.5 } : {};
const boundTwo = name => bound(TWO[name], givenOfTwo(name));
const twoSpec = name => spec({ name, given: givenOfTwo(name) });

const labelledPoints = () => state.labelled ?? cloudOf(state);

// What is done to the points by hand stands in the address point by point.
const editable = () => state.labelled ??= labelledPoints();

// The probability at which a score would be the best answer: the two labels' gradients, weighed by it, cancel there.
const probabilityOf = (name, loss) => {
  const [no, yes] = TWO[name].labels;
  return score => {
    if (!TWO[name].hasProbabilities) return score > 0 ? 1 : 0;
    const f = between(score, -30, 30), down = loss.grad(no, f), up = loss.grad(yes, f), share = down / (down - up);
    return Number.isFinite(share) ? between(share, 0, 1) : Number(f > 0);
  };
};

const lineOf = (name, points) => {
  const { labels } = TWO[name], w = 1 / points.length;
  const rows = points.map(([across, up, label]) => ({ u: [across, up, 1], y: labels[label], w }));
  const ridge = [state.ridge, state.ridge, 0];
  const apart = [0, 1].map(i => rows.reduce((sum, { u }, k) => sum + w * (points[k][2] ? 1 : -1) * u[i], 0));
  const { b } = leastScores(boundTwo(name), rows, ridge, [[0, 0, 0], [...apart, 0]]);
  return { score: ([across, up]) => b[0] * across + b[1] * up + b[2], line: b };
};

// The networks under training: kept from step to step, and begun anew when anything that they depend on changes.
let training = { key: "" };

const trained = points => {
  const key = JSON.stringify([points, state.two.map(twoSpec), state.seed, state.pace]);
  if (training.key !== key || training.done > state.epochs) {
    training = { key, done: 0, runs: state.two.map(name => {
      const rows = points.map(([across, up, label]) => ({ x: [across, up], y: TWO[name].labels[label] })), network = freshNetwork(state.seed);
      return { name, loss: boundTwo(name), rows, network, costs: [networkCost(network, boundTwo(name), rows)], isAway: false };
    }) };
  }
  for (; training.done < state.epochs; training.done += 1) training.runs.forEach(train);
  return training.runs.map(({ network, isAway }) => ({ score: inputs => scoreOf(network, inputs), isAway }));
};

const train = run => {
  if (run.isAway) return;
  run.network = steppedNetwork(run.network, run.loss, run.rows, state.pace);
  const cost = networkCost(run.network, run.loss, run.rows);
  run.costs.push(cost);
  run.isAway = !(cost < 1e6);
};

// Scores on a grid: contours and shades are drawn from them, of lines and networks alike.
const gridOf = ({ score }) => {
  const places = Array.from({ length: CELLS + 1 }, (_, i) => EDGE * (2 * i / CELLS - 1));
  return places.map(across => places.map(up => score([across, up])));
};

const heightOfTwo = () => Math.min(Math.max(twoFigure.clientWidth, 260), 470);

let twoView = null, twoHandles = [], twoHeld = null, twoBuiltFor = "";

const placeInTwo = event => {
  const box = twoFigure.getBoundingClientRect();
  return [toTenths(twoView.x.back(event.clientX - box.left)), toTenths(twoView.y.back(event.clientY - box.top))];
};

const flip = index => { const point = editable()[index]; point[2] = 1 - point[2]; state.dot = index; changed(); };

const removeLabelled = index => {
  if (editable().length <= 2) return;
  state.labelled.splice(index, 1);
  state.dot = Math.min(index, state.labelled.length - 1);
  changed();
  focusDot();
};

const focusDot = () => requestAnimationFrame(() => requestAnimationFrame(() => twoHandles[state.dot]?.group.focus()));

const addLabelled = place => {
  if (editable().length >= MOST_LABELLED) return;
  state.labelled.push([...place, 1]);
  state.dot = state.labelled.length - 1;
  changed();
};

const keyInTwo = index => event => {
  const arrow = ARROWS[event.key], point = () => editable()[index];
  if (arrow) {
    const step = event.shiftKey ? FAR_STEP : STEP;
    Object.assign(point(), [0, 1].map(i => toTenths(point()[i] + step * arrow[i])));
    changed();
  } else if (event.key === "Enter" || event.key === " ") flip(index);
  else if (event.key === "Delete" || event.key === "Backspace") removeLabelled(index);
  else if (event.key === "PageDown" || event.key === "PageUp") {
    const count = twoHandles.length;
    state.dot = (index + (event.key === "PageDown" ? 1 : count - 1)) % count;
    changed();
    focusDot();
  } else return;
  event.preventDefault();
};

const labelledHandle = index => {
  const mark = svg("path", {});
  const group = svg("g", { role: "slider", class: "labelled", onkeydown: keyInTwo(index), onfocus: () => { if (state.dot !== index) { state.dot = index; changed(); } },
    onpointerdown: event => {
      event.preventDefault();
      group.focus({ preventScroll: true });
      twoFigure.querySelector("svg").setPointerCapture(event.pointerId);
      twoHeld = { index, from: [event.clientX, event.clientY], isMoved: false };
    } }, svg("circle", { class: "target", r: 14 }), mark);
  return { group, update: ([across, up, label]) => {
    dressed(group, { transform: `translate(${twoView.x(across).toFixed(1)} ${twoView.y(up).toFixed(1)})`, tabindex: index === state.dot ? 0 : -1,
      "aria-label": `Labelled point ${index + 1}`, "aria-valuemin": -EDGE, "aria-valuemax": EDGE, "aria-valuenow": up,
      "aria-valuetext": `${CLASS_NAMES[label]}, across ${across}, up ${up}` });
    dressed(mark, { class: `class-${label}`, d: MARKS[label] });
  } };
};

const onMoveInTwo = event => {
  if (!twoHeld) return;
  const { index, from } = twoHeld;
  twoHeld.isMoved ||= Math.hypot(event.clientX - from[0], event.clientY - from[1]) > MOVED_FROM;
  if (!twoHeld.isMoved) return;
  Object.assign(editable()[index], placeInTwo(event));
  changed();
};

const onReleaseInTwo = event => {
  if (twoHeld && !twoHeld.isMoved && event.type === "pointerup") flip(twoHeld.index);
  twoHeld = null;
};

const buildTwo = points => {
  const width = Math.max(twoFigure.clientWidth, 260), height = heightOfTwo();
  const frame = { left: 30, right: width - 10, top: 12, bottom: height - 26 };
  twoView = { frame, x: linear([-EDGE, EDGE], [frame.left, frame.right]), y: linear([-EDGE, EDGE], [frame.bottom, frame.top]) };
  twoHandles = points.map((_, index) => labelledHandle(index));
  const inside = { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top };
  layers.two = svg("g", { "clip-path": "url(#clip-two)" });
  const sheet = svg("rect", { class: "sheet", ...inside, onclick: event => addLabelled(placeInTwo(event)) });
  layers.shade = html("canvas", { width: CELLS + 1, height: CELLS + 1, "aria-hidden": "true",
    style: `left:${inside.x}px;top:${inside.y}px;width:${inside.width}px;height:${inside.height}px` });
  twoFigure.replaceChildren(layers.shade, svg("svg", { width, height, role: "group", "aria-labelledby": "two-title",
    onpointermove: onMoveInTwo, onpointerup: onReleaseInTwo, onpointercancel: onReleaseInTwo },
  svg("clipPath", { id: "clip-two" }, svg("rect", inside)), sheet,
  axes(twoView.x, twoView.y, [-6, -3, 0, 3, 6], [-6, -3, 0, 3, 6], frame, {}), layers.two, ...twoHandles.map(each => each.group)));
};

// Where discs are likelier it is darker.
const shade = (grid, probability) => {
  const context = layers.shade.getContext("2d"), image = context.createImageData(CELLS + 1, CELLS + 1);
  const ink = getComputedStyle(twoFigure).color.match(/[0-9.]+/g).map(Number);
  grid.forEach((column, i) => column.forEach((score, j) => {
    const at = 4 * ((CELLS - j) * (CELLS + 1) + i);
    image.data.set([...ink.slice(0, 3), 72 * probability(score)], at);
  }));
  context.putImageData(image, 0, 0);
};

const drawTwoFigure = (points, models, grids) => {
  const key = [twoFigure.clientWidth, points.length].join();
  if (key !== twoBuiltFor) {
    const isFocused = twoHandles.some(each => each.group === document.activeElement);
    twoBuiltFor = key;
    buildTwo(points);
    if (isFocused) twoHandles[state.dot]?.group.focus({ preventScroll: true });
  }
  const places = Array.from({ length: CELLS + 1 }, (_, i) => EDGE * (2 * i / CELLS - 1));
  const curves = (grid, levels) => contours(grid, places.map(twoView.x), places.map(twoView.y), levels);
  const index = shadedIndex(), margins = curves(grids[index], [-1, 1]).map(d => svg("path", { class: `margin line-${index}`, d }));
  const boundaries = grids.map((grid, i) => svg("path", { class: `fit line-${i}`, d: models[i].isAway ? "" : joined(curves(grid, [0])[0]) }));
  layers.two.replaceChildren(...margins, ...boundaries);
  shade(grids[index], probabilityOf(state.two[index], boundTwo(state.two[index])));
  state.dot = Math.min(state.dot, points.length - 1);
  twoHandles.forEach((each, i) => each.update(points[i]));
};

const shadedIndex = () => Math.min(state.shade, state.two.length - 1);

const wrongOf = ({ score }, points) => points.filter(([across, up, label]) => (score([across, up]) > 0) !== (label === 1)).length;

const drawTwoNumbers = (points, models) => {
  const costs = state.two.map((name, i) => {
    const loss = boundTwo(name);
    return points.reduce((sum, [across, up, label]) => sum + loss.value(TWO[name].labels[label], models[i].score([across, up])), 0) / points.length;
  });
  const wrong = models.map(each => wrongOf(each, points));
  byId("two-numbers").replaceChildren(...state.two.map((name, i) => html("tr", {}, html("th", { scope: "row", title: TWO[name].brief },
    swatchOf(i), ` ${TWO[name].title}`), html("td", { text: models[i].isAway ? "ran away" : short(costs[i]) }), html("td", { text: `${wrong[i]} of ${points.length}` }))));
  twoFigure.dataset.drawn = JSON.stringify({ points, costs, wrong, lines: models.map(each => each.line ?? null), done: training.done ?? 0 });
  byId("two-done").textContent = Math.max(...wrong) - Math.min(...wrong) >= 2 ? "Done: they no longer agree." : "Not yet.";
  const shaded = state.two[shadedIndex()];
  byId("two-said").textContent = `${TWO[shaded].brief} It predicts ${TWO[shaded].predicts}. ` + (TWO[shaded].hasProbabilities
    ? "Shaded: how likely a disc is, as its score means it." : "Its score tells the side, and not how likely it is: shaded is the side.");
  clearTimeout(tellingTwo);
  tellingTwo = setTimeout(() => {
    byId("two-told").textContent = state.two.map((name, i) => `${TWO[name].title}: ${wrong[i]} of ${points.length} wrong`).join("; ");
  }, 700);
};
let tellingTwo = 0;

// The loss curves, each as a share of its cost at the start: losses have different units.
const drawTraining = () => {
  byId("training").hidden = state.model !== "network";
  if (state.model !== "network") return;
  const width = Math.max(trainingFigure.clientWidth, 240), height = 190;
  const frame = { left: 44, right: width - 14, top: 24, bottom: height - 40 }, end = Math.max(50, training.done);
  const x = linear([0, end], [frame.left, frame.right]), y = linear([0, 1.1], [frame.bottom, frame.top]);
  const every = Math.ceil(end / 200);
  const lines = training.runs.map(({ costs }, i) => {
    const taken = costs.map((_, step) => step).filter(step => step % every === 0 || step === costs.length - 1);
    return svg("path", { class: `fit line-${i}`, d: path(taken, taken.map(step => costs[step] / costs[0]), x, y) });
  });
  trainingFigure.replaceChildren(svg("svg", { width, height, role: "img", "aria-label": "Mean loss of each network over the steps" },
    axes(x, y, ticks(0, end, 4), [0, 0.5, 1], frame, { x: "steps", y: "mean loss, as a share of the first" }),
    svg("clipPath", { id: "clip-training" }, svg("rect", { x: frame.left, y: frame.top - 4, width: frame.right - frame.left, height: frame.bottom - frame.top + 8 })),
    svg("g", { "clip-path": "url(#clip-training)" }, ...lines)));
  trainingFigure.dataset.costs = JSON.stringify(training.runs.map(each => each.costs.at(-1)));
};

const drawTwo = () => {
  const points = labelledPoints();
  const models = state.model === "network" ? trained(points) : state.two.map(name => lineOf(name, points));
  drawTwoFigure(points, models, models.map(gridOf));
  drawTwoNumbers(points, models);
  drawTraining();
  byId("steps-done").textContent = `Steps: ${state.epochs}`;
};

// Running and waiting.

let running = 0;
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const stopRunning = () => {
  cancelAnimationFrame(running);
  running = 0;
  byId("run").textContent = "Run";
  changed();
};

const runOn = () => {
  state.epochs = Math.min(state.epochs + (isStill() ? EPOCHS_AT_ONCE : EPOCHS_A_FRAME), MOST_EPOCHS);
  drawTwo();
  if (isStill() || state.epochs === MOST_EPOCHS) stopRunning();
  else running = requestAnimationFrame(runOn);
};

const startAnew = () => { state.epochs = 0; if (running) stopRunning(); changed(); };

const twoClicks = {
  run: () => {
    if (running) { stopRunning(); return; }
    if (state.epochs === MOST_EPOCHS) state.epochs = 0;
    byId("run").textContent = "Pause";
    runOn();
  },
  "one-step": () => { state.epochs = Math.min(state.epochs + 1, MOST_EPOCHS); changed(); },
  "untrained": startAnew,
  "other-points": () => { state.seed += 1; state.labelled = null; startAnew(); },
  "add-labelled": () => { addLabelled([0, 0]); focusDot(); },
};
Object.entries(twoClicks).forEach(([id, act]) => byId(id).addEventListener("click", act));

const RATES = Object.fromEntries(["ridge", "pace"].map(name => {
  const [low, high] = RANGES[name], reach = PRIMITIVES.log(high / low);
  return [name, { value: t => rounded(low * PRIMITIVES.exp(t / 1000 * reach)), place: v => Math.round(1000 * PRIMITIVES.log(v / low) / reach) }];
}));

const twoSliders = [
  rowSlider("flipped", { min: 0, max: 0.5, step: 0.02 }, () => ({ value: state.flipped, said: `Labels flipped: ${Math.round(100 * state.flipped)} in 100` }),
    value => { state.flipped = value; state.labelled = null; }),
  rowSlider("ridge", { min: 0, max: 1000, step: 1 }, () => ({ value: RATES.ridge.place(state.ridge), said: `Ridge: ${state.ridge}` }),
    t => { if (RATES.ridge.place(state.ridge) !== t) state.ridge = RATES.ridge.value(t); }),
  rowSlider("pace", { min: 0, max: 1000, step: 1 }, () => ({ value: RATES.pace.place(state.pace), said: `Learning rate: ${state.pace}` }),
    t => { if (RATES.pace.place(state.pace) !== t) state.pace = RATES.pace.value(t); }),
  rowSlider("two-gamma", { min: 0, max: 5, step: 0.05 }, () => ({ value: state.gamma, said: `Focal gamma: ${short(state.gamma)}` }),
    value => { state.gamma = value; }),
];
byId("two-data").append(twoSliders[0].node);
byId("two-settings").append(...twoSliders.slice(1).map(each => each.node));

for (const [id, title] of Object.entries(CLOUD_TITLES)) byId("cloud").append(html("option", { value: id, text: title }));
byId("cloud").addEventListener("change", event => { Object.assign(state, { cloud: event.target.value, labelled: null }); startAnew(); });
byId("model").addEventListener("change", event => { state.model = event.target.value; if (running) stopRunning(); changed(); });
byId("shade").addEventListener("change", event => { state.shade = Number(event.target.value); changed(); });

const boxes = Object.entries(TWO).map(([name, loss]) => {
  const input = html("input", { type: "checkbox", onchange: () => {
    const shaded = state.two[shadedIndex()];
    state.two = input.checked ? [...state.two, name] : state.two.filter(each => each !== name);
    state.shade = Math.max(0, state.two.indexOf(shaded));
    changed();
  } });
  byId("two-losses").append(html("label", { class: "box" }, input, ` ${loss.title}`));
  return { name, input };
});

const updateTwoControls = () => {
  twoFigure.style.minHeight = `${heightOfTwo()}px`; // what comes when it is seen moves nothing
  for (const { name, input } of boxes) {
    input.checked = state.two.includes(name);
    input.disabled = input.checked ? state.two.length === 1 : state.two.length >= MOST_LOSSES;
  }
  twoSliders.forEach(each => each.update());
  const isNetwork = state.model === "network", names = state.two.map(name => TWO[name].title), shadeSelect = byId("shade");
  byId("two-running").hidden = !isNetwork;
  twoSliders[1].node.hidden = isNetwork;
  twoSliders[2].node.hidden = !isNetwork;
  twoSliders[3].node.hidden = !state.two.includes("focal");
  byId("ridge-note").hidden = isNetwork;
  byId("cloud").value = state.cloud;
  byId("model").value = state.model;
  if ([...shadeSelect.options].map(each => each.textContent).join() !== names.join()) {
    shadeSelect.replaceChildren(...names.map((text, value) => html("option", { value, text })));
  }
  shadeSelect.value = shadedIndex();
};

const updateTwo = whenSeen("two", () => {
  const { two, shade: shaded, model, ridge, pace, epochs, gamma, dot: at } = state;
  return [labelledPoints(), two, shaded, model, ridge, pace, epochs, gamma, at, state.seed, twoFigure.clientWidth];
}, drawTwo);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => updateTwo(true));
watchers.push(updateTwoControls, updateTwo, pythonBlock("two", "the two classes", pythonOfTwo));
