// A small network, two inputs and two hidden layers of tanh, trained by gradient descent on all points at once.
// A layer is { weights: one row a unit, biases }; the loss comes in by its value and its gradient alone.

const UNITS = [2, 8, 8, 1];

const freshNetwork = seed => {
  const roll = warm(seed);
  return UNITS.slice(1).map((units, i) => ({
    weights: Array.from({ length: units }, () => Array.from({ length: UNITS[i] }, () => (2 * roll() - 1) * Math.sqrt(3 / UNITS[i]))),
    biases: Array(units).fill(0),
  }));
};

// What every layer gives; the last one's single number is the score.
const activations = (network, inputs) => {
  const given = [inputs];
  network.forEach(({ weights, biases }, k) => {
    const last = given[k], isLast = k === network.length - 1;
    given.push(weights.map((row, i) => {
      let sum = biases[i];
      for (let j = 0; j < row.length; j += 1) sum += row[j] * last[j];
      return isLast ? sum : PRIMITIVES.tanh(sum);
    }));
  });
  return given;
};

const scoreOf = (network, inputs) => activations(network, inputs).at(-1)[0];

const networkCost = (network, loss, points) => points.reduce((sum, { x, y }) => sum + loss.value(y, scoreOf(network, x)), 0) / points.length;

// The gradient of the mean loss, in the network's own shape: backwards through the layers, point by point.
const networkGradient = (network, loss, points) => {
  const slopes = network.map(({ weights, biases }) => ({ weights: weights.map(row => row.map(() => 0)), biases: biases.map(() => 0) }));
  for (const { x, y } of points) {
    const given = activations(network, x);
    let arriving = [loss.grad(y, given.at(-1)[0]) / points.length];
    for (let k = network.length - 1; k >= 0; k -= 1) {
      const before = given[k], passed = before.map(() => 0), isFirst = k === 0;
      network[k].weights.forEach((row, i) => {
        slopes[k].biases[i] += arriving[i];
        for (let j = 0; j < row.length; j += 1) {
          slopes[k].weights[i][j] += arriving[i] * before[j];
          passed[j] += arriving[i] * row[j];
        }
      });
      arriving = isFirst ? [] : passed.map((each, j) => each * (1 - before[j] * before[j])); // tanh' = 1 - tanh²
    }
  }
  return slopes;
};

const steppedNetwork = (network, loss, points, pace) => {
  const slopes = networkGradient(network, loss, points);
  return network.map(({ weights, biases }, k) => ({
    weights: weights.map((row, i) => row.map((each, j) => each - pace * slopes[k].weights[i][j])),
    biases: biases.map((each, i) => each - pace * slopes[k].biases[i]),
  }));
};
