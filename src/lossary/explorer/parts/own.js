// One's own loss: a typed formula, its curves, its line through the points, and its code.

const ownFigure = byId("own-figure"), ownFitFigure = byId("own-fit-figure");

const readFormula = text => {
  try {
    return { text, tree: parsedFormula(text), mistake: null };
  } catch (mistake) {
    if (!(mistake instanceof Mistake)) throw mistake;
    return { text, tree: null, mistake };
  }
};

let typed = readFormula(state.formula), sound = typed.tree ? typed : readFormula(START.formula);

const constantsOf = tree => [...namesIn(tree)].filter(name => name !== "y" && name !== "f");
const constantAt = name => Object.hasOwn(state.constants, name) ? state.constants[name] : 1;

// The formula as a loss is written for the solvers; kinks, which nobody has stated, are looked for.
const ownLoss = () => {
  const { tree } = sound, constants = Object.fromEntries(constantsOf(tree).map(name => [name, constantAt(name)]));
  const part = i => (y, f) => jet(tree, { ...constants, y, f })[i];
  const loss = { value: part(0), grad: part(1), hess: part(2) };
  return { ...loss, kinks: y => [...new Set([y, ...jumpsOf(loss, y)])] };
};

const LOOKED_AT = 160;

// Where the slope jumps between places beside each other, found by halving; only for straight pieces, which need it.
const jumpsOf = (loss, y) => {
  const found = [], place = i => y + 8 * (2 * i / LOOKED_AT - 1) + 1e-7;
  for (let i = 0; i < LOOKED_AT; i += 1) {
    let [low, high] = [place(i), place(i + 1)];
    const before = loss.grad(y, low);
    if (loss.grad(y, high) === before) continue;
    for (let step = 0; step < 60; step += 1) {
      const middle = (low + high) / 2;
      if (loss.grad(y, middle) === before) low = middle; else high = middle;
    }
    found.push(high);
  }
  return found;
};

const hasCornerAt = (loss, y) => loss.grad(y, y + 1e-9) - loss.grad(y, y - 1e-9) > 1e-6;

const FAR = 1e6;

// A loss whose mean falls on and on, or is no number, has no best line: lines far off tell.
const hasLeast = (loss, points, cost) => {
  const { rows } = standardised(points), far = FAR * Math.max(1, ...rows.map(({ y }) => Math.abs(y)));
  return Number.isFinite(cost) && ![[far, 0], [-far, 0], [0, far], [0, -far]].some(line => meanLoss(loss, rows, line) < cost);
};

const bestOwn = (loss, points) => {
  const fit = ownFit(loss, points);
  return hasLeast(loss, points, fit.cost) ? fit : null;
};

// The best line: as for the catalogue's losses; where the slope jumps at the target, also by multipliers, which end on corners.
const ownFit = (loss, points) => {
  const fit = fitLine(loss, points), { rows, centre, scale } = standardised(points);
  if (!scale || !rows.some(({ y }) => hasCornerAt(loss, y)) || hasNoCurvature(loss, rows)) return fit;
  const { b, cost } = byMultipliers(loss, rows.map(({ u, y, w }) => ({ u: [1, u], y, w })), [0, 0], [0, 0]);
  const slope = b[1] / scale;
  return cost < fit.cost ? { intercept: b[0] - slope * centre, slope, cost } : fit;
};

// A loss of the catalogue that this is, times a number and moved: compared at many places, with parameters made of the constants.
const PROBES = [[0, 0.3], [0, -1.7], [1, 2.4], [-2, 3], [0.5, 0.45], [0, 6], [3, -4], [1, 1.01], [0, -0.2], [0, 60], [0, -60]];

const sameAs = (loss, tree) => {
  const mine = PROBES.map(([y, f]) => loss.grad(y, f));
  if (!mine.every(Number.isFinite) || mine.every(each => each === 0)) return null;
  const given = [...new Set([...constantsOf(tree).map(constantAt), ...numbersIn(tree)])];
  const offered = [...new Set(given.flatMap(v => [v, Math.sqrt(Math.abs(v)), v * v, 2 * v, v / 2, 1 - v]))].filter(v => v > 0).map(v => Number(v.toPrecision(12)));
  const simplestFirst = Object.entries(LOSSES).sort(([, p], [, q]) => p.parameters.length - q.parameters.length), found = [];
  for (const [name, known] of simplestFirst) {
    const settings = known.parameters.length === 1 ? [{}, ...offered.filter(v => isInside(known.parameters[0], v)).map(v => ({ [known.parameters[0].name]: v }))] : [{}];
    for (const setting of settings) {
      const { grad } = bound(known, setting), theirs = PROBES.map(([y, f]) => grad(y, f));
      const k = theirs.reduce((best, each, i) => Math.abs(each) > Math.abs(theirs[best]) ? i : best, 0), times = mine[k] / theirs[k];
      if (times > 0 && theirs.every((each, i) => Math.abs(times * each - mine[i]) <= 1e-9 * (Math.abs(mine[k]) + Math.abs(mine[i])))) {
        found.push({ name, given: setting, times });
      }
    }
  }
  const costs = each => Object.keys(each.given).length + (Math.abs(each.times - 1) < 1e-9 ? 0 : 0.5);
  return found.sort((p, q) => costs(p) - costs(q))[0] ?? null;
};

const drawOwnCurves = loss => {
  const width = Math.max(ownFigure.clientWidth, 260), columns = width < 560 ? 1 : 3, each = width / columns, height = 190;
  const places = [...EVEN, -1e-9, 1e-9].sort((p, q) => p - q).map(r => state.at + r), plots = [];
  [["value", "value"], ["grad", "gradient"], ["hess", "curvature"]].forEach(([name, title], i) => {
    const left = (i % columns) * each, top = Math.floor(i / columns) * height;
    const frame = { left: left + 44, right: left + each - 10, top: top + 24, bottom: top + height - 38 };
    const heights = places.map(f => loss[name](state.at, f)), range = rangeOf([heights]);
    const x = linear([state.at - REACH, state.at + REACH], [frame.left, frame.right]), y = linear(range, [frame.bottom, frame.top]);
    plots.push(axes(x, y, ticks(state.at - REACH, state.at + REACH, 4), ticks(...range, 4), frame, { y: title, x: "f" }),
      svg("clipPath", { id: `clip-own-${name}` }, svg("rect", { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top })),
      svg("g", { "clip-path": `url(#clip-own-${name})` },
        svg("line", { class: "here", x1: x(state.at), x2: x(state.at), y1: frame.top, y2: frame.bottom }),
        svg("path", { class: "fit own", d: path(places, heights, x, y) })));
  });
  ownFigure.replaceChildren(svg("svg", { width, height: height * 3 / columns, role: "img",
    "aria-label": `Value, gradient and curvature of ${sound.text} at y = ${short(state.at)}` }, ...plots));
};

const drawOwnLine = fit => {
  const frame = framed(ownFitFigure), [xs, ys] = rangesOf(state.points);
  const x = linear(xs, [frame.left + 8, frame.right - 8]), y = linear(ys, [frame.bottom - 8, frame.top + 8]);
  const usual = fitLine(boundOf({ name: "squared_error", given: {} }), state.points);
  const drawn = line => xs.map((each, i) => `${i ? "L" : "M"}${x(each).toFixed(2)} ${y(at(line, each)).toFixed(2)}`).join("");
  ownFitFigure.replaceChildren(svg("svg", { width: frame.width, height: frame.height, role: "img", "aria-label": "The points, and the line of this loss" },
    axes(x, y, ticks(...xs, frame.width < 500 ? 5 : 10), ticks(...ys, 5), frame, { x: "x", y: "y" }),
    svg("clipPath", { id: "clip-own-fit" }, svg("rect", { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top })),
    svg("g", { "clip-path": "url(#clip-own-fit)" }, svg("path", { class: "fit usual", d: drawn(usual) }), svg("path", { class: "fit own", d: fit ? drawn(fit) : "" })),
    ...state.points.map(each => svg("circle", { class: "seen", cx: x(each.x), cy: y(each.y), r: each.w > 0 ? 4 : 1.5 }))));
};

const tellOwn = (loss, fit, same) => {
  const f = state.at + 1, numbers = [loss.value(state.at, f), loss.grad(state.at, f), loss.hess(state.at, f)];
  byId("own-line").textContent = `At y = ${short(state.at)}, f = ${short(f)}: value ${short(numbers[0])}, gradient ${short(numbers[1])}, curvature ${short(numbers[2])}. ` +
    (fit ? `Its line: y = ${short(fit.intercept)} ${fit.slope < 0 ? "−" : "+"} ${short(Math.abs(fit.slope))} x, mean loss ${short(fit.cost)}.`
      : "No line is best: far-off lines have less mean loss, or there is none that is a number.");
  byId("own-same").textContent = same ? `The catalogue has it: ${spec(same)}${Math.abs(same.times - 1) < 1e-9 ? "" : ` times ${short(same.times)}`}.` : "";
  byId("own-done").textContent = loss.value(0, 1) > loss.value(0, -1) ? "Done: the line goes down, to be too low rather than too high." : "Not yet.";
  ownFigure.dataset.drawn = JSON.stringify({ at: [state.at, f], numbers, fit });
};

// How the library is told of a loss of straight pieces: where its slope jumps, as distances from the target; null if
// it is none, or not convex, or its jumps do not move with the target.
const jumpsFromTarget = loss => {
  if (!hasNoCurvature(loss, [{ y: 0 }, { y: 1 }])) return null;
  const [here, there] = [0, 1].map(y => jumpsOf(loss, y).map(place => Number((place - y).toPrecision(12))));
  const rises = jumpsOf(loss, 0).every(place => loss.grad(0, place + 1e-6) >= loss.grad(0, place - 1e-6));
  return rises && here.length && here.every((each, i) => Math.abs(each - there[i]) < 1e-9) ? here : null;
};

const definedInPython = (loss, jumps) => {
  const { text, tree } = sound, names = constantsOf(tree);
  const formula = `lambda y, f${names.map(name => `, ${name}=${constantAt(name)}`).join("")}: ${inPython(text)}`;
  if (!jumps) return `mine = lossary.define(${formula}, name="mine")`;
  const places = jumps.map(each => Math.abs(each) < 1e-9 ? "y" : `y + ${each}`).join(", ");
  return `mine = lossary.define(
    ${formula},
    name="mine",
    kinks=lambda ${["y", ...names].join(", ")}: (${places},),
    claims=Claims(convex=True, smooth=0.0),
)`;
};

const pythonOfOwn = () => {
  const loss = ownLoss(), jumps = jumpsFromTarget(loss), imported = importedBy(sound.text);
  const isCurvedWithCorner = !jumps && state.points.some(({ y }) => hasCornerAt(loss, y)), weight = state.points.some(each => each.w !== 1) ? ", sample_weight=weight" : "";
  const imports = [jumps ? "from lossary.formula import Claims\n" : "", imported.length ? `from lossary.primitives import ${imported.join(", ")}\n` : ""].join("");
  const line = bestOwn(loss, state.points);
  const withLine = !line ? "# No line is best under this loss.\n" : isCurvedWithCorner ? `# lossary.fit takes smooth losses and those of straight pieces; this has a corner between curves. The page's line:
print(float(mine.cost(y, ${line.intercept} + ${line.slope} * x${weight})))
` : `fit = lossary.fit.linear(x[:, None], y, mine${weight})
print(float(fit.intercept), float(fit.coef[0]))
`;
  return `import numpy as np

import lossary
${imports}
${definedInPython(loss, jumps)}
target, prediction = np.array([${state.at}], float), np.array([${state.at + 1}], float)
print(*(float(each(target, prediction)[0]) for each in (mine, mine.gradient, mine.hessian)))

${pointsInPython(state.points)}
${withLine}`;
};

const drawConstants = () => {
  const names = constantsOf(sound.tree), place = byId("own-constants");
  if ([...place.querySelectorAll("input")].map(each => each.dataset.name).join() !== names.join()) {
    place.replaceChildren(...names.map(name => html("label", {}, `${name} = `, html("input", { type: "number", step: "any", "data-name": name, value: constantAt(name),
      oninput: event => {
        const { value } = event.target;
        if (value !== "" && Number.isFinite(Number(value))) { state.constants[name] = Number(value); changed(); }
      } }))));
  }
  for (const input of place.querySelectorAll("input")) {
    if (document.activeElement !== input) input.value = constantAt(input.dataset.name);
  }
};

const updateOwnControls = () => {
  ownFitFigure.style.minHeight = `${framed(ownFitFigure).height}px`; // what comes when it is seen moves nothing
  ownFigure.style.minHeight = `${ownFigure.clientWidth < 560 ? 570 : 190}px`;
  if (typed.text !== state.formula) typed = readFormula(state.formula);
  if (typed.tree) sound = typed;
  const field = byId("formula"), { mistake } = typed;
  if (document.activeElement !== field) field.value = state.formula;
  dressed(field, { "aria-invalid": mistake ? "true" : null });
  byId("own-mistake").textContent = mistake ? `Column ${mistake.column + 1}: ${mistake.message}` : "";
  byId("own-pointer").textContent = mistake ? `${typed.text.slice(0, mistake.column).replace(/./g, " ")}^` : "";
  byId("own-at").value = state.at;
  byId("own-at").setAttribute("aria-valuetext", byId("own-at-said").textContent = `Drawn for the target y = ${short(state.at)}`);
  drawConstants();
};

byId("formula").addEventListener("input", event => {
  state.formula = event.target.value.slice(0, LONGEST_FORMULA).toWellFormed();
  changed();
});
byId("own-at").addEventListener("input", event => { state.at = Number(event.target.value); changed(); });

const updateOwn = whenSeen("own", () => [sound.text, state.constants, state.at, state.points, ownFigure.clientWidth], () => {
  const loss = ownLoss(), fit = bestOwn(loss, state.points);
  drawOwnCurves(loss);
  drawOwnLine(fit);
  tellOwn(loss, fit, sameAs(loss, sound.tree));
});
watchers.push(updateOwnControls, updateOwn, pythonBlock("own", "this loss", pythonOfOwn));
