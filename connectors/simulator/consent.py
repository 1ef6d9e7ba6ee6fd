"""The page on which a person consents at a fake provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Response, render_template_string

_PAGE = """
<!DOCTYPE html><html lang="fr-CA"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ title }} (simulateur)</title><style>
body{margin:0;background:#f4f5f8;color:#21262c;font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;
min-height:100vh}
main{background:#fff;border:1px solid #d4d7dc;border-radius:12px;padding:32px;max-width:440px;width:calc(100% - 96px)}
h1{font-size:22px;margin:0 0 8px}p,ul{margin:0 0 20px;color:#5a6270}fieldset{border:0;padding:0;margin:0 0 24px}
legend{font-weight:600;margin-bottom:8px}
label{display:flex;gap:12px;align-items:center;border:1px solid #d4d7dc;border-radius:8px;padding:12px}
label+label{margin-top:8px}
label:has(input:checked){border-color:{{ accent }};background:color-mix(in srgb,{{ accent }} 8%,#fff)}
.acts{display:flex;gap:12px;justify-content:flex-end;margin-bottom:24px}
button{font:inherit;border-radius:8px;padding:10px 20px;border:1px solid #8d9096;background:#fff;cursor:pointer}
button.yes{background:{{ accent }};border-color:{{ accent }};color:#fff;font-weight:600}
button:focus-visible,input:focus-visible{outline:3px solid {{ accent }};outline-offset:2px}
small{color:#5a6270}</style></head><body><main>
{% if reason %}<h1>{{ title }}</h1><p>{{ reason }}</p>{% else %}<h1>{{ title }}</h1>
<p>Lacoste Intégrations demande {{ asks }}</p>
{% if points %}<ul>{% for point in points %}<li>{{ point }}</li>{% endfor %}</ul>{% endif %}
<form method="post">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
{% if choices %}<fieldset><legend>{{ legend }}</legend>
{% for choice in choices %}<label><input type="{{ kind }}" name="{{ field }}" value="{{ choice.value }}"
{%- if loop.first %} checked{% endif %}><span>{{ choice.name }}{% if choice.detail %}<br>
<small>{{ choice.detail }}</small>{% endif %}</span></label>{% endfor %}
</fieldset>{% endif %}
<div class="acts"><button name="answer" value="refuse">Refuser</button>
<button class="yes" name="answer" value="allow">Autoriser</button></div></form>
<small>Simulateur : aucune donnée réelle n’est en jeu.</small>{% endif %}
</main></body></html>"""


@dataclass(frozen=True)
class Choice:
    """One account that may be consented to."""

    value: str
    name: str
    detail: str = ""


@dataclass(frozen=True)
class ConsentPage:
    """label: the provider's; asks: what this console asks ("à lire …"); accent: a colour that white text stands on.

    legend, field: what is chosen and the form's name for it, "" where nothing is; several: whether it may be more.
    """

    label: str
    asks: str
    accent: str
    legend: str = ""
    field: str = ""
    several: bool = False

    def show(
        self,
        hidden: Mapping[str, str],
        choices: Iterable[Choice] = (),
        points: Iterable[str] = (),
        **names: str,
    ) -> Response:
        """The page. hidden: what the form carries on; points: a list below `asks`, whose {names} are filled in."""
        return self._render(
            title=f"Autoriser l’accès à {self.label}", asks=self.asks.format(**names), hidden=hidden,
            choices=list(choices), points=list(points), legend=self.legend, field=self.field,
            kind="checkbox" if self.several else "radio",
        )  # fmt: skip

    def refuse(self, reason: str) -> tuple[Response, int]:
        """The page of a request that is not valid; nobody is sent back from it."""
        return self._render(title="La demande n’est pas valable", reason=reason), 400

    def _render(self, **context: object) -> Response:
        return Response(render_template_string(_PAGE, accent=self.accent, **context))
