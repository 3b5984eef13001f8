"""The explorer as a browser shows it: dragged, typed at, at a desk and on a phone, against the library's own fits."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tests.support.browser import FAINT, SERIOUS, Shown, axe_script
from tests.support.explorer import ADDRESS, bring_into_sight, drawn, ran, state_of

import lossary
from lossary.explorer.formulas import OF_ROWS
from lossary.explorer.formulas import shown as losses_shown

START = {
    "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    "y": [1.7, 2.1, 2.9, 3.1, 4.2, 4.4, 5.3, 5.7, 0.6],
}
FITS = "() => JSON.parse(document.querySelector('#lines-figure').dataset.fits)"
POINTS = f"""() => ({ADDRESS})().then(address =>
  new URLSearchParams(address).get("points").split(";").map(each => each.split(",").map(Number)))"""


def assert_lines_are_the_librarys(shown: Shown, losses: list[str], points: list[list[float]] | None = None) -> None:
    """Through these points, or those that the page's address comes to have."""
    drawn(shown)
    points = points or shown.page.evaluate(POINTS)
    x, y, w = np.array([(*each, 1.0)[:3] for each in points]).T
    for loss, fit in zip(losses, shown.page.evaluate(FITS), strict=True):
        ours = lossary.fit.linear(x[:, None], y, loss, sample_weight=w)
        found = [fit["intercept"], fit["slope"]]
        np.testing.assert_allclose(found, [ours.intercept, ours.coef[0]], rtol=1e-6, atol=1e-6, err_msg=loss)


def centre(shown: Shown, name: str) -> tuple[float, float]:
    box = shown.page.get_by_role("slider", name=name, exact=True).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(shown: Shown, name: str, by: tuple[float, float]) -> None:
    x, y = centre(shown, name)
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x + by[0] / 2, y + by[1] / 2)
    shown.page.mouse.move(x + by[0], y + by[1])
    shown.page.mouse.up()
    drawn(shown)


def test_it_opens_finished_and_says_nothing(browser, path):
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        assert shown.page.locator("#lines-figure .fit").count() == 3
        assert shown.page.locator("#lines-figure .point").count() == 9
        assert shown.page.evaluate(POINTS) == [list(each) for each in zip(START["x"], START["y"], strict=True)]
        assert_lines_are_the_librarys(shown, ["squared_error", "huber", "absolute_error"])
        assert shown.said == []
        assert shown.asked == [path.as_uri()]


def test_dragging_an_outlier_moves_the_lines_to_the_librarys(browser, path):
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        before = shown.page.evaluate(FITS)
        shown.page.locator("#lines-figure").scroll_into_view_if_needed()
        drag(shown, "Point 9", (-20.0, -150.0))
        assert shown.page.evaluate(POINTS)[8][1] > 2.0
        after = shown.page.evaluate(FITS)
        assert all(abs(p["slope"] - q["slope"]) > 1e-3 for p, q in zip(before[:2], after[:2], strict=True))
        assert_lines_are_the_librarys(shown, ["squared_error", "huber", "absolute_error"])


# The page hears of it first, as it has listened for longer.
GOING_TO = """address => new Promise(done => {
  addEventListener("hashchange", () => done(), {once: true});
  location.hash = address;
})"""
AWKWARD = "points=0.5,1.7;2,2.4,2;3.1,2.9;4,1.1,0;4.6,4.2,0.5;6,4.4;7,5.3;8,7.9;9,0.6"


@pytest.fixture(scope="module")
def awkward(browser, path):
    """One page for all losses."""
    with Shown(browser, path, 1280, f"#{AWKWARD}") as shown:
        yield shown


@pytest.mark.parametrize("loss", [loss.name for loss in losses_shown()])
def test_every_loss_draws_the_librarys_line(awkward, loss):
    awkward.page.evaluate(GOING_TO, f"{AWKWARD}&loss={loss}")
    points = [[*map(float, point.split(","))] for point in AWKWARD.removeprefix("points=").split(";")]
    assert_lines_are_the_librarys(awkward, [loss], points)


def test_an_outlier_beyond_a_losss_reach_does_not_hide_the_line_through_the_others(browser, path):
    """Where the loss bends, far from the points, is no place to start from: of three points it saw none as near."""
    with Shown(browser, path, 1280, "#points=1,1;1.5,30;9,5&loss=tukey_biweight:c=2") as shown:
        drawn(shown)
        (fit,) = shown.page.evaluate(FITS)
        x, y = np.array([1.0, 1.5, 9.0]), np.array([1.0, 30.0, 5.0])
        loss = lossary.get("tukey_biweight:c=2")
        through_two = [np.polyfit(x[pair], y[pair], 1) for pair in ([0, 1], [0, 2], [1, 2])]
        least = min(loss.cost(y, np.polyval(line, x)) for line in through_two)
        assert loss.cost(y, fit["intercept"] + fit["slope"] * x) <= least + 1e-9


def test_the_address_holds_all_and_comes_back(browser, path):
    rest = "point=2&weights=1&guess=2,5.5&hidden=1&residual=-1.5&skew=-0.3"
    rest += "&surface=2&start=0.5,3&rate=0.02&batch=3&steps=17"
    rest += "&two=hinge,focal&shade=1&model=network&ridge=0.2&pace=0.02&epochs=7"
    rest += "&cloud=moons&seed=5&flipped=0.2&scatter=points"
    rest += "&labelled=1,2,0;-1.5,0.5,1;3,3,1&formula=abs(f-y)%2F(1%2Bk)&constants=k:2&at=1.5"
    rest += "&scores=1,-2,0.5,3&target=0,0.25,0.75,0&smoothing=0.1&temperature=2&gamma=1.5"
    given = f"#{AWKWARD}&loss=huber:delta=0.5&loss=quantile:tau=0.8&{rest}"
    with Shown(browser, path, 1280, given) as shown:
        drawn(shown)
        address = shown.page.evaluate(ADDRESS)
        assert sorted(address.split("&")) == sorted(given[1:].split("&"))
        assert shown.page.locator("#lines-figure .fit").count() == 1  # the guess
        shown.page.get_by_role("button", name="Show the losses’ lines").click()
        assert_lines_are_the_librarys(shown, ["huber:delta=0.5", "quantile:0.8"])
        assert "of your line" in shown.page.locator("output.said").first.inner_text()


def test_nonsense_in_an_address_is_left_out(browser, path):
    nonsense = (
        "#points=1,2;x,y;3;4,5,-1&loss=huber:delta=-3&loss=toString&loss=nothing&weights=9&guess=1&residual=x&skew=7"
        "&surface=7&start=1&rate=0&batch=2&steps=-4.5&scores=1,2,3,99&target=0,0,0,0&temperature=cold"
        "&two=toString,huber&shade=5&model=forest&ridge=x&cloud=__proto__&labelled=1,2,3;9,9,1&formula=&constants=a:b"
        "&scatter=far&epochs=many"
    )
    with Shown(browser, path, 1280, nonsense) as shown:
        drawn(shown)
        found = dict(each.split("=", 1) for each in shown.page.evaluate(ADDRESS).split("&"))
        walk = {"start": "1,4", "rate": "0.001", "batch": "0", "steps": "0"}
        walk |= {"scores": "2,1,0,-1", "target": "1,0,0,0", "smoothing": "0", "temperature": "1", "gamma": "2"}
        assert found == {"points": "1,2", "loss": "huber", "residual": "2.5", "skew": "1", **walk}
        assert shown.said == []


def test_the_python_that_is_copied_gives_the_same_lines(browser, path):
    address = f"#{AWKWARD}&loss=huber:delta=0.5&loss=squared_error&loss=tukey_biweight:c=2"
    with Shown(browser, path, 1280, address) as shown:
        drawn(shown)
        fits = shown.page.evaluate(FITS)
        printed = ran(shown, "lines")
    assert [loss for loss, *_ in printed] == ["huber:delta=0.5", "squared_error", "tukey_biweight:c=2"]
    for (_, intercept, slope), fit in zip(printed, fits, strict=True):
        assert [float(intercept), float(slope)] == pytest.approx([fit["intercept"], fit["slope"]], abs=1e-6)


@pytest.mark.parametrize("scatter", ["skew=-0.3", "scatter=points"])
def test_the_python_of_a_residual_gives_its_numbers(browser, path, scatter):
    address = f"#{AWKWARD}&loss=huber:delta=1.5&loss=cauchy&loss=quantile:tau=0.8&residual=2.5&{scatter}"
    with Shown(browser, path, 1280, address) as shown:
        drawn(shown)
        best = state_of(shown, "density-figure", "best")
        rows = shown.page.locator("#residual-numbers tr").all()
        told = [[float(text.replace("−", "-")) for text in row.locator("td").all_inner_texts()] for row in rows]
        printed = ran(shown, "residual")
    assert [name for name, *_ in printed] == ["huber:delta=1.5", "cauchy", "quantile:tau=0.8"]
    for (_, *numbers), shown_numbers, constant in zip(printed, told, best, strict=True):
        assert [float(each) for each in numbers[:3]] == pytest.approx(shown_numbers[:3], rel=5e-3)
        assert float(numbers[3]) == pytest.approx(constant, abs=1e-6)


def test_the_keyboard_alone_will_do(browser, path):
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        keyboard = shown.page.keyboard
        for _ in range(40):
            keyboard.press("Tab")
            if shown.page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Point 9":
                break
        for key in ("ArrowUp", "Shift+ArrowUp", "ArrowLeft"):
            keyboard.press(key)
        drawn(shown)
        assert shown.page.evaluate(POINTS)[8] == [8.9, 1.7]
        assert_lines_are_the_librarys(shown, ["squared_error", "huber", "absolute_error"])
        keyboard.press("Delete")
        drawn(shown)
        assert len(shown.page.evaluate(POINTS)) == 8
        assert shown.page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Point 8"
        shown.page.get_by_role("button", name="Add a point").press("Enter")
        drawn(shown)
        assert shown.page.evaluate(POINTS)[8] == [5.0, 4.0]
        shown.page.get_by_label("delta").press("ArrowRight")
        drawn(shown)
        assert "loss=huber:delta=" in shown.page.evaluate(ADDRESS)


def test_points_are_added_weighed_and_removed_by_hand(browser, path):
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        box = shown.page.locator("#lines-figure").bounding_box()
        shown.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 60)
        drawn(shown)
        assert len(shown.page.evaluate(POINTS)) == 10
        shown.page.get_by_label("weight", exact=True).fill("3")
        assert_lines_are_the_librarys(shown, ["squared_error", "huber", "absolute_error"])
        assert shown.page.evaluate(POINTS)[9][2] == 3.0
        shown.page.get_by_role("button", name="Remove the point").click()
        drawn(shown)
        assert len(shown.page.evaluate(POINTS)) == 9


def test_weights_are_seen_in_the_points(browser, path):
    sizes = "() => [...document.querySelectorAll('.point .dot')].map(each => Number(each.getAttribute('r')))"
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        assert set(shown.page.evaluate(sizes)) == {5}
        shown.page.get_by_label("Points as large as their weight").select_option(label="huber")
        drawn(shown)
        found = shown.page.evaluate(sizes)
        assert max(found) == 10.5
        assert found[8] == min(found)


def test_a_task_is_done_when_it_is(browser, path):
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        assert shown.page.locator("#lines-done").inner_text() == "Not yet."
        shown.page.goto(
            path.as_uri()
            + "#points=1,1;2,2;3,3;4,4;5,5;6,6;7,7;8,8;9,-30&loss=squared_error&loss=absolute_error&skew=0"
        )
        drawn(shown)
        assert shown.page.locator("#lines-done").inner_text().startswith("Done")
        assert shown.page.locator("#density-done").inner_text().startswith("Done")


def test_one_residual_tells_what_the_library_does(browser, path):
    with Shown(browser, path, 1280, "#loss=huber:delta=1.5&loss=cauchy&residual=2.5&skew=0.6") as shown:
        drawn(shown)
        rows = shown.page.locator("#residual-numbers tr")
        for row, loss in zip(rows.all(), (lossary.huber.using(delta=1.5), lossary.cauchy), strict=True):
            numbers = [float(text.replace("−", "-")) for text in row.locator("td").all_inner_texts()]
            at = np.array([0.0]), np.array([2.5])
            value, gradient, curvature = (float(each(*at)[0]) for each in (loss, loss.gradient, loss.hessian))
            wanted = [value, gradient, curvature, gradient / 2.5]
            assert numbers == pytest.approx(wanted, rel=5e-3)


# The surface.

SURFACE = "() => JSON.parse(document.querySelector('#surface-figure').dataset.drawn)"


@pytest.mark.parametrize("batch", [0, 3])
def test_the_python_of_a_walk_ends_where_it_ends(browser, path, batch):
    address = f"#loss=huber:delta=0.5&loss=cauchy:c=2&surface=2&start=0.5,3&rate=0.02&batch={batch}&steps=40"
    with Shown(browser, path, 1280, address) as shown:
        to_the_surface(shown)
        end = state_of(shown, "surface-figure")["end"]
        told = shown.page.locator("#walked").inner_text()
        ((slope, intercept, cost),) = ran(shown, "surface")
    assert [float(slope), float(intercept)] == pytest.approx(end, abs=1e-9)
    assert f"the mean loss is {float(cost):.3g};" in told


def to_the_surface(shown: Shown) -> None:
    shown.page.locator("#surface-figure").scroll_into_view_if_needed()
    shown.page.locator("#surface-figure .way").wait_for(state="attached")
    drawn(shown)


def cost_of_lines(loss: str, slopes: np.ndarray, intercepts: np.ndarray) -> np.ndarray:
    x, y = np.array(START["x"]), np.array(START["y"])
    function = lossary.get(loss)
    return np.array([function.cost(y, a + b * x) for b, a in zip(slopes, intercepts, strict=True)])


@pytest.mark.parametrize("loss", ["huber", "tukey_biweight:c=2"])
def test_each_ring_joins_lines_of_one_cost(browser, path, loss):
    rings = "() => [...document.querySelectorAll('.contour')].map(each => each.getAttribute('d'))"
    with Shown(browser, path, 1280, f"#loss={loss}") as shown:
        to_the_surface(shown)
        seen, paths = shown.page.evaluate(SURFACE), shown.page.evaluate(rings)
    frame = seen["frame"]
    assert len(paths) == len(seen["levels"]) == 11
    for level, written in zip(seen["levels"], paths, strict=True):
        across, up = np.array([float(each) for each in re.findall(r"-?[0-9.]+", written)]).reshape(-1, 2)[::9].T
        slopes = np.interp(across, [frame["left"], frame["right"]], seen["slopes"])
        intercepts = np.interp(-up, [-frame["bottom"], -frame["top"]], seen["intercepts"])
        np.testing.assert_allclose(cost_of_lines(loss, slopes, intercepts), level, rtol=0.04, atol=0.01)


@pytest.mark.parametrize("batch", [0, 1])
def test_descent_takes_the_librarys_gradients(browser, path, batch):
    steps = 25 if batch == 0 else 1
    with Shown(browser, path, 1280, f"#loss=cauchy:c=2&start=1,4&rate=0.01&batch={batch}&steps={steps}") as shown:
        to_the_surface(shown)
        end = np.array(shown.page.evaluate(SURFACE)["end"])
        told = shown.page.locator("#walked").inner_text()
    x, y, loss = np.array(START["x"]), np.array(START["y"]), lossary.get("cauchy:c=2")
    line = np.array([1.0, 4.0])
    if batch == 0:
        for _ in range(steps):
            gradient = loss.gradient(y, line[1] + line[0] * x)
            line = line - 0.01 * np.array([np.mean(gradient * x), np.mean(gradient)])
        assert end == pytest.approx(line, abs=1e-9)
    else:
        pulls = loss.gradient(y, line[1] + line[0] * x)
        ends = line - 0.01 * np.stack([pulls * x, pulls], axis=1)
        assert np.abs(ends - end).sum(axis=1).min() < 1e-9
    cost = float(cost_of_lines("cauchy:c=2", end[:1], end[1:])[0])
    assert f"the mean loss is {cost:.3g};" in told


def test_the_walk_starts_where_it_is_put_and_can_run_away(browser, path):
    with Shown(browser, path, 1280) as shown:
        to_the_surface(shown)
        assert shown.page.locator("#surface-done").inner_text() == "Not yet."
        shown.page.get_by_role("slider", name="Where the walk starts").press("ArrowUp")
        drag(shown, "Where the walk starts", (-60.0, 30.0))
        address = shown.page.evaluate(ADDRESS)
        slope, intercept = map(float, address.split("start=")[1].split("&")[0].split(","))
        assert slope < 0.9
        assert intercept < 4.1
        shown.page.get_by_label("Step size").fill("900")
        drawn(shown)
        assert shown.page.locator("#surface-done").inner_text() == "Done: it climbs."


# A row of scores.

ROW = "#scores=1,-2,0.5,3&target=0,0.25,0.75,0&smoothing=0.1&temperature=2&gamma=1.5"


def test_a_row_tells_what_the_library_does(browser, path):
    scores, target = np.array([[1.0, -2.0, 0.5, 3.0]]), np.array([[0.0, 0.25, 0.75, 0.0]])
    options = {"temperature": 2.0, "label_smoothing": 0.1}
    with Shown(browser, path, 1280, ROW) as shown:
        drawn(shown)
        printed_rows = ran(shown, "row")
        rows = shown.page.locator("#row-numbers tr").all()
        told = [[each.locator("th").inner_text(), *each.locator("td").all_inner_texts()] for each in rows]
    assert [name for name, *_ in told] == [name.replace("focal_softmax", "focal_softmax:gamma=1.5") for name in OF_ROWS]
    for (name, *numbers), printed in zip(told, printed_rows, strict=True):
        function = lossary.get(name)
        wanted = [*function(target, scores, **options), *function.gradient(target, scores, **options)[0]]
        assert [float(each.replace("−", "-")) for each in numbers] == pytest.approx(wanted, rel=6e-3), name
        assert printed[0] == name
        assert [float(each) for each in printed[1:]] == pytest.approx(wanted, rel=1e-12), name


def test_bars_are_dragged_and_slid(browser, path):
    with Shown(browser, path, 1280) as shown:
        drawn(shown)
        assert shown.page.locator("#row-done").inner_text() == "Not yet."
        shown.page.locator("#row-figure").scroll_into_view_if_needed()
        x, y = (lambda box: (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))(
            shown.page.locator("#row-figure .column").nth(0).bounding_box()
        )
        shown.page.mouse.move(x, y)
        shown.page.mouse.down()
        shown.page.mouse.move(x, y - 30)
        shown.page.mouse.move(x, y - 60)
        shown.page.mouse.up()
        drawn(shown)
        assert "scores=4,1,0,-1" in shown.page.evaluate(ADDRESS)
        assert shown.page.locator("#row-done").inner_text().startswith("Done")
        shown.page.get_by_label("Score of D").press("ArrowRight")
        shown.page.get_by_label("Target of A").press("ArrowLeft")
        drawn(shown)
        assert "scores=4,1,0,-0.9&target=0.95,0,0,0" in shown.page.evaluate(ADDRESS)


FULL = (
    "#loss=barron&loss=huber&loss=quantile&loss=tukey_biweight&guess=1,5&two=logistic,focal,exponential,modified_huber"
)
FULL += "&model=network&epochs=5&formula=log(1%20%2B"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_all_can_be_seen_and_read(browser, path, width, scheme):
    with Shown(browser, path, width, f"{FULL}") as shown:
        shown.page.emulate_media(color_scheme=scheme)
        shown.open_all()
        for section in ("surface", "two", "own"):
            bring_into_sight(shown, section)
        assert shown.faults() == []
        assert shown.page.evaluate(FAINT) == []
        shown.page.evaluate(axe_script())
        assert shown.page.evaluate(SERIOUS, None) == []
        assert shown.said == []


def test_a_finger_drags_a_point(browser, path):
    with Shown(browser, path, 390, has_touch=True, is_mobile=True) as shown:
        drawn(shown)
        shown.page.locator("#lines-figure").scroll_into_view_if_needed()
        x, y = centre(shown, "Point 9")
        session = shown.context.new_cdp_session(shown.page)
        for kind, at in (("touchStart", (x, y)), ("touchMove", (x, y - 40)), ("touchMove", (x, y - 90))):
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        drawn(shown)
        assert shown.page.evaluate(POINTS)[8][1] > 2.0
        assert len(shown.page.evaluate(POINTS)) == 9
