"""The forms of the console."""

from integrations.forms.apps import AppForm
from integrations.forms.connecting import ConnectForm, CredentialsForm, environments, methods
from integrations.forms.options import DeleteForm, OptionsForm

__all__ = ["AppForm", "ConnectForm", "CredentialsForm", "DeleteForm", "OptionsForm", "environments", "methods"]
