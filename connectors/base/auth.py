"""Credentials on a request, as `requests` auth objects."""

from __future__ import annotations

import base64
import re
from abc import abstractmethod

from requests import PreparedRequest
from requests.auth import AuthBase

from connectors.base.errors import Misconfigured

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _clean(value: str, what: str) -> str:
    """The value without surrounding blanks; Misconfigured when it cannot stand in a header."""
    value = value.strip()
    if not value:
        raise Misconfigured(
            f"{what} est vide. Remplissez ce champ dans les paramètres de l’intégration.", code="no_credential"
        )
    if not value.isascii() or not value.isprintable():
        raise Misconfigured(
            f"{what} contient des caractères qu’un en-tête HTTP n’accepte pas (accent, saut de ligne…). "
            "Copiez de nouveau la valeur que donne le fournisseur, sans rien d’autre.",
            code="bad_credential",
        )
    return value


class ApiKey(AuthBase):
    """A key in a header, `prefix` before it when the provider wants one (`Bearer`)."""

    def __init__(self, key: str, header: str = "X-API-Key", prefix: str = "") -> None:
        self.header = header.strip()
        if not _HEADER_NAME.fullmatch(self.header):
            raise Misconfigured(
                f"« {self.header} » n’est pas un nom d’en-tête HTTP valable. Corrigez-le dans les options avancées.",
                code="bad_header",
            )
        key = _clean(key, "La clé d’API")
        self.value = f"{_clean(prefix, 'Le préfixe de la clé')} {key}" if prefix.strip() else key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self.header] = self.value
        return request


class Bearer(ApiKey):
    """`Authorization: Bearer <token>`."""

    def __init__(self, token: str) -> None:
        super().__init__(token, header="Authorization", prefix="Bearer")


class NoAuth(AuthBase):
    """No header: the credential stands elsewhere, or there is none yet."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class Basic(AuthBase):
    """HTTP Basic in UTF-8 (that of `requests` is Latin-1)."""

    def __init__(self, user: str, password: str) -> None:
        self.value = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self.value
        return request


class RenewableAuth(AuthBase):
    """A credential that ends by itself and can be renewed without a person. `secret`: what the last request carried."""

    secret: str = ""

    @abstractmethod
    def renew(self) -> None:
        """Take a new one, because the provider no longer accepts `secret`; AuthExpired when only a person can."""
