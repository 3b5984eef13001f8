// One residual: value, gradient, curvature and weight together, and what each loss predicts for a distribution.

const REACH = 6;
const QUANTITIES = [["value", "value"], ["grad", "gradient"], ["hess", "curvature"], ["weight", "weight"]];
const quantityOf = (loss, name, r) => name === "weight" ? weightOf(loss, 0, r) : loss[name](0, r);
const EVEN = Array.from({ length: 241 }, (_, i) => (i - 120) * REACH / 120);

// Residuals to draw at: at a kink the line is broken, as a derivative may jump there.
const residualsFor = loss => [...EVEN, ...loss.kinks(0).flatMap(kink => [kink - 1e-9, kink, kink + 1e-9])].sort((p, q) => p - q);

const heightsOf = (loss, name, places) => {
  const kinks = loss.kinks(0);
  return places.map(r => name !== "value" && kinks.includes(r) ? NaN : quantityOf(loss, name, r));
};

// From the lowest to the highest, but the steepest curve must not flatten the others.
const rangeOf = curves => {
  const finite = curves.map(heights => heights.filter(Number.isFinite));
  const peaks = finite.map(heights => Math.max(...heights.map(Math.abs))).filter(peak => peak > 0);
  const reach = peaks.length ? Math.min(Math.max(...peaks), 3 * Math.min(...peaks)) : 1;
  const low = Math.max(Math.min(0, ...finite.map(heights => Math.min(...heights))), -reach);
  const high = Math.min(Math.max(0, ...finite.map(heights => Math.max(...heights))), reach);
  const room = 0.06 * (high - low || 1);
  return [low - room, high + room];
};

const residualFigure = byId("residual-figure");
let residualView = null;

const drawCurves = () => {
  const width = Math.max(residualFigure.clientWidth, 260), columns = width < 560 ? 1 : 2;
  const each = { width: width / columns, height: 190 };
  const bounds = state.losses.map(boundOf), plots = [];
  residualView = [];
  QUANTITIES.forEach(([name, title], i) => {
    const left = (i % columns) * each.width, top = Math.floor(i / columns) * each.height;
    const frame = { left: left + 44, right: left + each.width - 14, top: top + 24, bottom: top + each.height - 26 };
    const places = bounds.map(residualsFor), curves = bounds.map((loss, k) => heightsOf(loss, name, places[k]));
    const range = rangeOf(curves), x = linear([-REACH, REACH], [frame.left, frame.right]), y = linear(range, [frame.bottom, frame.top]);
    residualView.push({ frame, x });
    const lines = curves.map((heights, k) => svg("path", { class: `fit line-${k}`, d: path(places[k], heights, x, y) }));
    const here = svg("line", { class: "here", x1: x(state.residual), x2: x(state.residual), y1: frame.top, y2: frame.bottom });
    const dots = bounds.map((loss, k) => [k, quantityOf(loss, name, state.residual)])
      .filter(([, height]) => height >= range[0] && height <= range[1])
      .map(([k, height]) => svg("circle", { class: `mark line-${k}`, cx: x(state.residual), cy: y(height), r: 4 }));
    const clip = `clip-${name}`;
    plots.push(axes(x, y, ticks(-REACH, REACH, 6), ticks(...range, 4), frame, { y: title }),
      svg("clipPath", { id: clip }, svg("rect", { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top })),
      svg("g", { "clip-path": `url(#${clip})` }, ...lines, here, ...dots));
  });
  const height = each.height * QUANTITIES.length / columns;
  residualFigure.replaceChildren(svg("svg", { width, height, role: "img", "aria-labelledby": "residual-title" }, ...plots));
};

const drawNumbers = () => {
  const rows = state.losses.map((chosen, i) => {
    const loss = boundOf(chosen), numbers = QUANTITIES.map(([name]) => short(quantityOf(loss, name, state.residual)));
    return html("tr", {}, html("th", { scope: "row", class: `line-${i}` }, ...breakable(spec(chosen))), ...numbers.map(text => html("td", { text })));
  });
  byId("residual-numbers").replaceChildren(...rows);
  const said = `Prediction − target = ${short(state.residual)}`, input = byId("residual-place");
  byId("residual-said").textContent = said;
  if (document.activeElement !== input || Number(input.value) !== state.residual) input.value = state.residual;
  input.setAttribute("aria-valuetext", said);
};

residualFigure.addEventListener("pointermove", event => {
  const box = residualFigure.getBoundingClientRect(), [px, py] = [event.clientX - box.left, event.clientY - box.top];
  const over = residualView.find(({ frame }) => px >= frame.left && px <= frame.right && py >= frame.top && py <= frame.bottom);
  if (over) { state.residual = toCents(over.x.back(px)); changed(); }
});
byId("residual-place").addEventListener("input", event => { state.residual = Number(event.target.value); changed(); });

// A distribution that leans as far as one likes: the normal one, stretched on one side.
const leaning = skew => Array.from({ length: 161 }, (_, i) => (i - 80) / 20).map(z => {
  const w = PRIMITIVES.exp(-z * z / 2);
  return { x: 0, y: z * PRIMITIVES.expm1_over(skew * z), w, height: w * PRIMITIVES.exp(-skew * z) };
});

// The heights of the points, as a histogram between their outermost.
const BINS = 24;
const ofPoints = points => {
  const counted = points.filter(each => each.w > 0), low = Math.min(...counted.map(each => each.y)), high = Math.max(...counted.map(each => each.y));
  const width = (high - low) / BINS || 1, heights = Array(BINS).fill(0);
  for (const { y, w } of counted) heights[Math.min(BINS - 1, Math.floor((y - low) / width))] += w;
  const corners = heights.flatMap((height, i) => [[low + i * width, height], [low + (i + 1) * width, height]]);
  return { sample: counted.map(({ y, w }) => ({ x: 0, y, w })), range: [low - width, low + (BINS + 1) * width],
    outline: [[low, 0], ...corners, [low + BINS * width, 0]] };
};

const ofSlider = skew => {
  const sample = leaning(skew);
  return { sample, range: [-4, 4], outline: sample.filter(each => Math.abs(each.y) <= 4.2).map(each => [each.y, each.height]) };
};

const densityFigure = byId("density-figure");

const drawDensity = () => {
  const { sample, range, outline } = state.scatter === "points" ? ofPoints(state.points) : ofSlider(state.skew);
  const width = Math.max(densityFigure.clientWidth, 260), height = 210;
  const frame = { left: 20, right: width - 14, top: 14, bottom: height - 30 };
  const x = linear(range, [frame.left, frame.right]), y = linear([0, Math.max(...outline.map(each => each[1])) * 1.05], [frame.bottom, frame.top]);
  const fits = state.losses.map(chosen => fitLine(boundOf(chosen), sample));
  const marks = fits.map((fit, i) => svg("line", { class: `fit line-${i}`, x1: x(fit.intercept), x2: x(fit.intercept), y1: frame.bottom, y2: frame.top }));
  densityFigure.replaceChildren(svg("svg", { width, height, role: "img", "aria-labelledby": "density-title" },
    axes(x, y, ticks(...range, 8), [], frame, {}),
    svg("clipPath", { id: "clip-density" }, svg("rect", { x: frame.left, y: 0, width: frame.right - frame.left, height })),
    svg("g", { "clip-path": "url(#clip-density)" },
      svg("path", { class: "density", d: path(outline.map(each => each[0]), outline.map(each => each[1]), x, y) }), ...marks)));
  densityFigure.dataset.best = JSON.stringify(fits.map(each => each.intercept));
  byId("predicted").replaceChildren(...fits.map((fit, i) => html("li", { class: `line-${i}`,
    text: `${spec(state.losses[i])} predicts ${short(fit.intercept)}: ${LOSSES[state.losses[i].name].predicts}` })));
  const apart = Math.max(...fits.map(each => each.intercept)) - Math.min(...fits.map(each => each.intercept));
  byId("density-done").textContent = fits.length > 1 && apart < 0.02 ? "Done: all predict the same." : "Not yet.";
  byId("scatter").value = state.scatter;
  byId("skew-slider").hidden = state.scatter === "points";
  byId("skew").value = state.skew;
  byId("skew").setAttribute("aria-valuetext", byId("skew-said").textContent = state.skew === 0 ? "Leaning: not at all"
    : `Leaning: ${short(Math.abs(state.skew))} to the ${state.skew > 0 ? "right" : "left"}`);
};

byId("scatter").addEventListener("change", event => { state.scatter = event.target.value; changed(); });
byId("skew").addEventListener("input", event => { state.skew = Number(event.target.value); changed(); });

let densityFor = "";

watchers.push(() => {
  drawCurves();
  drawNumbers();
  const key = JSON.stringify([densityFigure.clientWidth, state.skew, state.scatter, state.scatter === "points" ? state.points : [], state.losses.map(spec)]);
  if (key !== densityFor) { densityFor = key; drawDensity(); }
});
watchers.push(pythonBlock("residual", "the residual", () => pythonOfResidual(state)));
