// The curves of one loss, drawn anew as its parameters, its target or the prediction move.
// Put together with the explorer's drawing when the site is built; formulas are those that the library prints.

const shown = window.lossaryCurve, formulas = shown.formulas(PRIMITIVES);
const QUANTITIES = [["value", "value"], ["grad", "gradient"], ["hess", "curvature"], ...(shown.isOfResiduals ? [["weight", "weight"]] : [])];
const ROWS = {
  score: x => [x, 0],
  threshold: x => [x],
  probability: x => [x, 1 - x],
  log_probability: x => [PRIMITIVES.log(x), PRIMITIVES.log(1 - x)],
};
const STEPS = 240, CELL = 200;

// What moves, as the address says it or as the page begins.
const start = () => ({ ...Object.fromEntries(shown.parameters.map(each => [each.name, each.default])), y: shown.y, f: shown.f });
const controls = [
  ...shown.parameters.map(each => ({ ...each, slider: sliderOf(each), isOpen: true })),
  ...(shown.targets ? [{ name: "y", meaning: "target", ...shown.targets }] : []),
  { name: "f", meaning: shown.about, low: shown.low, high: shown.high },
];

const read = () => {
  const state = start(), asked = new URLSearchParams(location.hash.slice(1));
  for (const control of controls) {
    const said = asked.get(control.name), value = Number(said);
    const fits = control.isOpen ? isInside(control, value) : control.values ? control.values.includes(value)
      : value >= control.low && value <= control.high;
    if (said && fits) state[control.name] = value;
  }
  return state;
};

let state = read();

// The loss with its parameters set: numbers of (y, f), also where f is one score of a row.
const loss = () => {
  if (formulas.row) {
    const set = shown.parameters.map(each => state[each.name]);
    const row = x => formulas.row(ROWS[shown.row](x), shown.target, ...set);
    return { value: (_, x) => row(x).value, grad: (_, x) => row(x).grad[0], hess: (_, x) => row(x).hess[0], kinks: () => [] };
  }
  return bound({ ...formulas, parameters: shown.parameters }, state);
};

const quantity = (of, name, f) => name === "weight" ? weightOf(of, state.y, f) : of[name](state.y, f);

// Predictions to draw at; at a kink a line is broken, as a derivative may jump there.
const placesOf = of => {
  const even = Array.from({ length: STEPS + 1 }, (_, i) => shown.low + (shown.high - shown.low) * i / STEPS);
  const kinks = of.kinks(state.y).filter(kink => kink > shown.low && kink < shown.high);
  return [...even, ...kinks.flatMap(kink => [kink - 1e-9, kink, kink + 1e-9])].sort((p, q) => p - q);
};

const heightsOf = (of, name, places) => {
  const kinks = of.kinks(state.y);
  return places.map(f => name !== "value" && kinks.includes(f) ? NaN : quantity(of, name, f));
};

// From the lowest to the highest, but a pole must not flatten the rest.
const rangeOf = heights => {
  const finite = heights.filter(Number.isFinite), sizes = finite.map(Math.abs).sort((p, q) => p - q);
  if (!sizes.length) return [-1, 1];
  const usual = sizes[Math.floor(0.9 * (sizes.length - 1))], largest = sizes.at(-1), reach = largest <= 3 * usual || !usual ? largest : 2 * usual;
  const low = Math.max(Math.min(0, ...finite), -reach), high = Math.min(Math.max(0, ...finite), reach), room = 0.06 * (high - low || 1);
  return [low - room, high + room];
};

const figure = byId("live-figure");

const plot = (of, [name, title], i, frame) => {
  const places = placesOf(of), heights = heightsOf(of, name, places), range = rangeOf(heights);
  const x = linear([shown.low, shown.high], [frame.left, frame.right]), y = linear(range, [frame.bottom, frame.top]);
  const here = quantity(of, name, state.f), isSeen = here >= range[0] && here <= range[1];
  return [axes(x, y, ticks(shown.low, shown.high, 5), ticks(...range, 4), frame, { y: title }),
    svg("clipPath", { id: `clip-${name}` }, svg("rect", { x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top })),
    svg("g", { "clip-path": `url(#clip-${name})` }, svg("path", { class: `fit line-${i}`, d: path(places, heights, x, y) }),
      svg("line", { class: "here", x1: x(state.f), x2: x(state.f), y1: frame.top, y2: frame.bottom }),
      ...(isSeen ? [svg("circle", { class: `mark line-${i}`, cx: x(state.f), cy: y(here), r: 5 })] : []))];
};

const drawCurves = of => {
  const width = Math.max(figure.clientWidth, 260), columns = width < 560 ? 1 : 2, across = width / columns;
  const plots = QUANTITIES.flatMap((each, i) => {
    const left = (i % columns) * across, top = Math.floor(i / columns) * CELL;
    return plot(of, each, i, { left: left + 48, right: left + across - 14, top: top + 24, bottom: top + CELL - 26 });
  });
  const height = CELL * Math.ceil(QUANTITIES.length / columns);
  const label = `${shown.title}: ${QUANTITIES.map(each => each[1]).join(", ")} over the ${shown.about}`;
  figure.replaceChildren(svg("svg", { width, height, role: "img", "aria-label": label }, ...plots));
};

const drawNumbers = of => byId("live-numbers").replaceChildren(...QUANTITIES.map(([name, title], i) =>
  html("div", { class: `line-${i}` }, html("dt", { text: title }), html("dd", { "data-quantity": name, "data-number": quantity(of, name, state.f), text: short(quantity(of, name, state.f)) }))));

const draw = () => {
  const of = loss();
  drawCurves(of);
  drawNumbers(of);
  rows.forEach(row => row());
};

let isDue = false, saving = 0;

// Browsers stop a page that writes its address at every step of a drag.
const save = () => {
  const first = start(), said = controls.filter(({ name }) => state[name] !== first[name]).map(({ name }) => `${name}=${state[name]}`);
  const hash = said.length ? `#${said.join("&")}` : "";
  if (hash !== location.hash && (hash || location.hash.includes("="))) history.replaceState(null, "", hash || location.pathname + location.search);
  saving = 0;
};

const changed = () => {
  saving ||= setTimeout(save, 400);
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; draw(); });
};

const set = (name, value) => { state[name] = value; changed(); };

const slide = control => {
  const even = { value: t => rounded(control.low + (control.high - control.low) * t / 1000), place: v => 1000 * (v - control.low) / (control.high - control.low) };
  return control.slider ?? even;
};

const choice = control => {
  const select = html("select", { id: `live-${control.name}`, onchange: () => set(control.name, Number(select.value)) },
    ...control.values.map(value => html("option", { value, text: short(value) })));
  return [select, () => { select.value = state[control.name]; }];
};

const range = control => {
  const slider = slide(control), input = html("input", { type: "range", id: `live-${control.name}`, min: 0, max: 1000, step: 1,
    oninput: () => set(control.name, slider.value(Number(input.value))) });
  return [input, () => {
    const value = state[control.name];
    if (document.activeElement !== input || slider.value(Number(input.value)) !== value) input.value = Math.round(between(slider.place(value), 0, 1000));
    input.setAttribute("aria-valuetext", `${control.name} = ${short(value)}`);
  }];
};

const rows = [];

const row = control => {
  const [input, update] = control.values ? choice(control) : range(control);
  const said = html("output", { for: input.id }), note = html("span", { class: "live-note", text: control.meaning });
  rows.push(() => { update(); said.textContent = short(state[control.name]); });
  return html("p", { class: "live-row" }, html("label", { for: input.id }, html("code", { text: control.name }), " = ", said, " ", note), input);
};

byId("live-controls").replaceChildren(...controls.map(row),
  html("button", { type: "button", class: "live-reset", text: "As at the start", onclick: () => { state = start(); changed(); } }));
figure.addEventListener("pointermove", event => {
  const width = figure.clientWidth, across = width / (width < 560 ? 1 : 2), left = event.clientX - figure.getBoundingClientRect().left;
  const place = linear([shown.low, shown.high], [48, across - 14]).back(left % across);
  if (place >= shown.low && place <= shown.high) set("f", rounded(place));
});
addEventListener("hashchange", () => { state = read(); changed(); });
new ResizeObserver(changed).observe(figure);
byId("live").hidden = false;
draw();
