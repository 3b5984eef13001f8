// The losses chosen, with their parameters: the same for all panels.

const boundOf = chosen => bound(LOSSES[chosen.name], chosen.given);

const inUnits = (parameter, value, scale) => parameter.isOfResiduals && scale > 0
  ? `${parameter.name} = ${short(value)}, ${short(value / scale)} times the residuals’ scale`
  : `${parameter.name} = ${short(value)}`;

const parameterRow = (index, parameter) => {
  const id = `loss-${index}-${parameter.name}`, slider = sliderOf(parameter);
  const input = html("input", { type: "range", id, min: 0, max: 1000, step: 1, oninput: () => {
    state.losses[index].given[parameter.name] = slider.value(Number(input.value));
    changed();
  } });
  const label = html("label", { for: id }), meaning = html("p", { class: "note", id: `${id}-meaning`, text: parameter.meaning });
  input.setAttribute("aria-describedby", meaning.id);
  const update = (given, scale) => {
    const value = given[parameter.name] ?? parameter.default, said = inUnits(parameter, value, scale);
    if (document.activeElement !== input || slider.value(Number(input.value)) !== value) {
      input.value = Math.round(between(slider.place(value), 0, 1000));
    }
    label.textContent = said;
    input.setAttribute("aria-valuetext", said);
  };
  return { node: html("div", { class: "parameter" }, label, input, meaning), update };
};

// The stroke that a loss has in the pictures.
const swatchOf = index => svg("svg", { class: `swatch line-${index}`, viewBox: "0 0 28 8", "aria-hidden": "true" },
  svg("line", { x1: 0, x2: 28, y1: 4, y2: 4 }));

const lossRow = (index, chosen) => {
  const loss = LOSSES[chosen.name];
  const select = html("select", { "aria-label": `Loss ${index + 1}`, onchange: () => {
    state.losses[index] = { name: select.value, given: {} };
    changed();
  } }, ...Object.entries(LOSSES).map(([name, each]) =>
    html("option", { value: name, text: each.title, selected: name === chosen.name })));
  const remove = html("button", { type: "button", class: "small", text: "Remove", "aria-label": `Remove ${loss.title}`,
    onclick: () => {
      state.losses.splice(index, 1);
      state.weigh = null;
      changed();
    } });
  const said = html("output", { class: "said" });
  const rows = loss.parameters.map(each => parameterRow(index, each));
  const node = html("li", {}, html("div", { class: "chosen" }, swatchOf(index), select, remove),
    html("p", { class: "brief", text: `${loss.brief} Predicts ${loss.predicts}.` }), ...rows.map(each => each.node), said);
  const update = (fit, scale, guessed) => {
    rows.forEach(each => each.update(state.losses[index].given, scale));
    remove.disabled = state.losses.length === 1;
    said.textContent = state.hidden ? "Draw your line first." : fit
      ? `y = ${short(fit.intercept)} ${fit.slope < 0 ? "−" : "+"} ${short(Math.abs(fit.slope))} x; mean loss ${short(fit.cost)}` +
        (guessed === null ? "" : `, of your line ${short(guessed)}`) : "";
  };
  return { node, update };
};

let lossRows = [], lossRowsFor = "";

const updateLosses = (fits, scale, guessed) => {
  const names = state.losses.map(each => each.name).join();
  if (names !== lossRowsFor) {
    lossRowsFor = names;
    lossRows = state.losses.map((each, index) => lossRow(index, each));
    byId("losses").replaceChildren(...lossRows.map(each => each.node));
  }
  lossRows.forEach((each, i) => each.update(fits[i], scale, guessed[i]));
  byId("add-loss").disabled = state.losses.length >= MOST_LOSSES;
};

const addLoss = () => {
  const next = ["tukey_biweight", "cauchy", "quantile", ...Object.keys(LOSSES)]
    .find(name => !state.losses.some(each => each.name === name));
  state.losses.push({ name: next, given: {} });
  changed();
};
