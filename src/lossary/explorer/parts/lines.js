// Points and lines: points to drag, and the line that each loss draws through them.

const MARGIN = { left: 44, right: 14, top: 22, bottom: 40 };
const STEP = 0.1, FAR_STEP = 1;
const MOST_TABBED = 40; // of more points Tab stops at one, and Page Down goes on
const figure = byId("lines-figure");
const toCents = value => Number(value.toFixed(2));

let view = null, handles = [], guessHandles = [], held = null;

// What the axes show: ten by eight, or more where points lie outside; of a reader's own points, and of residuals, which lie on both
// sides of zero, no more than they need.
const rangesOf = points => {
  const [xs, ys] = ["x", "y"].map(name => points.map(each => each[name])), low = Math.min(...ys), high = Math.max(...ys);
  const room = 0.04 * (high - low), first = Math.min(...xs), last = Math.max(...xs), beside = 0.04 * (last - first);
  const isOwn = document.querySelector("main").dataset.start.includes("points=");
  return [first < last && (isOwn || first < 0) ? [first - beside, last + beside] : [Math.min(0, first), Math.max(10, last)], low < 0 ? [low - room, high + room] : [0, Math.max(8, high)]];
};

const framed = node => {
  const width = Math.max(node.clientWidth, 260), height = between(width * 0.66, 280, 420);
  return { width, height, left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
};

const setView = () => {
  const frame = framed(figure), [xRange, yRange] = rangesOf(state.points);
  view = { frame, xRange, yRange, x: linear(xRange, [frame.left + 8, frame.right - 8]), y: linear(yRange, [frame.bottom - 8, frame.top + 8]) };
};

const placeOf = event => {
  const box = figure.getBoundingClientRect();
  return [toCents(between(view.x.back(event.clientX - box.left), ...view.xRange)),
    toCents(between(view.y.back(event.clientY - box.top), ...view.yRange))];
};

const select = index => { state.selected = index; changed(); };

// Two points are left, and one that counts.
const isRemovable = index => state.points.length > 2 && someCount(state.points.filter((_, i) => i !== index));

const removePoint = index => {
  if (!isRemovable(index)) return;
  state.points.splice(index, 1);
  state.selected = state.points.length ? Math.min(index, state.points.length - 1) : null;
  changed();
  requestAnimationFrame(() => requestAnimationFrame(() => handles[state.selected]?.group.focus()));
};

const addPoint = (x, y) => {
  if (state.points.length >= MOST_POINTS) return;
  state.points.push({ x, y, w: 1 });
  select(state.points.length - 1);
};

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const onKey = index => event => {
  const point = state.points[index], arrow = ARROWS[event.key];
  if (arrow) {
    const step = event.shiftKey ? FAR_STEP : STEP;
    point.x = toCents(between(point.x + step * arrow[0], ...view.xRange));
    point.y = toCents(between(point.y + step * arrow[1], ...view.yRange));
    state.selected = index;
    changed();
  } else if (event.key === "Delete" || event.key === "Backspace") {
    removePoint(index);
  } else if (event.key === "PageDown" || event.key === "PageUp") {
    const count = handles.length;
    handles[(index + (event.key === "PageDown" ? 1 : count - 1)) % count].group.focus();
  } else {
    return;
  }
  event.preventDefault();
};

const slider = (attributes, ...children) => svg("g", { role: "slider", tabindex: 0, ...attributes }, ...children);

const pointHandle = index => {
  const target = svg("circle", { class: "target", r: 18 }), dot = svg("circle", { class: "dot", r: 5 });
  const group = slider({ class: "point", onkeydown: onKey(index), onfocus: () => select(index),
    onpointerdown: event => grab(event, index, ([x, y]) => Object.assign(state.points[index], { x, y })) }, target, dot);
  return { group, update: (point, share) => {
    dressed(group, { transform: `translate(${view.x(point.x).toFixed(2)} ${view.y(point.y).toFixed(2)})`,
      class: `point${index === state.selected ? " selected" : ""}`,
      tabindex: state.points.length <= MOST_TABBED || index === (state.selected ?? 0) ? 0 : -1,
      "aria-label": `Point ${index + 1}`, "aria-valuemin": view.yRange[0], "aria-valuemax": view.yRange[1], "aria-valuenow": point.y,
      "aria-valuetext": `x ${point.x}, y ${point.y}${point.w === 1 ? "" : `, weight ${point.w}`}` });
    dressed(dot, { r: share === null ? (state.points.length <= MOST_TABBED ? 5 : 3) : (1.5 + 9 * Math.sqrt(between(share, 0, 1))).toFixed(2) });
  } };
};

const grab = (event, index, move) => {
  event.preventDefault();
  event.currentTarget.focus({ preventScroll: true });
  figure.firstChild.setPointerCapture(event.pointerId);
  held = { move };
};

const endsOfGuess = () => [view.xRange[0] + 0.1 * (view.xRange[1] - view.xRange[0]), view.xRange[1] - 0.1 * (view.xRange[1] - view.xRange[0])];

// The line that the reader has drawn, as a fit is written.
const guessed = () => {
  const [from, to] = endsOfGuess(), slope = (state.guess[1] - state.guess[0]) / (to - from);
  return { slope, intercept: state.guess[0] - slope * from };
};

const guessHandle = end => {
  const setTo = value => { state.guess[end] = toCents(between(value, ...view.yRange)); changed(); };
  const group = slider({ class: "guess", onpointerdown: event => grab(event, null, ([, y]) => { state.guess[end] = y; }),
    onkeydown: event => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      setTo(state.guess[end] + (event.shiftKey ? FAR_STEP : STEP) * (arrow[0] + arrow[1]));
    } }, svg("circle", { class: "target", r: 18 }), svg("rect", { x: -6, y: -6, width: 12, height: 12 }));
  return { group, update: () => dressed(group, {
    transform: `translate(${view.x(endsOfGuess()[end]).toFixed(2)} ${view.y(state.guess[end]).toFixed(2)})`,
    "aria-label": `Your line’s ${end ? "right" : "left"} end`, "aria-valuemin": view.yRange[0], "aria-valuemax": view.yRange[1],
    "aria-valuenow": state.guess[end], "aria-valuetext": `height ${state.guess[end]}` }) };
};

const drawnLine = line => view.xRange.map((x, i) => `${i ? "L" : "M"}${view.x(x).toFixed(2)} ${view.y(at(line, x)).toFixed(2)}`).join("");

const BETWEEN_NAMES = 15;

// The losses' names at the right ends of their lines, one above the other where lines meet.
const namesOfLines = fits => {
  const { frame } = view, ends = fits.map((fit, i) => fit && { i, y: between(view.y(at(fit, view.xRange[1])) - 6, frame.top + 12, frame.bottom - 4) })
    .filter(Boolean).sort((p, q) => q.y - p.y);
  const room = frame.top + 12 + BETWEEN_NAMES * (ends.length - 1);
  ends.forEach((each, k) => { each.y = Math.min(Math.max(each.y, room - BETWEEN_NAMES * k), k ? ends[k - 1].y - BETWEEN_NAMES : Infinity); });
  return ends.map(({ i, y }) => svg("text", { class: `named line-${i}`, x: frame.right - 10, y: y.toFixed(1), "text-anchor": "end",
    "aria-hidden": "true", text: LOSSES[state.losses[i].name].title }));
};

const layers = {};

// What stands until the window or the number of points changes.
const build = () => {
  const { frame } = view;
  handles = state.points.map((_, index) => pointHandle(index));
  guessHandles = state.guess ? [guessHandle(0), guessHandle(1)] : [];
  layers.fits = svg("g", { "clip-path": "url(#lines-clip)" });
  layers.sheet = svg("rect", { class: "sheet", x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top });
  const top = svg("svg", { width: frame.width, height: frame.height, role: "group", "aria-labelledby": "lines-title",
    onpointermove: event => { if (held) { held.move(placeOf(event)); changed(); } },
    onpointerup: () => { held = null; }, onpointercancel: () => { held = null; } },
  svg("clipPath", { id: "lines-clip" }, layers.sheet.cloneNode()), layers.sheet,
  axes(view.x, view.y, ticks(...view.xRange, frame.width < 500 ? 5 : 10), ticks(...view.yRange, 5), frame, { x: "x", y: "y" }),
  layers.fits, ...handles.map(each => each.group), ...guessHandles.map(each => each.group));
  layers.sheet.addEventListener("click", event => addPoint(...placeOf(event)));
  figure.replaceChildren(top);
};

let builtFor = "";

const drawLines = fits => {
  const key = [view.frame.width, state.points.length, Boolean(state.guess), view.xRange, view.yRange].join();
  if (key !== builtFor) {
    const focused = handles.findIndex(each => each.group === document.activeElement);
    builtFor = key;
    build();
    handles[focused]?.group.focus({ preventScroll: true });
  }
  const lines = state.hidden ? [] : fits.map((fit, i) => fit && svg("path", { class: `fit line-${i}`, d: drawnLine(fit) }));
  if (state.guess) lines.push(svg("path", { class: "fit guessed", d: drawnLine(guessed()) }));
  figure.dataset.fits = JSON.stringify(fits);
  layers.fits.replaceChildren(...lines.filter(Boolean), ...(state.hidden ? [] : namesOfLines(fits)));
  const shares = sharesOf(fits);
  handles.forEach((each, i) => each.update(state.points[i], shares && shares[i]));
  guessHandles.forEach(each => each.update());
};

// The weights by which a loss counts the points, over the largest of those that its line does not go through.
const sharesOf = fits => {
  const fit = state.weigh === null || state.hidden ? null : fits[state.weigh];
  if (!fit) return null;
  const loss = boundOf(state.losses[state.weigh]);
  const near = 1e-6 * (view.yRange[1] - view.yRange[0]);
  const weights = state.points.map(({ x, y, w }) => w * weightOf(loss, y, at(fit, x)));
  const apart = weights.filter((_, i) => Math.abs(state.points[i].y - at(fit, state.points[i].x)) > near);
  const largest = Math.max(...(apart.length ? apart : weights.filter(Number.isFinite)), 1e-300);
  return weights.map(each => each / largest);
};

const drawSelected = fits => {
  const point = state.selected === null ? null : state.points[state.selected];
  byId("selected").hidden = !point;
  if (!point) return;
  byId("selected-name").textContent = `Point ${state.selected + 1}`;
  for (const name of ["x", "y", "w"]) {
    if (document.activeElement !== byId(`point-${name}`)) byId(`point-${name}`).value = point[name];
  }
  byId("remove-point").disabled = !isRemovable(state.selected);
  const pulls = state.hidden ? [] : fits.map((fit, i) => fit &&
    `${LOSSES[state.losses[i].name].title} ${short(Math.abs(boundOf(state.losses[i]).grad(point.y, at(fit, point.x))))}`);
  byId("pull").textContent = pulls.length ? `How hard it pulls each line (the gradient’s size): ${pulls.filter(Boolean).join("; ")}.` : "";
};

const drawWeighing = () => {
  const options = ["none", ...state.losses.map(spec)], select = byId("weigh");
  if ([...select.options].map(each => each.textContent).join() !== options.join()) {
    select.replaceChildren(...options.map((text, i) => html("option", { value: i, text })));
  }
  select.value = state.weigh === null ? 0 : state.weigh + 1;
};

let telling = 0;

const tell = fits => {
  clearTimeout(telling);
  telling = setTimeout(() => {
    byId("told").textContent = state.hidden ? "" : fits.map((fit, i) => fit &&
      `${LOSSES[state.losses[i].name].title}: slope ${short(fit.slope)}, intercept ${short(fit.intercept)}`).filter(Boolean).join("; ");
  }, 700);
};

const drawTask = fits => {
  const up = fits.some(fit => fit?.slope > 0.05), down = fits.some(fit => fit?.slope < -0.05);
  byId("lines-done").textContent = up && down && !state.hidden ? "Done: the losses disagree about the direction." : "Not yet.";
};

const updateLines = () => {
  if (!held) setView();
  const bounds = state.losses.map(boundOf), fits = bounds.map(loss => fitLine(loss, state.points));
  const robust = fitLine(bound(LOSSES.absolute_error, {}), state.points);
  const costs = bounds.map(loss => {
    if (!state.guess || state.hidden) return null;
    const counted = state.points.filter(each => each.w > 0), line = guessed();
    return counted.reduce((sum, { x, y, w }) => sum + w * loss.value(y, at(line, x)), 0) / counted.reduce((sum, each) => sum + each.w, 0);
  });
  updateLosses(fits, robust ? residualScale(robust, state.points) : 0, costs);
  drawWeighing();
  drawLines(fits);
  drawSelected(fits);
  drawTask(fits);
  tell(fits);
  byId("add-point").disabled = state.points.length >= MOST_POINTS;
  byId("guess").textContent = !state.guess ? "Guess the line first" : state.hidden ? "Show the losses’ lines" : "Put your line away";
};

const nextOfGuess = () => {
  if (!state.guess) {
    const middle = toCents((view.yRange[0] + view.yRange[1]) / 2);
    Object.assign(state, { guess: [middle, middle], hidden: true });
  } else if (state.hidden) {
    state.hidden = false;
  } else {
    state.guess = null;
  }
  changed();
};

for (const name of ["x", "y", "w"]) {
  byId(`point-${name}`).addEventListener("input", event => {
    const value = Number(event.target.value);
    if (event.target.value === "" || !isNear(value) || (name === "w" && value < 0)) return;
    if (name === "w" && value === 0 && !someCount(state.points.filter((_, i) => i !== state.selected))) return;
    state.points[state.selected][name] = value;
    changed();
  });
}

const clicks = {
  "remove-point": () => removePoint(state.selected),
  "add-point": () => {
    addPoint(toCents((view.xRange[0] + view.xRange[1]) / 2), toCents((view.yRange[0] + view.yRange[1]) / 2));
    requestAnimationFrame(() => requestAnimationFrame(() => handles.at(-1).group.focus()));
  },
  "add-loss": addLoss,
  guess: nextOfGuess,
  again: () => { state = read(document.querySelector("main").dataset.start); changed(); },
  "copy-address": () => { save(); copied(location.href, "The address is copied.", "copied-address"); },
};
Object.entries(clicks).forEach(([id, act]) => byId(id).addEventListener("click", act));
byId("weigh").addEventListener("change", event => {
  state.weigh = Number(event.target.value) ? Number(event.target.value) - 1 : null;
  changed();
});
addEventListener("resize", changed);
watchers.push(updateLines, pythonBlock("lines", "the lines", () => pythonOfLines(state)));
