"""The site builds without a warning, holds every page, and loads nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = re.compile(r"<(?:script|img|iframe|source|audio|video)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)")
LINKED = re.compile(r"<link\b[^>]*\brel=[\"']?(?:stylesheet|icon|preload|preconnect)[^>]*\bhref=[\"']?([^\"'\s>]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_every_page_is_there_and_can_be_searched(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages <= {path.stem for path in site.glob("*.html")}
    assert "architecture.html" in (site / "search" / "search_index.json").read_text(encoding="utf-8")


def test_no_page_loads_anything_from_elsewhere(site):
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    found = []
    for path in files:
        text = path.read_text(encoding="utf-8")
        addresses = LOADED.findall(text) + LINKED.findall(text) + re.findall(r"(?:@import|url\()\s*[\"']?(\S+)", text)
        found += [(path.name, one) for one in addresses if one.startswith(("http:", "https:", "//"))]
        assert 'class="mermaid"' not in text, "the theme would load mermaid's script to draw it"
    assert len(files) > 10
    assert found == []
