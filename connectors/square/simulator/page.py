"""The consent page, which stands for Square’s."""

_STYLE = """
<!DOCTYPE html><html lang="fr-CA"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
body{{margin:0;background:#f4f5f8;color:#21262c;font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;
min-height:100vh}}
main{{background:#fff;border:1px solid #d4d7dc;border-radius:12px;padding:32px;max-width:440px;width:calc(100% - 96px)}}
h1{{font-size:22px;margin:0 0 8px}}p{{margin:0 0 20px;color:#5a6270}}fieldset{{border:0;padding:0;margin:0 0 24px}}
legend{{font-weight:600;margin-bottom:8px}}
label{{display:flex;gap:12px;align-items:center;border:1px solid #d4d7dc;border-radius:8px;padding:12px}}
label+label{{margin-top:8px}}
label:has(input:checked){{border-color:#006aff;background:#eef5ff}}
.acts{{display:flex;gap:12px;justify-content:flex-end}}
button{{font:inherit;border-radius:8px;padding:10px 20px;border:1px solid #8d9096;background:#fff;cursor:pointer}}
button.yes{{background:#0055cc;border-color:#0055cc;color:#fff;font-weight:600}}
button:focus-visible,input:focus-visible{{outline:3px solid #006aff;outline-offset:2px}}
small{{color:#5a6270}}</style></head><body><main>
"""

CONSENT = (
    _STYLE.format(title="Autoriser l’accès à Square (simulateur)")
    + """<h1>Autoriser l’accès à Square</h1>
<p>Lacoste Intégrations demande à lire et à modifier les clients, factures et paiements d’un de vos commerces.</p>
<form method="post">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<fieldset><legend>Commerce</legend>
{% for merchant, name in merchants.items() %}<label><input type="radio" name="merchant" value="{{ merchant }}"
{%- if loop.first %} checked{% endif %}><span>{{ name }}<br><small>{{ merchant }}</small></span></label>{% endfor %}
</fieldset>
<div class="acts"><button name="answer" value="refuse">Refuser</button>
<button class="yes" name="answer" value="allow">Autoriser</button></div></form>
<p style="margin:24px 0 0"><small>Simulateur : aucune donnée réelle n’est en jeu.</small></p>
</main></body></html>"""
)

REFUSED = (
    _STYLE.format(title="Demande refusée (simulateur)")
    + "<h1>La demande n’est pas valable</h1><p>{{ reason }}</p></main></body></html>"
)
