"""Somebody with a browser in front of a consent page, as far as plain forms go."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests


class Form(HTMLParser):
    """The first form of a page: where it goes, and the fields that are filled in already."""

    def __init__(self, page: requests.Response) -> None:
        super().__init__()
        self.action, self.method = page.url, "get"
        self.fields: dict[str, str] = {}
        self._page = page.url
        self._seen = False
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and its hidden fields."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and not self._seen:
            self._seen = True
            self.action, self.method = urljoin(self._page, found.get("action", "")), found.get("method", "get").lower()
        elif tag == "input" and found.get("type") == "hidden" and found.get("name"):
            self.fields[found["name"]] = found.get("value", "")


def answer(url: str, chosen: Mapping[str, str]) -> str:
    """Open a consent page, answer it, and say where the browser is sent then."""
    page = requests.get(url, timeout=10)
    assert page.status_code == 200, page.text
    form = Form(page)
    fields = {**form.fields, **chosen}
    if form.method == "get":
        back = requests.get(form.action, params=fields, allow_redirects=False, timeout=10)
    else:
        back = requests.post(form.action, data=fields, allow_redirects=False, timeout=10)
    assert back.status_code in (302, 303), back.text
    return back.headers["Location"]


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query))
