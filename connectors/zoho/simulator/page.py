"""The consent page, which stands for Zoho CRM's."""

_STYLE = """
<!DOCTYPE html><html lang="fr-CA"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
body{{margin:0;background:#f5f5f6;color:#192435;font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;
min-height:100vh}}
main{{background:#fff;border:1px solid #dbdbdd;border-radius:10px;padding:32px;max-width:440px;width:calc(100% - 96px)}}
h1{{font-size:22px;margin:0 0 8px}}p{{margin:0 0 20px;color:#52565e}}fieldset{{border:0;padding:0;margin:0 0 24px}}
legend{{font-weight:600;margin-bottom:8px}}
label{{display:flex;gap:12px;align-items:center;border:1px solid #dbdbdd;border-radius:8px;padding:12px}}
label+label{{margin-top:8px}}
label:has(input:checked){{border-color:#c8202f;background:#fdf0f1}}
.acts{{display:flex;gap:12px;justify-content:flex-end}}
button{{font:inherit;border-radius:8px;padding:10px 20px;border:1px solid #8d9096;background:#fff;cursor:pointer}}
button.yes{{background:#c8202f;border-color:#c8202f;color:#fff;font-weight:600}}
button:focus-visible,input:focus-visible{{outline:3px solid #0b5fff;outline-offset:2px}}
small{{color:#52565e}}</style></head><body><main>
"""

CONSENT = (
    _STYLE.format(title="Autoriser l’accès à Zoho CRM (simulateur)")
    + """<h1>Autoriser l’accès à Zoho CRM</h1>
<p>Lacoste Intégrations demande à lire et à modifier les comptes, les contacts et les affaires d’une de vos
organisations.</p>
<form method="post">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<fieldset><legend>Organisation</legend>
{% for number, org in organisations.items() %}<label><input type="radio" name="org" value="{{ number }}"
{%- if loop.first %} checked{% endif %}><span>{{ org.name }}<br><small>Centre de données {{ org.centre }}</small>
</span></label>{% endfor %}
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
