// The code that gives the numbers of each picture, shown and copied.

const listed = values => `[${values.map(each => Array.isArray(each) ? listed(each) : each).join(", ")}]`;
const quoted = losses => `[${losses.map(each => `"${each}"`).join(", ")}]`;

const pointsInPython = points => {
  const weighs = points.some(each => each.w !== 1);
  return `x = np.array(${listed(points.map(each => each.x))}, float)
y = np.array(${listed(points.map(each => each.y))}, float)
${weighs ? `weight = np.array(${listed(points.map(each => each.w))}, float)\n` : ""}`;
};

const pythonOfLines = ({ points, losses }) => {
  const weighs = points.some(each => each.w !== 1);
  return `import matplotlib.pyplot as plt
import numpy as np

import lossary

${pointsInPython(points)}
plt.plot(x, y, "ko")
for loss in ${quoted(losses.map(spec))}:
    fit = lossary.fit.linear(x[:, None], y, loss${weighs ? ", sample_weight=weight" : ""})
    print(loss, float(fit.intercept), float(fit.coef[0]))
    plt.plot(x, fit.intercept + fit.coef[0] * x, label=loss)
plt.legend()
plt.show()
`;
};

const LEANING_IN_PYTHON = skew => `z = np.arange(-80, 81) / 20
skew = ${skew}
scatter = np.expm1(skew * z) / skew if skew else z  # a normal distribution, stretched on one side
weight = np.exp(-z * z / 2)
`;

const pythonOfResidual = ({ losses, residual, skew, scatter, points }) => `import numpy as np

import lossary

target, prediction = np.array([0.0]), np.array([${residual}], float)
${scatter === "leaning" ? LEANING_IN_PYTHON(skew) : `scatter = np.array(${listed(points.map(each => each.y))}, float)
weight = np.array(${listed(points.map(each => each.w))}, float)
`}for loss in ${quoted(losses.map(spec))}:
    function = lossary.get(loss)
    of_one = [function(target, prediction), function.gradient(target, prediction), function.hessian(target, prediction)]
    best = function.optimal_constant(scatter, sample_weight=weight)
    print(loss, *(float(each[0]) for each in of_one), float(best))
`;

const DICE_IN_PYTHON = `def numbers(seed):  # from 0 to 1, the page's own
    while True:
        seed = seed * 16807 % 2147483647
        yield seed / 2147483647
`;

const pythonOfSurface = () => {
  const { points, losses, surface, start, rate, batch, steps } = state, counted = points.filter(each => each.w > 0);
  const shuffles = `
roll = numbers(1857)
waiting = []


def taken():  # ${batch} points at a time, in an order that is dealt anew when all have been taken
    global waiting
    if len(waiting) < ${batch}:
        waiting = list(range(len(x)))
        for i in range(len(x) - 1, 0, -1):
            j = int(next(roll) * (i + 1))
            waiting[i], waiting[j] = waiting[j], waiting[i]
    rows, waiting = waiting[:${batch}], waiting[${batch}:]
    return rows

`;
  return `import numpy as np

import lossary

${pointsInPython(counted)}${counted.some(each => each.w !== 1) ? "" : "weight = np.ones(len(x))\n"}loss = lossary.get("${spec(losses[surface] ?? losses[0])}")
slope, intercept = ${start.join(", ")}
${batch ? `\n\n${DICE_IN_PYTHON}\n${shuffles}` : ""}
for _ in range(${steps}):
    i = ${batch ? "taken()" : "slice(None)"}
    pull = weight[i] * loss.gradient(y[i], intercept + slope * x[i]) / weight[i].sum()
    slope, intercept = slope - ${rate} * (pull * x[i]).sum(), intercept - ${rate} * pull.sum()
    if not (abs(slope) < 1e6 and abs(intercept) < 1e6):
        break  # it has run away
print(float(slope), float(intercept), float(loss.cost(y, intercept + slope * x, sample_weight=weight)))
`;
};

const pythonOfTwo = () => {
  const points = labelledPoints();
  const head = `import numpy as np

import lossary

X = np.array(${listed(points.map(([across, up]) => [across, up]))}, float)
label = np.array(${listed(points.map(([, , label]) => label))})
losses = {${state.two.map(name => `"${twoSpec(name)}": (${TWO[name].labels.join(", ")})`).join(", ")}}  # and how they code the labels
`;
  if (state.model === "line") {
    return `${head}
for loss, (no, yes) in losses.items():
    fit = lossary.fit.linear(X, np.where(label == 1, yes, no), loss, alpha=${state.ridge})
    print(loss, *map(float, fit.coef), float(fit.intercept))
`;
  }
  return `${head}

${DICE_IN_PYTHON}

def fresh(seed, units=(${UNITS.join(", ")})):
    roll = numbers(seed)
    _ = [next(roll) for _ in range(4)]
    network = []
    for before, after in zip(units, units[1:]):
        weights = [(2 * next(roll) - 1) * np.sqrt(3 / before) for _ in range(before * after)]
        network.append((np.array(weights).reshape(after, before), np.zeros(after)))
    return network


def layers_of(network):
    layers = [X]
    for weights, biases in network:
        layers.append(layers[-1] @ weights.T + biases)
        if len(layers) <= len(network):
            layers[-1] = np.tanh(layers[-1])
    return layers


for loss, (no, yes) in losses.items():
    function, y, network = lossary.get(loss), np.where(label == 1, float(yes), float(no)), fresh(${state.seed})
    for _ in range(${state.epochs}):
        *layers, scores = layers_of(network)
        arriving = function.gradient(y, scores[:, 0])[:, None] / len(y)
        for (weights, biases), given in zip(network[::-1], layers[::-1]):
            passed = (arriving @ weights) * (1 - given**2)  # tanh' = 1 - tanh**2
            weights -= ${state.pace} * arriving.T @ given
            biases -= ${state.pace} * arriving.sum(axis=0)
            arriving = passed
    print(loss, float(function.cost(y, layers_of(network)[-1][:, 0])))
`;
};

const copied = async (text, said, place) => {
  try {
    await navigator.clipboard.writeText(text);
    byId(place).textContent = said;
  } catch {
    byId(place).textContent = "This browser does not let a page copy: select the text and copy it yourself.";
  }
};

// A panel's code, folded away, with the button that copies it; what is returned writes it anew.
const pythonBlock = (name, what, codeOf) => {
  const code = html("code", { id: `python-${name}` });
  byId(`${name}-python`).append(
    html("details", {}, html("summary", { text: "The same in Python" }),
      html("pre", { tabindex: 0, role: "region", "aria-label": `Python code of ${what}` }, code)),
    html("p", { class: "buttons" }, html("button", { type: "button", text: `Copy ${what} as Python`,
      onclick: () => copied(codeOf(), "The code is copied.", `copied-${name}`) }), html("span", { id: `copied-${name}`, role: "status" })));
  return () => { code.textContent = codeOf(); };
};
