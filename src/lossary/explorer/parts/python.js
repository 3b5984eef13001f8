// The code that gives the numbers of a picture.

const pythonOf = ({ points, losses }) => {
  const list = values => `[${values.join(", ")}]`;
  const weighs = points.some(each => each.w !== 1);
  return `import matplotlib.pyplot as plt
import numpy as np

import lossary

x = np.array(${list(points.map(each => each.x))}, float)
y = np.array(${list(points.map(each => each.y))}, float)
${weighs ? `weight = np.array(${list(points.map(each => each.w))}, float)\n` : ""}
plt.plot(x, y, "ko")
for loss in ${list(losses.map(each => `"${spec(each)}"`))}:
    fit = lossary.fit.linear(x[:, None], y, loss${weighs ? ", sample_weight=weight" : ""})
    print(loss, float(fit.intercept), float(fit.coef[0]))
    plt.plot(x, fit.intercept + fit.coef[0] * x, label=loss)
plt.legend()
plt.show()
`;
};

const copied = async (text, said, place = "copied") => {
  try {
    await navigator.clipboard.writeText(text);
    byId(place).textContent = said;
  } catch {
    byId(place).textContent = "This browser does not let a page copy: select the text and copy it yourself.";
  }
};
