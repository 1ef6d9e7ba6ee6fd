"""The consent page, which stands for FreshBooks's."""

_STYLE = """
<!DOCTYPE html><html lang="fr-CA"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
body{{margin:0;background:#f2f5f8;color:#0f2b46;font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;
min-height:100vh}}
main{{background:#fff;border:1px solid #ccd3dc;border-radius:8px;padding:32px;max-width:440px;width:calc(100% - 96px)}}
h1{{font-size:22px;margin:0 0 8px}}p{{margin:0 0 20px;color:#4e5b6c}}fieldset{{border:0;padding:0;margin:0 0 24px}}
legend{{font-weight:600;margin-bottom:8px}}
label{{display:flex;gap:12px;align-items:center;border:1px solid #ccd3dc;border-radius:6px;padding:12px}}
label+label{{margin-top:8px}}
label:has(input:checked){{border-color:#0063be;background:#eef7fc}}
.acts{{display:flex;gap:12px;justify-content:flex-end}}
button{{font:inherit;border-radius:6px;padding:10px 20px;border:1px solid #4e5b6c;background:#fff;cursor:pointer}}
button.yes{{background:#0063be;border-color:#0063be;color:#fff;font-weight:600}}
button:focus-visible,input:focus-visible{{outline:3px solid #0a4d85;outline-offset:2px}}
small{{color:#4e5b6c}}</style></head><body><main>
"""

CONSENT = (
    _STYLE.format(title="Autoriser l’accès à FreshBooks (simulateur)")
    + """<h1>Autoriser l’accès à FreshBooks</h1>
<p>Lacoste Intégrations demande à lire et à modifier les contacts, les factures et les paiements.</p>
<form method="post">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<p>Votre accord vaut pour : {{ businesses | join(", ") }}.</p>
<div class="acts"><button name="answer" value="refuse">Refuser</button>
<button class="yes" name="answer" value="allow">Autoriser</button></div></form>
<p style="margin:24px 0 0"><small>Simulateur : aucune donnée réelle n’est en jeu.</small></p>
</main></body></html>"""
)

REFUSED = (
    _STYLE.format(title="Demande refusée (simulateur)")
    + "<h1>La demande n’est pas valable</h1><p>{{ reason }}</p></main></body></html>"
)
