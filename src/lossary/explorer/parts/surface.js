// The surface: the mean loss of every line, as contours over slope and intercept, and descent walking on it.

const CELLS = 56, SHARES = [0.004, 0.02, 0.05, 0.1, 0.17, 0.26, 0.37, 0.5, 0.65, 0.8, 0.93];
const surfaceFigure = byId("surface-figure");

const costAt = (loss, points, total, slope, intercept) =>
  points.reduce((sum, { x, y, w }) => sum + w * loss.value(y, intercept + slope * x), 0) / total;

// The edges that a level crosses in one cell, joined; corners are in order around it.
const crossings = (corners, level) => {
  const places = [], isBelow = corners[0][2] < level;
  if (corners.every(([, , cost]) => (cost < level) === isBelow)) return "";
  for (let i = 0; i < 4; i += 1) {
    const [px, py, p] = corners[i], [qx, qy, q] = corners[(i + 1) % 4];
    if ((p < level) === (q < level)) continue;
    const share = (level - p) / (q - p);
    places.push(`${(px + share * (qx - px)).toFixed(1)} ${(py + share * (qy - py)).toFixed(1)}`);
  }
  return places.map((place, i) => `${i % 2 ? "L" : "M"}${place}`).join("");
};

const contours = (costs, xs, ys, levels) => levels.map(level => {
  let drawn = "";
  for (let i = 0; i + 1 < costs.length; i += 1) for (let j = 0; j + 1 < costs.length; j += 1) {
    drawn += crossings([[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(([a, b]) => [xs[a], ys[b], costs[a][b]]), level);
  }
  return drawn;
});

// Pieces of a contour as long lines where their ends meet, so that they can be dashed.
const joined = pieces => {
  const lines = [...pieces.matchAll(/M([^ML]+)L([^ML]+)/g)].map(([, from, to]) => [from, to]), atEnd = new Map();
  const forget = line => [line[0], line.at(-1)].forEach(end => { if (atEnd.get(end) === line) atEnd.delete(end); });
  for (let line of lines) {
    for (const end of [line[0], line.at(-1)]) {
      const other = atEnd.get(end);
      if (!other) continue;
      forget(other);
      const [head, tail] = [other.at(-1) === end ? other : [...other].reverse(), line[0] === end ? line : [...line].reverse()];
      line = [...head, ...tail.slice(1)];
    }
    if (line[0] !== line.at(-1)) [line[0], line.at(-1)].forEach(end => atEnd.set(end, line));
    else atEnd.set(Symbol("closed"), line);
  }
  return [...new Set(atEnd.values())].map(line => `M${line.join("L")}`).join("");
};

const shuffled = (count, roll) => {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(roll() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
};

// Gradient descent from a line, as [slope, intercept] after each step; a batch of 0 is all points.
const walk = (loss, points, { start, rate, batch, steps }) => {
  const way = [start], roll = dice(1857), size = batch || points.length;
  let waiting = [];
  for (let step = 0; step < steps; step += 1) {
    if (waiting.length < size) waiting = batch ? shuffled(points.length, roll) : points.map((_, i) => i);
    const taken = waiting.splice(0, Math.min(size, points.length)).map(i => points[i]), [slope, intercept] = way.at(-1);
    const total = taken.reduce((sum, each) => sum + each.w, 0);
    const [bySlope, byIntercept] = taken.reduce(([b, a], { x, y, w }) => {
      const g = w * loss.grad(y, intercept + slope * x) / total;
      return [b + g * x, a + g];
    }, [0, 0]);
    const next = [slope - rate * bySlope, intercept - rate * byIntercept];
    if (!next.every(each => Math.abs(each) < 1e6)) { way.push(next); break; }
    way.push(next);
  }
  return way;
};

const rangesAround = (fits, start) => {
  const wide = (values, room) => [Math.min(...values) - room, Math.max(...values) + room];
  return [wide([...fits.map(each => each.slope), start[0]], 0.35), wide([...fits.map(each => each.intercept), start[1]], 1.2)];
};

let surfaceView = null, surfaceHeld = false, rings = { key: "" };

// The rings of a loss; a walk on them changes none.
const ringsOf = (chosen, points, { x, y, slopes, intercepts }, frame) => {
  const key = JSON.stringify([chosen, points, slopes, intercepts, frame]);
  if (rings.key === key) return rings;
  const loss = boundOf(chosen), total = points.reduce((sum, each) => sum + each.w, 0);
  const cells = points.length > MOST_TABBED ? CELLS : 2 * CELLS; // finer where that takes no longer
  const spread = ([low, high]) => Array.from({ length: cells + 1 }, (_, i) => low + (high - low) * i / cells);
  const across = spread(slopes), up = spread(intercepts);
  const costs = across.map(slope => up.map(intercept => costAt(loss, points, total, slope, intercept)));
  const sorted = costs.flat().sort((p, q) => p - q), levels = SHARES.map(share => sorted[Math.floor(share * sorted.length)]);
  rings = { key, levels, paths: contours(costs, across.map(x), up.map(y), levels) };
  return rings;
};

const drawSurface = () => {
  const points = state.points.filter(each => each.w > 0), total = points.reduce((sum, each) => sum + each.w, 0);
  const index = state.surface < state.losses.length ? state.surface : 0, loss = boundOf(state.losses[index]);
  const fits = state.losses.map(each => fitLine(boundOf(each), points)), frame = framed(surfaceFigure);
  if (!surfaceHeld) {
    const [slopes, intercepts] = rangesAround(fits, state.start);
    surfaceView = { slopes, intercepts, x: linear(slopes, [frame.left, frame.right]), y: linear(intercepts, [frame.bottom, frame.top]) };
  }
  const { slopes, intercepts, x, y } = surfaceView, { levels, paths } = ringsOf(state.losses[index], points, surfaceView, frame);
  const way = walk(loss, points, state), ends = [way[0], way.at(-1)].map(([b, a]) => costAt(loss, points, total, b, a));
  layers.surface.replaceChildren(
    ...paths.map((d, i) => svg("path", { class: `contour line-${index}`, d, opacity: (1 - 0.75 * i / SHARES.length).toFixed(2) })),
    ...fits.map((fit, i) => svg("path", { class: `least line-${i}`, d: "M-6 0H6M0-6V6",
      transform: `translate(${x(fit.slope).toFixed(1)} ${y(fit.intercept).toFixed(1)})` })), ...drawnWay(way, x, y));
  layers.surfaceAxes.replaceChildren(axes(x, y, ticks(...slopes, 6), ticks(...intercepts, 5), frame, { x: "slope", y: "intercept" }));
  dressed(layers.start, { transform: `translate(${x(state.start[0]).toFixed(1)} ${y(state.start[1]).toFixed(1)})`,
    "aria-valuemin": toCents(slopes[0]), "aria-valuemax": toCents(slopes[1]), "aria-valuenow": state.start[0],
    "aria-valuetext": `slope ${state.start[0]}, intercept ${state.start[1]}` });
  surfaceFigure.dataset.drawn = JSON.stringify({ slopes, intercepts, frame, levels, end: way.at(-1) });
  byId("walked").textContent = `After ${way.length - 1} steps under ${spec(state.losses[index])} the mean loss is ${short(ends[1])}; ` +
    `at the start it was ${short(ends[0])}, and the least is ${short(fits[index].cost)}.`;
  byId("surface-done").textContent = ends[1] > ends[0] || !Number.isFinite(ends[1]) ? "Done: it climbs." : "Not yet.";
};

// The way as a line, and its first steps as dots.
const drawnWay = (way, x, y) => {
  const places = way.filter(each => each.every(Number.isFinite))
    .map(([slope, intercept]) => [x(slope), y(intercept)].map(each => between(each, -1e4, 1e4).toFixed(1)));
  return [svg("path", { class: "way", d: places.map((each, i) => `${i ? "L" : "M"}${each.join(" ")}`).join("") }),
    ...places.slice(0, 61).map(([cx, cy]) => svg("circle", { class: "step", cx, cy, r: 2 }))];
};

const moveStart = ([slope, intercept]) => {
  state.start = [toCents(between(slope, ...surfaceView.slopes)), toCents(between(intercept, ...surfaceView.intercepts))];
  changed();
};

const buildSurface = () => {
  const frame = framed(surfaceFigure), clip = { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top };
  layers.surface = svg("g", { "clip-path": "url(#clip-surface)" });
  layers.surfaceAxes = svg("g");
  layers.start = slider({ class: "guess", "aria-label": "Where the walk starts", onkeydown: event => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    moveStart([state.start[0] + 0.05 * arrow[0], state.start[1] + 0.1 * arrow[1]]);
  }, onpointerdown: event => {
    event.preventDefault();
    layers.start.focus({ preventScroll: true });
    surfaceFigure.firstChild.setPointerCapture(event.pointerId);
    surfaceHeld = true;
  } }, svg("circle", { class: "target", r: 18 }), svg("rect", { x: -6, y: -6, width: 12, height: 12 }));
  const release = () => { surfaceHeld = false; changed(); };
  surfaceFigure.replaceChildren(svg("svg", { width: frame.width, height: frame.height, role: "group", "aria-labelledby": "surface-title",
    onpointermove: event => {
      if (!surfaceHeld) return;
      const box = surfaceFigure.getBoundingClientRect();
      moveStart([surfaceView.x.back(event.clientX - box.left), surfaceView.y.back(event.clientY - box.top)]);
    }, onpointerup: release, onpointercancel: release },
  svg("clipPath", { id: "clip-surface" }, svg("rect", clip)), layers.surfaceAxes, layers.surface, layers.start));
};

const updateWalkControls = () => {
  surfaceFigure.style.minHeight = `${framed(surfaceFigure).height}px`; // what comes when it is seen moves nothing
  const names = state.losses.map(spec), select = byId("surface-loss");
  if ([...select.options].map(each => each.textContent).join() !== names.join()) {
    select.replaceChildren(...names.map((text, value) => html("option", { value, text })));
  }
  select.value = state.surface < names.length ? state.surface : 0;
  byId("batch").value = state.batch;
  const said = { rate: `Step size: ${state.rate}`, steps: `Steps: ${state.steps}` };
  for (const [name, text] of Object.entries(said)) {
    byId(`${name}-said`).textContent = text;
    byId(name).setAttribute("aria-valuetext", text);
  }
  byId("steps").value = state.steps;
  if (document.activeElement !== byId("rate")) byId("rate").value = RATE.place(state.rate);
};

// From a thousandth to one, in even ratios.
const RATE = { value: t => rounded(PRIMITIVES.exp((t / 1000 - 1) * PRIMITIVES.log(1000))),
  place: v => Math.round(1000 * (1 + PRIMITIVES.log(v) / PRIMITIVES.log(1000))) };

const settings = { rate: RATE.value, steps: Number, batch: Number, "surface-loss": Number };
for (const [id, valueOf] of Object.entries(settings)) {
  byId(id).addEventListener("input", event => {
    state[id === "surface-loss" ? "surface" : id] = valueOf(Number(event.target.value));
    changed();
  });
}

let surfaceWidth = 0;

// Three thousand lines are judged anew for each picture, which a reader who drags points elsewhere need not wait for.
const updateSurface = whenSeen("surface", () => {
  const { points, losses, surface, start, rate, batch, steps } = state;
  return [points, losses, surface, start, rate, batch, steps, surfaceFigure.clientWidth];
}, () => {
  if (surfaceWidth !== surfaceFigure.clientWidth) { surfaceWidth = surfaceFigure.clientWidth; buildSurface(); }
  drawSurface();
});

watchers.push(updateWalkControls, updateSurface, pythonBlock("surface", "the walk", pythonOfSurface));
