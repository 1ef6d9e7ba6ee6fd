"""The forms of the console."""

from integrations.forms.apps import AppForm
from integrations.forms.connecting import ConnectForm, CredentialsForm, environments, methods
from integrations.forms.mappings import MappingsForm
from integrations.forms.options import DeleteForm, DirectionForm, OptionsForm
from integrations.forms.slots import Row, SlotBlock, SlotsForm

__all__ = [
    "AppForm",
    "ConnectForm",
    "CredentialsForm",
    "DeleteForm",
    "DirectionForm",
    "MappingsForm",
    "OptionsForm",
    "Row",
    "SlotBlock",
    "SlotsForm",
    "environments",
    "methods",
]
