"""Two classes: boundaries against the library's fits, networks against differences and the library's gradients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.support.browser import Shown
from tests.support.explorer import ADDRESS, bring_into_sight, drawn, ran, state_of

import lossary
from lossary.evaluate.predictions.probabilities import gives_probabilities, probabilities
from lossary.explorer.formulas import OF_TWO_CLASSES, of_two_classes

LABELS = {loss.name: (0.0 if loss.name in ("logistic", "focal") else -1.0, 1.0) for loss in of_two_classes()}
SPECS = {name: "focal:gamma=2,alpha=0.5" if name == "focal" else name for name in OF_TWO_CLASSES}


def seen(shown: Shown) -> dict:
    bring_into_sight(shown, "two")
    return state_of(shown, "two-figure")


def split(points: list, name: str) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(points, float)
    return table[:, :2], np.where(table[:, 2] == 1, *LABELS[name][::-1])


@pytest.mark.parametrize("cloud", ["cloud=blobs&flipped=0.1&seed=5", "cloud=moons&ridge=0.002", "cloud=spiral&ridge=1"])
@pytest.mark.parametrize("names", [OF_TWO_CLASSES[:4], OF_TWO_CLASSES[4:]], ids=["first", "rest"])
def test_every_loss_draws_the_librarys_boundary(browser, path, cloud, names):
    ridge = float(dict(each.split("=") for each in cloud.split("&")).get("ridge", 0.05))
    with Shown(browser, path, 1280, f"#{cloud}&two={','.join(names)}") as shown:
        found = seen(shown)
    for name, line, cost in zip(names, found["lines"], found["costs"], strict=True):
        X, y = split(found["points"], name)
        fit = lossary.fit.linear(X, y, SPECS[name], alpha=ridge)
        np.testing.assert_allclose(line, [*fit.coef, fit.intercept], rtol=1e-6, atol=1e-6, err_msg=name)
        assert cost == pytest.approx(lossary.get(SPECS[name]).cost(y, X @ line[:2] + line[2]), rel=1e-9)


PIXELS = """() => {
  const copy = document.createElement("canvas"), context = copy.getContext("2d", { willReadFrequently: true });
  [copy.width, copy.height] = [57, 57];
  context.drawImage(document.querySelector("#two-figure canvas"), 0, 0);
  return [...context.getImageData(0, 0, 57, 57).data];
}"""


def test_shades_are_the_librarys_probabilities(browser, path):
    with Shown(browser, path, 1280, "#two=logistic&shade=0") as shown:
        seen(shown)
        for name in OF_TWO_CLASSES:
            loss = lossary.get(SPECS[name])
            shown.page.evaluate("address => { location.hash = address; }", f"two={name}")
            drawn(shown)
            told = shown.page.locator("#two-said").inner_text()
            assert ("how likely a disc is" in told) is gives_probabilities(loss)
            alpha = np.array(shown.page.evaluate(PIXELS)).reshape(57, 57, 4)[::-1, :, 3].T / 72.0
            line = state_of(shown, "two-figure")["lines"][0]
            places = 6.0 * (2.0 * np.arange(57) / 56 - 1.0)
            f = line[0] * places[:, None] + line[1] * places[None, :] + line[2]
            wanted = probabilities(loss, f.ravel()).reshape(f.shape) if gives_probabilities(loss) else (f > 0) * 1.0
            assert np.abs(alpha - wanted).max() < 0.02, name


def test_a_click_flips_a_drag_moves_and_keys_do_all(browser, path):
    with Shown(browser, path, 1280, "#labelled=-3,0,0;-2,1,0;2,1,1;3,-1,1") as shown:
        before = seen(shown)
        box = shown.page.get_by_role("slider", name="Labelled point 2", exact=True).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        shown.page.mouse.click(x, y)
        drawn(shown)
        flipped = state_of(shown, "two-figure")
        assert [each[2] for each in flipped["points"]] == [0, 1, 1, 1]
        assert flipped["lines"] != before["lines"]
        shown.page.mouse.move(x, y)
        shown.page.mouse.down()
        shown.page.mouse.move(x + 30, y - 40)
        shown.page.mouse.up()
        drawn(shown)
        moved = state_of(shown, "two-figure")["points"][1]
        assert moved[0] > -1.9
        assert moved[1] > 1.2
        assert moved[2] == 1
        figure = shown.page.locator("#two-figure svg").bounding_box()
        shown.page.mouse.click(figure["x"] + 60, figure["y"] + 40)
        drawn(shown)
        assert len(state_of(shown, "two-figure")["points"]) == 5
        keyboard = shown.page.keyboard
        shown.page.get_by_role("slider", name="Labelled point 1", exact=True).focus()
        for key in ("ArrowRight", "Shift+ArrowUp", "Enter", "PageDown"):
            keyboard.press(key)
        drawn(shown)
        assert state_of(shown, "two-figure")["points"][0] == [-2.9, 1, 1]
        assert shown.page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Labelled point 2"
        keyboard.press("Delete")
        drawn(shown)
        assert len(state_of(shown, "two-figure")["points"]) == 4
        assert "labelled=-2.9,1,1;2,1,1;3,-1,1" in shown.page.evaluate(ADDRESS)


def test_the_keyboard_reaches_the_points_by_one_tab(browser, path):
    with Shown(browser, path, 1280) as shown:
        seen(shown)
        assert shown.page.locator("#two-figure [tabindex='0']").count() == 1
        shown.page.get_by_label("Shaded under").focus()
        shown.page.keyboard.press("Tab")
        assert shown.page.evaluate("() => document.activeElement.getAttribute('class')") == "labelled"


def test_its_task_can_be_done(browser, path):
    with Shown(browser, path, 1280) as shown:
        seen(shown)
        assert shown.page.locator("#two-done").inner_text() == "Not yet."
        far = ";".join(f"{x},0.5,{int(x > 0)}" for x in (-3, -2.5, -2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2, 2.5, 3))
        shown.page.evaluate("address => { location.hash = address; }", f"labelled={far};6,0.5,0&ridge=0.001")
        drawn(shown)
        assert shown.page.locator("#two-done").inner_text().startswith("Done")


def test_the_python_of_the_boundaries_gives_them(browser, path):
    with Shown(browser, path, 1280, "#cloud=xor&flipped=0.2&two=hinge,logistic,squared_hinge,focal&gamma=1") as shown:
        lines = seen(shown)["lines"]
        printed = ran(shown, "two")
    assert [name for name, *_ in printed] == ["hinge", "logistic", "squared_hinge", "focal:gamma=1,alpha=0.5"]
    for (_, *numbers), line in zip(printed, lines, strict=True):
        assert [float(each) for each in numbers] == pytest.approx(line, abs=1e-6)


# The network.


def test_networks_are_trained_by_the_librarys_gradients(browser, path):
    address = "#cloud=circles&seed=3&model=network&epochs=40&pace=0.2&two=logistic,hinge,exponential,focal"
    with Shown(browser, path, 1280, address) as shown:
        seen(shown)
        ends = state_of(shown, "training-figure", "costs")
        printed = ran(shown, "two")
    for (name, cost), end in zip(printed, ends, strict=True):
        assert float(cost) == pytest.approx(end, rel=1e-9), name


def test_the_networks_gradient_is_that_of_differences_and_training_lowers_the_cost(browser, path):
    """The backward pass, which is written by hand, against differences of the forward pass."""
    with Shown(browser, path, 1280, "#cloud=moons&model=network&two=logistic,squared_hinge,exponential,focal") as shown:
        seen(shown)
        asked = (Path(__file__).parent / "network_differences.js").read_text(encoding="utf-8")
        told = shown.page.evaluate(INSIDE, asked[asked.index("state.two") :])
    assert {each["name"] for each in told} == {"logistic", "squared_hinge", "exponential", "focal"}
    for each in told:
        assert each["checked"] == 105
        assert each["worst"] < 1e-6, each
        assert each["after"] < 0.9 * each["before"], each


INSIDE = """asked => {
  const script = document.scripts[0].textContent, end = script.lastIndexOf("})();");
  return (0, eval)(`${script.slice(0, end)}return ${asked};${script.slice(end)}`);
}"""
"""Evaluates what is asked where the page's own functions are."""


def test_training_runs_pauses_and_steps(browser, path):
    with Shown(browser, path, 1280, "#model=network") as shown:
        seen(shown)
        shown.page.get_by_role("button", name="Run").click()
        shown.page.wait_for_function("() => /[1-9][0-9]/.test(document.querySelector('#steps-done').textContent)")
        shown.page.get_by_role("button", name="Pause").click()
        drawn(shown)
        done = state_of(shown, "two-figure")["done"]
        assert f"epochs={done}" in shown.page.evaluate(ADDRESS)
        shown.page.get_by_role("button", name="Step", exact=True).click()
        drawn(shown)
        assert shown.page.locator("#steps-done").inner_text() == f"Steps: {done + 1}"
        shown.page.get_by_role("button", name="Start over").click()
        drawn(shown)
        assert state_of(shown, "two-figure")["done"] == 0


def test_who_wants_less_motion_gets_a_jump(browser, path):
    with Shown(browser, path, 1280, "#model=network", reduced_motion="reduce") as shown:
        seen(shown)
        shown.page.get_by_role("button", name="Run").click()
        drawn(shown)
        assert shown.page.locator("#steps-done").inner_text() == "Steps: 250"
        assert shown.page.get_by_role("button", name="Run").count() == 1
        shown.page.wait_for_timeout(200)
        assert shown.page.locator("#steps-done").inner_text() == "Steps: 250"


def test_a_network_that_runs_away_is_told(browser, path):
    with Shown(browser, path, 1280, "#model=network&pace=10&epochs=200&two=exponential") as shown:
        seen(shown)
        assert "ran away" in shown.page.locator("#two-numbers").inner_text()
