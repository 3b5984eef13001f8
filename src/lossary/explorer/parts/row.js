// A row of scores: softmax and target as bars, and what losses of class scores make of them.

const CLASSES = ["A", "B", "C", "D"];
const rowFigure = byId("row-figure");

const rowGiven = name => name === "focal_softmax" ? { gamma: state.gamma } : {};

const targetOf = ({ target, smoothing }) => {
  const total = target.reduce((sum, each) => sum + each, 0);
  return target.map(each => (1 - smoothing) * each / total + smoothing / target.length);
};

// Value and gradient of a loss at the scores over their temperature, by the scores themselves.
const ofRow = (name, target) => {
  const { row, parameters } = ROWS[name], given = rowGiven(name), { scores, temperature } = state;
  const found = row(scores.map(each => each / temperature), target, ...parameters.map(each => given[each.name] ?? each.default));
  return { value: found.value, grad: found.grad.map(each => each / temperature) };
};

// Cross-entropy's gradient is prediction less target, over the temperature.
const predictedOf = target => ofRow("softmax_cross_entropy", target).grad.map((each, i) => each * state.temperature + target[i]);

const rowSpec = name => Object.entries(rowGiven(name)).reduce((said, [parameter, value]) => `${said}:${parameter}=${value}`, name);

const drawBars = (target, predicted) => {
  const width = Math.max(rowFigure.clientWidth, 260), height = 230;
  const frame = { left: 44, right: width - 14, top: 22, bottom: height - 26 };
  const y = linear([0, 1], [frame.bottom, frame.top]), step = (frame.right - frame.left) / CLASSES.length, wide = step * 0.28;
  const bar = (kind, x, share) => svg("rect", { class: kind, x, width: wide, y: y(share), height: frame.bottom - y(share) });
  const bars = CLASSES.map((name, i) => {
    const middle = frame.left + (i + 0.5) * step;
    return svg("g", { "data-class": i }, svg("rect", { class: "column", x: middle - step / 2, width: step, y: frame.top, height: frame.bottom - frame.top }),
      bar("aim", middle - wide - 2, target[i]), bar("share", middle + 2, predicted[i]),
      svg("text", { class: "name", x: middle, y: frame.bottom + 18, "text-anchor": "middle", text: `${name}: ${short(predicted[i])}` }));
  });
  if (rowHeld) rowFigure.firstChild.replaceChildren(axes(null, y, [], [0, 0.5, 1], frame, { y: "share" }), ...bars);
  else {
    rowFigure.replaceChildren(svg("svg", { width, height, role: "img", "aria-labelledby": "row-title", onpointerdown: grabBar, onpointermove: dragBar,
      onpointerup: releaseBar, onpointercancel: releaseBar }, axes(null, y, [], [0, 0.5, 1], frame, { y: "share" }), ...bars));
  }
};

let rowHeld = null;
const PER_SCORE = 30; // pixels

const grabBar = event => {
  const column = event.target.closest("[data-class]");
  if (!column) return;
  event.preventDefault();
  rowFigure.firstChild.setPointerCapture(event.pointerId);
  rowHeld = { index: Number(column.dataset.class), from: event.clientY, score: state.scores[Number(column.dataset.class)] };
};
const dragBar = event => {
  if (!rowHeld) return;
  state.scores[rowHeld.index] = between(Number((rowHeld.score + (rowHeld.from - event.clientY) / PER_SCORE).toFixed(1)), -8, 8);
  changed();
};
const releaseBar = () => { rowHeld = null; changed(); };

const drawRowNumbers = target => {
  const rows = Object.keys(ROWS).map(name => {
    const { value, grad } = ofRow(name, target);
    return html("tr", {}, html("th", { scope: "row", title: ROWS[name].brief }, ...breakable(rowSpec(name))),
      ...[value, ...grad].map(each => html("td", { text: short(each) })));
  });
  byId("row-numbers").replaceChildren(...rows);
  const right = target.indexOf(Math.max(...target)), pull = name => Math.abs(ofRow(name, target).grad[right]);
  byId("row-done").textContent = pull("focal_softmax") < 0.1 * pull("softmax_cross_entropy") ? "Done: focal looks away from it." : "Not yet.";
};

const pythonOfRow = () => {
  const { scores, target, temperature, smoothing } = state, total = target.reduce((sum, each) => sum + each, 0);
  const options = [temperature === 1 ? "" : `, temperature=${temperature}`, smoothing === 0 ? "" : `, label_smoothing=${smoothing}`].join("");
  return `import numpy as np

import lossary

scores = np.array([[${scores.join(", ")}]])
target = np.array([[${target.join(", ")}]]) / ${total}
for loss in [${Object.keys(ROWS).map(name => `"${rowSpec(name)}"`).join(", ")}]:
    function = lossary.get(loss)
    print(loss, *function(target, scores${options}), *function.gradient(target, scores${options})[0])
`;
};

const rowSlider = (id, { min, max, step }, valueOf, set) => {
  const input = html("input", { type: "range", id, min, max, step, oninput: () => { set(Number(input.value)); changed(); } });
  const label = html("label", { for: id });
  return { node: html("p", { class: "parameter" }, label, input), update: () => {
    const { value, said } = valueOf();
    if (document.activeElement !== input || Number(input.value) !== value) input.value = value;
    input.setAttribute("aria-valuetext", said);
    label.textContent = said;
  } };
};

const setTarget = (index, value) => {
  if (value > 0 || state.target.some((each, i) => i !== index && each > 0)) state.target[index] = value;
};

const classSliders = CLASSES.flatMap((name, i) => [
  rowSlider(`score-${name}`, { min: -8, max: 8, step: 0.1 }, () => ({ value: state.scores[i], said: `Score of ${name}: ${short(state.scores[i])}` }),
    value => { state.scores[i] = value; }),
  rowSlider(`target-${name}`, { min: 0, max: 1, step: 0.05 }, () => ({ value: state.target[i], said: `Target of ${name}: ${short(state.target[i])}` }),
    value => setTarget(i, value)),
]);

const WORDS = { smoothing: "Label smoothing", temperature: "Temperature", gamma: "Focal gamma" };
const rowOptions = Object.entries(WORDS).map(([name, word]) => rowSlider(name, { min: RANGES[name][0], max: RANGES[name][1], step: 0.05 },
  () => ({ value: state[name], said: `${word}: ${short(state[name])}` }), value => { state[name] = value; }));

byId("class-sliders").append(...classSliders.map(each => each.node));
byId("row-options").append(...rowOptions.map(each => each.node));

watchers.push(() => {
  const target = targetOf(state);
  [...classSliders, ...rowOptions].forEach(each => each.update());
  drawBars(target, predictedOf(target));
  drawRowNumbers(target);
}, pythonBlock("row", "this row", pythonOfRow));
