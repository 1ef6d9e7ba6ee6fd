"""The consent page, which stands for Salesforce's."""

_STYLE = """
<!DOCTYPE html><html lang="fr-CA"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
body{{margin:0;background:#f3f6fb;color:#16325c;font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;
min-height:100vh}}
main{{background:#fff;border:1px solid #d8dde6;border-radius:12px;padding:32px;max-width:440px;width:calc(100% - 96px)}}
h1{{font-size:22px;margin:0 0 8px}}p{{margin:0 0 20px;color:#44546f}}ul{{margin:0 0 24px;padding-left:20px}}
.acts{{display:flex;gap:12px;justify-content:flex-end}}
button{{font:inherit;border-radius:8px;padding:10px 20px;border:1px solid #747d8c;background:#fff;cursor:pointer}}
button.yes{{background:#0070a8;border-color:#0070a8;color:#fff;font-weight:600}}
button:focus-visible{{outline:3px solid #16325c;outline-offset:2px}}
small{{color:#44546f}}</style></head><body><main>
"""

CONSENT = (
    _STYLE.format(title="Autoriser l’accès à Salesforce (simulateur)")
    + """<h1>Autoriser l’accès?</h1>
<p>Lacoste Intégrations demande à accéder à l’organisation <strong>{{ organization }}</strong>, au nom de
{{ user }}, pour :</p>
<ul><li>gérer les données par l’API (api)</li><li>y accéder à tout moment (refresh_token)</li></ul>
<form method="post">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<div class="acts"><button name="answer" value="refuse">Refuser</button>
<button class="yes" name="answer" value="allow">Autoriser</button></div></form>
<p style="margin:24px 0 0"><small>Simulateur : aucune donnée réelle n’est en jeu.</small></p>
</main></body></html>"""
)

REFUSED = (
    _STYLE.format(title="Demande refusée (simulateur)")
    + "<h1>La demande n’est pas valable</h1><p>{{ reason }}</p></main></body></html>"
)
