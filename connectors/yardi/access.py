"""How a client's Voyager is reached: addresses, the access that every request carries, and the client's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from requests.auth import AuthBase

from connectors.base import endpoints
from connectors.base.auth import ApiKey, Basic, NoAuth
from connectors.base.classify import classify
from connectors.base.client import Client
from connectors.base.connector import NOTHING, Connection, CredentialField
from connectors.base.endpoints import EndpointConnector
from connectors.base.errors import Misconfigured
from connectors.base.habits import Habits
from connectors.base.resource import Resource
from connectors.yardi import errors, soap
from connectors.yardi.reading import Found
from connectors.yardi.writing import OPERATION

HOSTS: Mapping[str, Mapping[str, str]] = {
    "production": {"api": "{base_url}", "facade": "{facade_url!o}"},
    "test": {"api": "{base_url}", "facade": "{facade_url!o}"},
    "simulator": {"api": "{simulator_url}/yardi", "facade": "{simulator_url}/yardi"},
}
# Pages are ours: a property comes whole.
HABITS = Habits(paging="after_last", changes="modified_day", deletions="archived")
CREDENTIALS = (
    CredentialField("user_name", "Utilisateur d’interface", "UserName", secret=True),
    CredentialField("password", "Mot de passe", "Password", secret=True),
    CredentialField("server_name", "Serveur", "ServerName; Administration, About dans Voyager."),
    CredentialField("database", "Base de données", "Database; au même endroit."),
    CredentialField("interface_entity", "Entité d’interface", "InterfaceEntity, donnée par Yardi."),
    CredentialField("license", "Licence Service Requests", "InterfaceLicense de ItfServiceRequests.", secret=True),
    CredentialField(
        "license_common_data", "Licence Common Data",
        "InterfaceLicense de ItfCommonData; sans elle, les logements ne sont pas lus.", secret=True, required=False,
    ),
    CredentialField("facade_key", "Clé de la passerelle", "Pour les webhooks, si une passerelle en envoie.",
                    secret=True, required=False),
    endpoints.SECRET,
)  # fmt: skip
SETTINGS = (
    CredentialField(
        "base_url", "Adresse de base", "Obligatoire en mode test et en production : serveur et segment de "
        "l’entreprise.",
        required=False, placeholder="https://www.yardiasp00.com/12345exemple", pattern=r"https://\S+",
    ),
    CredentialField("platform", "Plateforme", "Platform, telle que Voyager la montre.", required=False,
                    placeholder="SQL Server"),
    CredentialField("http_basic", "Accès aussi en HTTP Basic", "« oui » si le serveur l’exige.", required=False,
                    placeholder="non", pattern="oui|non"),
    CredentialField("pause_seconds", "Pause entre deux appels", "En secondes, de 0 à 2.", required=False,
                    placeholder="1", pattern=r"[01](?:[.,]\d+)?|2"),
    CredentialField("time_zone", "Fuseau horaire du serveur", "Celui des heures que Yardi écrit sans décalage.",
                    required=False, placeholder="America/Toronto"),
    CredentialField("cancel_status", "Statut d’annulation", "Statut que votre Yardi donne à un bon annulé.",
                    required=False, placeholder="Canceled"),
    CredentialField(
        "reference_tag", "Référence dans les notes du technicien",
        "« oui » : chaque bon créé porte notre référence dans TechnicianNotes, ce qui exclut tout doublon.",
        required=False, placeholder="non", pattern="oui|non",
    ),
    CredentialField("facade_url", "Adresse de la passerelle", "Celle d’un service qui annonce les changements; vide "
                    "s’il n’y en a pas.", required=False, placeholder="https://passerelle.exemple.ca",
                    pattern=r"https://\S+"),
    *endpoints.SETTINGS,
)  # fmt: skip


def auth(connection: Connection) -> AuthBase:
    """What goes on a request beside its body."""
    if says_yes(connection.config, "http_basic"):
        return Basic(connection.credentials.get("user_name", ""), connection.credentials.get("password", ""))
    return NoAuth()


class FacadeConnector(EndpointConnector):
    """Webhooks are subscribed to at the service that announces changes, where there is one."""

    def _path(self, *parts: str) -> str:
        return "/".join(("v1", *parts))

    def endpoints(self) -> tuple[Client, str, str]:
        """The facade, which has a key of its own; Misconfigured where there is none."""
        key = self.connection.credentials.get("facade_key", "").strip()
        if not key or "facade" not in self.reach():
            raise Misconfigured(
                "Yardi Voyager n’envoie pas de webhooks. Inscrivez l’adresse et la clé d’une passerelle qui "
                "le fait, ou désactivez les webhooks de cette intégration : elle reste synchronisée selon son horaire.",
                code="no_facade",
            )
        client = self.aside(lambda answer: classify(self.label, answer), auth=ApiKey(key))
        return client, "facade", self._path("webhook_endpoints")


def says_yes(config: Mapping[str, str], name: str) -> bool:
    """Whether a setting is on."""
    return config.get(name, "").strip().lower() == "oui"


def pause(config: Mapping[str, str]) -> float:
    """Seconds between two calls; Misconfigured when it is no number."""
    written = config.get("pause_seconds", "").strip() or "1"
    try:
        return max(0.0, float(written.replace(",", ".")))
    except ValueError as error:
        raise Misconfigured(
            f"« {written} » n’est pas un nombre de secondes. Corrigez la pause dans les options avancées.",
            code="bad_pause",
        ) from error


def place(connection: Connection) -> tuple[str, str]:
    """Server and database of the client."""
    return connection.credentials.get("server_name", "").strip(), connection.credentials.get("database", "").strip()


def content(connection: Connection, interface: str, arguments: Mapping[str, str], xml: Mapping[str, str]) -> str:
    """What stands in an operation's element: the access, then its arguments."""
    secrets, (server, database) = connection.credentials, place(connection)
    missing = [field.label for field in CREDENTIALS if field.required and not secrets.get(field.name, "").strip()]
    if missing:
        raise Misconfigured(
            f"L’accès d’interface de Yardi est incomplet ({', '.join(missing)}). Remplissez ces champs dans les "
            "paramètres "
            "de l’intégration.",
            code="no_credential",
        )
    license_name = "license_common_data" if interface == soap.COMMON_DATA else "license"
    first = {
        "UserName": secrets["user_name"],
        "Password": secrets["password"],
        "ServerName": server,
        "Database": database,
        "Platform": connection.config.get("platform") or "SQL Server",
    }
    ahead = {name: value for name, value in arguments.items() if name == "YardiPropertyId"}
    rest = {name: value for name, value in arguments.items() if name not in ahead}
    interface_fields = {
        "InterfaceEntity": secrets["interface_entity"],
        "InterfaceLicense": secrets.get(license_name, ""),
    }
    documents = "".join(f"<{name}>{document}</{name}>" for name, document in xml.items())
    return soap.elements({**first, **ahead, **interface_fields, **rest}) + documents


@dataclass
class Caller:
    """Does operations of one client's interfaces."""

    label: str
    client: Client
    connection: Connection

    def __call__(
        self,
        interface: str,
        operation: str,
        arguments: Mapping[str, str],
        *,
        xml: Mapping[str, str] = NOTHING,
        repeatable: bool = True,
    ) -> Found:
        """The document in the answer; arguments are texts, those of `xml` documents. `repeatable`: see Client.request.

        A refusal is raised, except that of a write, which is its writer's affair; nothing found is an empty document.
        """
        answer = self.client.request(
            "POST",
            f"webservices/{interface}.asmx",
            body=soap.envelope(interface, operation, content(self.connection, interface, arguments, xml)),
            headers={
                "Content-Type": "text/xml; charset=utf-8",
                "Accept": "text/xml",
                "SOAPAction": soap.action(interface, operation),
            },
            repeatable=repeatable,
        )
        document, texts = soap.result(answer.data, operation), soap.messages(answer.data)
        if operation == "GetPropertyConfigurations" and not document:
            raise errors.empty_answer(self.label)
        if texts and operation != OPERATION:
            if not errors.nothing_found(texts):
                raise errors.unreadable_property(self.label, arguments.get("YardiPropertyId", ""), texts)
            document = {}
        return Found(document, answer.headers)


def read_only(label: str, resource: Resource) -> Misconfigured:
    """The error of a write to what the interfaces only let one read."""
    return Misconfigured(
        f"{label} ne permet pas d’écrire « {resource.label} » par ses interfaces. Choisissez la synchronisation "
        "entrante.",
        code="read_only",
    )
