// Inside the page's own script: the hand-written backward pass against differences of the forward pass, and training.
state.two.map(name => {
  const loss = boundTwo(name), rows = labelledPoints().map(([a, b, label]) => ({ x: [a, b], y: TWO[name].labels[label] }));
  let network = freshNetwork(7), worst = 0, checked = 0;
  const walked = (steps, pace) => {
    for (let i = 0; i < steps; i += 1) network = steppedNetwork(network, loss, rows, pace);
    return networkCost(network, loss, rows);
  };
  const compare = (list, j, slope) => {
    const old = list[j], costAt = value => { list[j] = value; return networkCost(network, loss, rows); };
    worst = Math.max(worst, Math.abs((costAt(old + 1e-5) - costAt(old - 1e-5)) / 2e-5 - slope));
    list[j] = old;
    checked += 1;
  };
  const before = walked(3, 0.1), slopes = networkGradient(network, loss, rows);
  network.forEach(({ weights, biases }, k) => {
    biases.forEach((_, i) => compare(biases, i, slopes[k].biases[i]));
    weights.forEach((row, i) => row.forEach((_, j) => compare(row, j, slopes[k].weights[i][j])));
  });
  return { name, worst, checked, before, after: walked(300, 0.03) };
})
