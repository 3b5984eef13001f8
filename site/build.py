"""Builds the site: ``python site/build.py`` writes it to ``build/site/html``, as plain files that need no server.

The source is put together first (pages by hand, pages made from records and from code, docs as they stand), then Sphinx
makes HTML of it. A warning is an error, an undocumented public name too, and so is a link that leads nowhere.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

SITE = Path(__file__).parent
sys.path.insert(0, str(SITE))

from lossary_site import links, names, source  # noqa: E402  the folder beside this file

OUTPUT = SITE.parent / "build" / "site"


def build(output: Path, *, jobs: str = "auto") -> list[str]:
    """Build the site in a folder, and return what is wrong with it; nothing for a good one."""
    shutil.rmtree(output, ignore_errors=True)
    source.write(output)
    html = output / "html"
    told = ["-W", "--keep-going", "-n", "-q", "-j", jobs, "-c", str(SITE), "-d", str(output / "doctrees")]
    told += ["-D", f"html_extra_path={output / 'extra'}", "-D", f"html_static_path={output / 'static'}"]
    if sphinx([*told, str(output / "source"), str(html)]) != 0:
        return ["Sphinx has warned; see above"]
    for path in [path for pattern in source.LEFT_OVER for path in html.glob(pattern)]:
        path.unlink()
    return [*names.undocumented(html), *links.broken(html)]


def main() -> None:
    """Build, and say how large the site is or what is wrong with it."""
    parser = argparse.ArgumentParser(description="Build the site, as plain files.")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder to build in (default: build/site)")
    output = parser.parse_args().output.resolve()
    faults = build(output)
    if faults:
        sys.exit("\n".join([*faults, f"the site has {len(faults)} faults"]))
    files = [path for path in (output / "html").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.1f} MB; open {output / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
