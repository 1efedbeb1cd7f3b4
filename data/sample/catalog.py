"""The made-up shop that every sample row is drawn from, read from the YAML files in catalog/."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "catalog"
ENGLISH = "en"
LANGUAGES = ("de", "es", "fr", "it", "ja")


@dataclass(frozen=True)
class Product:
    """What a department sells; `names` holds its name by language, English always among them."""

    name: str
    does: str
    follow_ups: tuple[str, ...]
    names: dict[str, str]


@dataclass(frozen=True)
class Catalog:
    """Everything rows are made of; see the YAML files for the meaning of each list."""

    products: tuple[Product, ...]
    brands: tuple[str, ...]
    colours: tuple[dict[str, str], ...]
    packs: tuple[dict[str, str], ...]
    materials: tuple[str, ...]
    openings: tuple[str, ...]
    sizes: tuple[str, ...]
    exact: tuple[str, ...]
    substitutes: tuple[str, ...]
    complements: tuple[str, ...]
    awkward_titles: tuple[str, ...]
    opinions: dict[str, dict[int, tuple[str, ...]]]
    aspects: dict[str, tuple[str, ...]]
    instructions: dict[str, dict[str, Any]]

    @property
    def translated_products(self) -> tuple[Product, ...]:
        """The products that have a name in every language."""
        return tuple(product for product in self.products if len(product.names) == 1 + len(LANGUAGES))


def read_catalog() -> Catalog:
    """Read the catalog's YAML files."""
    shop = _read("products")
    products = tuple(map(_product, shop.pop("products")))
    opinions = {
        language: {level: tuple(phrases) for level, phrases in levels.items()}
        for language, levels in _read("opinions").items()
    }
    return Catalog(
        products=products,
        opinions=opinions,
        aspects={aspect: tuple(phrases) for aspect, phrases in _read("aspects").items()},
        instructions=_read("instructions"),
        **{name: tuple(values) for name, values in shop.items()},
    )


def _product(entry: dict[str, Any]) -> Product:
    names = {ENGLISH: entry["name"], **entry.get("names", {})}
    return Product(entry["name"], entry["does"], tuple(entry["follow_ups"]), names)


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return content
