"""The consent page, which stands for HubSpot's."""

_STYLE = """
<!DOCTYPE html><html lang="fr-CA"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
body{{margin:0;background:#f5f8fa;color:#33475b;font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;
min-height:100vh}}
main{{background:#fff;border:1px solid #cbd6e2;border-radius:12px;padding:32px;max-width:440px;width:calc(100% - 96px)}}
h1{{font-size:22px;margin:0 0 8px}}p{{margin:0 0 20px;color:#425b76}}ul{{margin:0 0 24px;padding-left:20px}}
.acts{{display:flex;gap:12px;justify-content:flex-end}}
button{{font:inherit;border-radius:8px;padding:10px 20px;border:1px solid #7c98b6;background:#fff;cursor:pointer}}
button.yes{{background:#c2410c;border-color:#c2410c;color:#fff;font-weight:600}}
button:focus-visible{{outline:3px solid #33475b;outline-offset:2px}}
small{{color:#425b76}}</style></head><body><main>
"""

CONSENT = (
    _STYLE.format(title="Autoriser l’accès à HubSpot (simulateur)")
    + """<h1>Autoriser l’accès?</h1>
<p>Lacoste Intégrations demande à accéder au compte <strong>{{ account }}</strong>, pour :</p>
<ul>{% for scope in scopes %}<li>{{ scope }}</li>{% endfor %}</ul>
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
